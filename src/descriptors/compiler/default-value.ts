import { FieldDescriptorProto_Label as Label, FieldDescriptorProto_Type as Type } from '@bufbuild/protobuf/wkt'
import type { FieldDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { LinkContext } from './link-context.js'
import { escapeBytes, formatFloat } from './literals.js'
import { nearestName } from '../../problems/index.js'
import { integerBounds, isIntegerType } from './scalar-values.js'

const decoder = new TextDecoder()

/** Writes a field's default value as descriptor.proto says (FieldDescriptorProto.default_value) and protoc formats it. */
export function linkDefault(
  context: LinkContext,
  field: FieldDescriptorProto,
  selector: string,
  path: readonly number[],
): void {
  const value = context.parsed.defaults.get(field)
  if (value === undefined || !Object.hasOwn(field, 'type')) return
  const fail = (message: string, advice?: string) => context.error(path, message, selector, advice)
  if (field.label === Label.REPEATED) return fail('a repeated field has no default value')
  const { type } = field
  if (isIntegerType(type)) {
    if (value.kind !== 'integer' && !(value.kind === 'float' && Object.is(value.value, -0)))
      return fail('the default value of this field must be an integer')
    const integer = value.kind === 'integer' ? value.value : 0n
    const [least, most] = integerBounds(type)
    if (integer < least || integer > most) return fail(`the default value must be from ${least} to ${most}`)
    field.defaultValue = integer.toString()
    return
  }
  switch (type) {
    case Type.DOUBLE:
    case Type.FLOAT: {
      const isSingle = type === Type.FLOAT
      if (value.kind === 'integer' || value.kind === 'float') {
        const number = Number(value.value)
        field.defaultValue = formatFloat(isSingle ? Math.fround(number) : number, isSingle)
      } else if (value.kind === 'identifier' && (value.text === 'inf' || value.text === 'nan'))
        field.defaultValue = value.text === 'inf' && value.isNegative ? '-inf' : value.text
      else fail('the default value of this field must be a number')
      return
    }
    case Type.BOOL:
      if (value.kind === 'identifier' && (value.text === 'true' || value.text === 'false'))
        field.defaultValue = value.text
      else fail('the default value of this field must be `true` or `false`')
      return
    case Type.STRING:
      if (value.kind === 'string') field.defaultValue = decoder.decode(value.value)
      else fail('the default value of this field must be a string')
      return
    case Type.BYTES:
      if (value.kind === 'string') field.defaultValue = escapeBytes(value.value)
      else fail('the default value of this field must be a string')
      return
    case Type.ENUM: {
      if (value.kind !== 'identifier' || value.isNegative)
        return fail('the default value of this field must be the name of an enum value')
      const names = context.pool.enum(field.typeName.slice(1))?.proto.value.map(({ name }) => name) ?? []
      if (!names.includes(value.text)) {
        const near = nearestName(value.text, names)
        return fail(
          `enum \`${field.typeName.slice(1)}\` has no value \`${value.text}\``,
          near === undefined ? undefined : `did you mean \`${near}\`?`,
        )
      }
      field.defaultValue = value.text
      return
    }
    case Type.MESSAGE:
    case Type.GROUP:
      return fail('a message field has no default value')
    default:
  }
}
