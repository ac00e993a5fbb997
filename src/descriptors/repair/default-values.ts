import { clearField } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { escapeBytes } from '../compiler/literals.js'
import { integerBounds, isIntegerType } from '../compiler/scalar-values.js'

const NOT_FINITE: Readonly<Record<string, string>> = { Infinity: 'inf', '-Infinity': '-inf', NaN: 'nan' }
const INTEGER = /^-?\d{1,20}$/
const encoder = new TextEncoder()

/**
 * Writes a default value as descriptor.proto says. protobuf.js writes JavaScript's form of it; an integer beyond what
 * that can hold is lost, and so left out.
 */
export function restoreDefaultValue(field: FieldDescriptorProto): void {
  if (!Object.hasOwn(field, 'defaultValue') || !Object.hasOwn(field, 'type')) return
  const { type, defaultValue } = field
  if (type === Type.FLOAT || type === Type.DOUBLE) field.defaultValue = NOT_FINITE[defaultValue] ?? defaultValue
  else if (type === Type.BYTES) field.defaultValue = escapeBytes(encoder.encode(defaultValue))
  else if (isIntegerType(type) && !isIntegerOf(type, defaultValue))
    clearField(field, FieldDescriptorProtoSchema.field.defaultValue)
}

function isIntegerOf(type: Type, text: string): boolean {
  if (!INTEGER.test(text)) return false
  const [least, most] = integerBounds(type)
  const value = BigInt(text)
  return value >= least && value <= most
}
