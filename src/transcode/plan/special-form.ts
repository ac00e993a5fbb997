import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import type { ElementPlan, FieldPlan, MessagePlan, SpecialForm } from './types.js'

/** One field a special form relies on. */
interface ExpectedField {
  readonly number: number
  readonly isRepeated?: boolean
  readonly type: ScalarType | 'enum' | 'map' | `google.protobuf.${string}`
}

interface KnownType {
  readonly form: SpecialForm
  readonly fields: readonly ExpectedField[]
}

const wrapper = (type: ScalarType): KnownType => ({ form: 'wrapper', fields: [{ number: 1, type }] })

const SECONDS_AND_NANOS: readonly ExpectedField[] = [
  { number: 1, type: ScalarType.INT64 },
  { number: 2, type: ScalarType.INT32 },
]

const KNOWN_TYPES: ReadonlyMap<string, KnownType> = new Map<string, KnownType>([
  [
    'google.protobuf.Any',
    {
      form: 'any',
      fields: [
        { number: 1, type: ScalarType.STRING },
        { number: 2, type: ScalarType.BYTES },
      ],
    },
  ],
  ['google.protobuf.Timestamp', { form: 'timestamp', fields: SECONDS_AND_NANOS }],
  ['google.protobuf.Duration', { form: 'duration', fields: SECONDS_AND_NANOS }],
  [
    'google.protobuf.FieldMask',
    { form: 'fieldMask', fields: [{ number: 1, type: ScalarType.STRING, isRepeated: true }] },
  ],
  ['google.protobuf.Struct', { form: 'struct', fields: [{ number: 1, type: 'map' }] }],
  [
    'google.protobuf.Value',
    {
      form: 'value',
      fields: [
        { number: 1, type: 'enum' },
        { number: 2, type: ScalarType.DOUBLE },
        { number: 3, type: ScalarType.STRING },
        { number: 4, type: ScalarType.BOOL },
        { number: 5, type: 'google.protobuf.Struct' },
        { number: 6, type: 'google.protobuf.ListValue' },
      ],
    },
  ],
  [
    'google.protobuf.ListValue',
    { form: 'listValue', fields: [{ number: 1, type: 'google.protobuf.Value', isRepeated: true }] },
  ],
  ['google.protobuf.DoubleValue', wrapper(ScalarType.DOUBLE)],
  ['google.protobuf.FloatValue', wrapper(ScalarType.FLOAT)],
  ['google.protobuf.Int64Value', wrapper(ScalarType.INT64)],
  ['google.protobuf.UInt64Value', wrapper(ScalarType.UINT64)],
  ['google.protobuf.Int32Value', wrapper(ScalarType.INT32)],
  ['google.protobuf.UInt32Value', wrapper(ScalarType.UINT32)],
  ['google.protobuf.BoolValue', wrapper(ScalarType.BOOL)],
  ['google.protobuf.StringValue', wrapper(ScalarType.STRING)],
  ['google.protobuf.BytesValue', wrapper(ScalarType.BYTES)],
])

/**
 * The special form of a well-known type. Descriptors are untrusted: a type that only has the name, not the fields, is an
 * ordinary message.
 */
export function specialFormOf(desc: DescMessage): SpecialForm | undefined {
  const known = KNOWN_TYPES.get(desc.typeName)
  if (known === undefined || desc.fields.length !== known.fields.length) return undefined
  return known.fields.every((expected) => desc.fields.some((field) => isAsExpected(field, expected)))
    ? known.form
    : undefined
}

/** Special forms that are one JSON string or number: what a path variable or a query parameter can hold. */
export function hasTextForm(form: SpecialForm | undefined): boolean {
  return form === 'timestamp' || form === 'duration' || form === 'fieldMask' || form === 'wrapper'
}

/** Elements of which null is a value: Value, and NullValue. */
export function elementTakesNull(element: ElementPlan): boolean {
  if (element.kind === 'enum') return element.enum.isNullValue
  return element.kind === 'message' && element.message.form === 'value'
}

/** The type of a singular message field that is an object of its fields; undefined for all others. */
export function ordinaryMessageOf(field: FieldPlan): MessagePlan | undefined {
  if (field.shape !== 'singular' || field.element.kind !== 'message') return undefined
  return field.element.message.form === undefined ? field.element.message : undefined
}

/** The type of a singular message field whose fields a dotted name can name: an ordinary message, a Timestamp, a Duration. */
export function namedMessageOf(field: FieldPlan): MessagePlan | undefined {
  if (field.shape !== 'singular' || field.element.kind !== 'message') return undefined
  const { message } = field.element
  const { form } = message
  return form === undefined || form === 'timestamp' || form === 'duration' ? message : undefined
}

/** The one field of a type whose text form is that of the field: `value` of a wrapper, `paths` of a FieldMask. */
export function onlyFieldOf(field: FieldPlan): string | undefined {
  if (field.shape !== 'singular' || field.element.kind !== 'message') return undefined
  const { form } = field.element.message
  if (form === 'wrapper') return 'value'
  return form === 'fieldMask' ? 'paths' : undefined
}

function isAsExpected(field: DescField, { number, type, isRepeated }: ExpectedField): boolean {
  if (field.number !== number) return false
  if (type === 'map') {
    return (
      field.fieldKind === 'map' &&
      field.mapKey === ScalarType.STRING &&
      field.message?.typeName === 'google.protobuf.Value'
    )
  }
  if ((field.fieldKind === 'list') !== (isRepeated === true)) return false
  if (type === 'enum') return field.enum?.typeName === 'google.protobuf.NullValue'
  return typeof type === 'string' ? field.message?.typeName === type : field.scalar === type
}
