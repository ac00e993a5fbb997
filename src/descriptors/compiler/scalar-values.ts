import { FieldDescriptorProto_Type as Type } from '@bufbuild/protobuf/wkt'

const INT32: readonly [bigint, bigint] = [-(1n << 31n), (1n << 31n) - 1n]
const UINT32: readonly [bigint, bigint] = [0n, (1n << 32n) - 1n]
const INT64: readonly [bigint, bigint] = [-(1n << 63n), (1n << 63n) - 1n]
const UINT64: readonly [bigint, bigint] = [0n, (1n << 64n) - 1n]

const BOUNDS = new Map<Type, readonly [bigint, bigint]>([
  [Type.INT32, INT32],
  [Type.SINT32, INT32],
  [Type.SFIXED32, INT32],
  [Type.UINT32, UINT32],
  [Type.FIXED32, UINT32],
  [Type.INT64, INT64],
  [Type.SINT64, INT64],
  [Type.SFIXED64, INT64],
  [Type.UINT64, UINT64],
  [Type.FIXED64, UINT64],
])

export function isIntegerType(type: Type): boolean {
  return BOUNDS.has(type)
}

/** Least and largest value of an integer type. */
export function integerBounds(type: Type): readonly [bigint, bigint] {
  return BOUNDS.get(type) ?? INT64
}
