import { ScalarType } from '@bufbuild/protobuf'
import { TypeCode } from '../plan/types.js'
import { WireType, type WireWriter } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const {
  BOOL,
  BYTES,
  DOUBLE,
  FIXED32,
  FIXED64,
  FLOAT,
  INT32,
  INT64,
  SFIXED32,
  SFIXED64,
  SINT32,
  SINT64,
  STRING,
  UINT32,
  UINT64,
} = ScalarType
const { Group, Message } = TypeCode
const { Fixed32, Fixed64, LengthDelimited, StartGroup, Varint } = WireType

/** 64-bit integers are bigints, all other numbers numbers. */
export type ScalarValue = number | bigint | boolean | string | Uint8Array

/** The wire type of a value that is not packed, by its type's number in descriptor.proto. */
export function wireTypeOf(type: number): WireType {
  switch (type) {
    case Group:
      return StartGroup
    case Message:
    case STRING:
    case BYTES:
      return LengthDelimited
    case FLOAT:
    case FIXED32:
    case SFIXED32:
      return Fixed32
    case DOUBLE:
    case FIXED64:
    case SFIXED64:
      return Fixed64
    default:
      return Varint
  }
}

/** Writes a scalar without its tag. The value has the JavaScript type of its scalar type. */
export function writeScalar(type: ScalarType, value: ScalarValue, out: WireWriter): void {
  switch (type) {
    case STRING:
      out.string(value as string)
      return
    case BYTES:
      out.bytes(value as Uint8Array)
      return
    case BOOL:
      out.uint32(value === true ? 1 : 0)
      return
    case DOUBLE:
      out.double(value as number)
      return
    case FLOAT:
      out.float(value as number)
      return
    case INT32:
      out.int32(value as number)
      return
    case UINT32:
      out.uint32(value as number)
      return
    case SINT32:
      out.uint32(((value as number) << 1) ^ ((value as number) >> 31))
      return
    case FIXED32:
    case SFIXED32:
      out.fixed32(value as number)
      return
    case SINT64:
      out.varint64(((value as bigint) << 1n) ^ ((value as bigint) >> 63n))
      return
    case INT64:
    case UINT64:
      out.varint64(value as bigint)
      return
    case FIXED64:
    case SFIXED64:
      out.fixed64(value as bigint)
      return
  }
}

/** True where a field without presence is not written. `-0` is not the default: its bits are not all zero. */
export function isDefaultScalar(value: ScalarValue): boolean {
  switch (typeof value) {
    case 'number':
      return Object.is(value, 0)
    case 'bigint':
      return value === 0n
    case 'boolean':
      return !value
    default:
      return value.length === 0
  }
}
