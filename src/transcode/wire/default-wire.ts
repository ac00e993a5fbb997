import { ScalarType } from '@bufbuild/protobuf'
import type { FieldPlan } from '../plan/types.js'
import { writeScalar, type ScalarValue } from './scalar-value.js'
import { WireWriter } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { BYTES, INT32, STRING } = ScalarType

const EMPTY = new Uint8Array(0)
/** Zero of every type that is no string: no varint or fixed number reads more than this. */
/** google.protobuf.Value: null_value 1. */
const NULL_VALUE = Uint8Array.of(0x08, 0x00)
const ZERO = new Uint8Array(10)

/** The wire form of what a key is where the wire does not have it, without tag and length. */
export function defaultKeyWire({ mapKey }: FieldPlan): Uint8Array {
  return mapKey!.type === STRING ? EMPTY : ZERO
}

/** The same of an element: a scalar's zero, an enum's, the empty message. */
export function defaultWire({ element }: FieldPlan): Uint8Array {
  switch (element.kind) {
    case 'scalar':
      return element.type === STRING || element.type === BYTES ? EMPTY : ZERO
    case 'enum':
      return element.enum.zero === 0 ? ZERO : scalarWire(INT32, element.enum.zero)
    case 'message':
      return EMPTY
  }
}

/** The wire form of the default that a singular field declares (proto2), or of its type's. */
export function declaredDefaultWire(field: FieldPlan): Uint8Array {
  const { desc, element } = field
  // An empty Value has no text form, and would make an error of a field that is only unset.
  if (element.kind === 'message' && element.message.form === 'value') return NULL_VALUE
  if (desc.fieldKind !== 'scalar' && desc.fieldKind !== 'enum') return defaultWire(field)
  const value = desc.getDefaultValue()
  if (value === undefined) return defaultWire(field)
  if (typeof value === 'string') return desc.scalar === STRING ? Buffer.from(value) : defaultWire(field)
  if (value instanceof Uint8Array) return value
  return scalarWire(desc.fieldKind === 'enum' ? INT32 : desc.scalar, value)
}

function scalarWire(type: ScalarType, value: ScalarValue): Uint8Array {
  const out = new WireWriter()
  writeScalar(type, value, out)
  return out.finish()
}
