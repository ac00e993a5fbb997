import { ScalarType } from '@bufbuild/protobuf'
import { TypeCode } from '../plan/types.js'
import { WireType, type WireWriter } from './writer.js'

/** 64-bit integers are bigints, all other numbers numbers. */
export type ScalarValue = number | bigint | boolean | string | Uint8Array

/** The wire type of a value that is not packed, by its type's number in descriptor.proto. */
export function wireTypeOf(type: number): WireType {
  switch (type) {
    case TypeCode.Group:
      return WireType.StartGroup
    case TypeCode.Message:
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Fixed32
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Fixed64
    default:
      return WireType.Varint
  }
}

/** Writes a scalar without its tag. The value has the JavaScript type of its scalar type. */
export function writeScalar(type: ScalarType, value: ScalarValue, out: WireWriter): void {
  switch (type) {
    case ScalarType.STRING:
      out.string(value as string)
      return
    case ScalarType.BYTES:
      out.bytes(value as Uint8Array)
      return
    case ScalarType.BOOL:
      out.uint32(value === true ? 1 : 0)
      return
    case ScalarType.DOUBLE:
      out.double(value as number)
      return
    case ScalarType.FLOAT:
      out.float(value as number)
      return
    case ScalarType.INT32:
      out.int32(value as number)
      return
    case ScalarType.UINT32:
      out.uint32(value as number)
      return
    case ScalarType.SINT32:
      out.uint32(((value as number) << 1) ^ ((value as number) >> 31))
      return
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      out.fixed32(value as number)
      return
    case ScalarType.SINT64:
      out.varint64(((value as bigint) << 1n) ^ ((value as bigint) >> 63n))
      return
    case ScalarType.INT64:
    case ScalarType.UINT64:
      out.varint64(value as bigint)
      return
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
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
