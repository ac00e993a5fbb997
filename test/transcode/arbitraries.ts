import fc from 'fast-check'
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf'

/*
 * Arbitrary JSON of a message type, made from its descriptor: as a client may spell it, not only canonical. What the
 * oracle and we read differently on purpose is left out, and has rows of its own elsewhere: numbers beyond 2^53 that are
 * not quoted, -0, floats that a double writes longer, `1.0` and exponents in 64-bit integers (the oracle refuses them).
 */

/** JSON text that is put together, so that numbers keep their spelling. */
type Json = fc.Arbitrary<string>

const quoted = (text: string): string => JSON.stringify(text)
const string: Json = fc.string({ unit: 'grapheme', maxLength: 8 }).map(quoted)
const key = fc.string({ unit: 'grapheme', maxLength: 4 })

const either = (numbers: Json): Json =>
  fc.tuple(numbers, fc.boolean()).map(([text, isQuoted]) => (isQuoted ? quoted(text) : text))

function integer(min: number, max: number): Json {
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0)).map(String)
}

const bigInteger = (min: bigint, max: bigint): Json =>
  fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map((value) => quoted(String(value)))

const word = fc.constantFrom('"NaN"', '"Infinity"', '"-Infinity"')

function scalar(type: ScalarType): Json {
  switch (type) {
    case ScalarType.BOOL:
      return fc.constantFrom('true', 'false')
    case ScalarType.STRING:
      return string
    case ScalarType.BYTES:
      return fc
        .tuple(fc.uint8Array({ maxLength: 8 }), fc.constantFrom('base64', 'base64url'))
        .map(([bytes, encoding]) => quoted(Buffer.from(bytes).toString(encoding as BufferEncoding)))
    case ScalarType.FLOAT:
      return fc.oneof(word, either(fc.float({ noDefaultInfinity: true, noNaN: true }).map((v) => String(v + 0))))
    case ScalarType.DOUBLE:
      return fc.oneof(word, either(fc.double({ noDefaultInfinity: true, noNaN: true }).map((v) => String(v + 0))))
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return bigInteger(-(2n ** 63n), 2n ** 63n - 1n)
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return bigInteger(0n, 2n ** 64n - 1n)
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return either(fc.oneof(integer(0, 2 ** 32 - 1), fc.constantFrom('1e5', '1.0', '10.50e1')))
    default:
      return either(fc.oneof(integer(-(2 ** 31), 2 ** 31 - 1), fc.constantFrom('1e5', '-1.0', '0e0', '1E+2')))
  }
}

function enumeration(desc: DescEnum): Json {
  const names = desc.values.map((value) => quoted(value.name))
  const numbers = desc.values.map((value) => String(value.number))
  if (desc.typeName === 'google.protobuf.NullValue') return fc.constantFrom('null', ...names)
  return desc.open
    ? fc.oneof(fc.constantFrom(...names, ...numbers), integer(-5, 500))
    : fc.constantFrom(...names, ...numbers)
}

/** Any JSON value as a Value takes it; numbers are doubles. */
const value: Json = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom('null', 'true', 'false', '{}', '[]'),
    string,
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((v) => String(v + 0)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }).map(objectText),
  ),
})).value

function objectText(entries: Record<string, string>): string {
  return `{${Object.entries(entries)
    .map(([name, text]) => `${quoted(name)}:${text}`)
    .join(',')}}`
}

const seconds = fc.integer({ min: -62135596800, max: 253402300799 })
const fraction = fc.constantFrom('', '.5', '.120', '.123456', '.000000001')

function special(desc: DescMessage): Json | undefined {
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return fc
        .tuple(seconds, fraction, fc.constantFrom('Z', '+00:00', '-00:00'))
        .map(([s, f, zone]) => quoted(new Date(s * 1000).toISOString().slice(0, 19) + f + zone))
    case 'google.protobuf.Duration':
      return fc
        .tuple(fc.integer({ min: -315576000000, max: 315576000000 }), fraction)
        .map(([s, f]) => quoted(`${s}${f}s`))
    case 'google.protobuf.FieldMask':
      return fc
        .array(fc.constantFrom('foo', 'fooBar', 'a.bC', 'x1'), { maxLength: 3 })
        .map((paths) => quoted(paths.join(',')))
    case 'google.protobuf.Struct':
      return fc.dictionary(key, value, { maxKeys: 3 }).map(objectText)
    case 'google.protobuf.ListValue':
      return fc.array(value, { maxLength: 3 }).map((items) => `[${items.join(',')}]`)
    case 'google.protobuf.Value':
      return value
    case 'google.protobuf.Any':
      return fc.oneof(
        fc.constantFrom('{}', '{"@type":"type.googleapis.com/google.protobuf.Empty"}'),
        value.map((text) => `{"value":${text},"@type":"type.googleapis.com/google.protobuf.Value"}`),
        fc.constant(
          '{"@type":"type.googleapis.com/google.protobuf.Any","value":{"@type":"type.googleapis.com/google.protobuf.Int32Value","value":1}}',
        ),
      )
    default:
      return desc.typeName.startsWith('google.protobuf.') && desc.typeName.endsWith('Value')
        ? scalar(desc.fields[0]!.scalar!)
        : undefined
  }
}

function element(field: DescField, depth: number): Json {
  if (field.message !== undefined) return messageJson(field.message, depth)
  return field.enum === undefined ? scalar(field.scalar!) : enumeration(field.enum)
}

function mapKey(type: ScalarType): fc.Arbitrary<string> {
  if (type === ScalarType.STRING) return key
  // As the canonical text only: two spellings of one key would clash.
  return scalar(type)
    .map((text) => (text.startsWith('"') ? text.slice(1, -1) : text))
    .filter((text) => type === ScalarType.BOOL || /^-?\d+$/.test(text))
}

function fieldJson(field: DescField, depth: number): Json {
  const item = element(field, depth)
  if (field.fieldKind === 'list') return fc.array(item, { maxLength: 3 }).map((items) => `[${items.join(',')}]`)
  if (field.fieldKind === 'map') {
    return fc
      .uniqueArray(fc.tuple(mapKey(field.mapKey), item), { selector: ([name]) => name, maxLength: 3 })
      .map((entries) => `{${entries.map(([name, text]) => `${quoted(name)}:${text}`).join(',')}}`)
  }
  return item
}

/** JSON text of a message type with up to five of its fields, at most one of each oneof. */
export function messageJson(desc: DescMessage, depth = 2): Json {
  const known = special(desc)
  if (known !== undefined) return known
  if (depth === 0 || desc.fields.length === 0) return fc.constant('{}')
  return fc
    .uniqueArray(fc.constantFrom(...desc.fields), {
      maxLength: 5,
      selector: (field) => field.oneof?.name ?? field.name,
    })
    .chain((fields) =>
      fc.tuple(
        ...fields.map((field) =>
          fc
            .tuple(fc.boolean(), fieldJson(field, depth - 1))
            .map(([isProtoName, text]) => `${quoted(isProtoName ? field.name : field.jsonName)}:${text}`),
        ),
      ),
    )
    .map((members) => `{${members.join(',')}}`)
}
