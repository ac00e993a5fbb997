import { ScalarType } from '@bufbuild/protobuf'
import type { WireWriter } from '../wire/writer.js'

const TWO_32 = 0x100000000

/**
 * Writes an integer that a double holds exactly as a value of the type, without its tag.
 *
 * @param value an integer below 2^53 either way
 * @returns false where it is out of the type's range, and then nothing is written
 */
export function writeSafeInteger(type: ScalarType, value: number, out: WireWriter): boolean {
  switch (type) {
    case ScalarType.INT32:
      if (value !== (value | 0)) return false
      out.int32(value)
      return true
    case ScalarType.UINT32:
      if (value < 0 || value > 0xffffffff) return false
      out.uint32(value)
      return true
    case ScalarType.INT64:
      writeVarint(value, out)
      return true
    case ScalarType.UINT64:
      if (value < 0) return false
      writeVarint(value, out)
      return true
    case ScalarType.SINT32:
      if (value !== (value | 0)) return false
      out.uint32((value << 1) ^ (value >> 31))
      return true
    case ScalarType.SINT64:
      writeVarint(value < 0 ? -2 * value - 1 : 2 * value, out)
      return true
    case ScalarType.FIXED32:
      if (value < 0 || value > 0xffffffff) return false
      out.fixed32(value)
      return true
    case ScalarType.SFIXED32:
      if (value !== (value | 0)) return false
      out.fixed32(value)
      return true
    case ScalarType.FIXED64:
      if (value < 0) return false
      writeFixed(value, out)
      return true
    case ScalarType.SFIXED64:
      writeFixed(value, out)
      return true
    default:
      return false
  }
}

function writeVarint(value: number, out: WireWriter): void {
  if (value >= 0) {
    if (value <= 0xffffffff) out.uint32(value)
    else out.varintParts(value >>> 0, Math.floor(value / TWO_32))
    return
  }
  const low = lowHalf(value)
  out.varintParts(low, highHalf(value, low))
}

function writeFixed(value: number, out: WireWriter): void {
  const low = lowHalf(value)
  const high = highHalf(value, low)
  out.fixed32(low)
  out.fixed32(high)
}

/** The lower 32 bits of a value's two's complement. */
function lowHalf(value: number): number {
  return value >= 0 ? value >>> 0 : (~(-value >>> 0) + 1) >>> 0
}

function highHalf(value: number, low: number): number {
  if (value >= 0) return Math.floor(value / TWO_32)
  const high = ~Math.floor(-value / TWO_32)
  return (low === 0 ? high + 1 : high) >>> 0
}
