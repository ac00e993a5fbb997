import { WireReader } from '../wire/reader.js'
import { WireType } from '../wire/writer.js'
import type { StatusBody } from '../types.js'

/**
 * The google.rpc.Status in `grpc-status-details-bin`. Bytes that do not decode give what was read until there: an error's
 * details never hide the error.
 */
export function decodeStatus(bytes: Uint8Array): StatusBody {
  const reader = new WireReader(bytes)
  const details: { typeUrl: string; value: Uint8Array }[] = []
  let code = 0
  let message = ''
  try {
    while (!reader.isAtEnd) {
      const tag = reader.tag()
      if (tag === 0x08) code = reader.uint32() | 0
      else if (tag === 0x12) message = text(reader.lengthDelimited())
      else if (tag === 0x1a) details.push(decodeAny(reader.lengthDelimited()))
      else reader.skip(tag, 0)
    }
  } catch {
    // What was read before the bad byte is still true.
  }
  return { code, message, details }
}

function decodeAny(bytes: Uint8Array): { typeUrl: string; value: Uint8Array } {
  const reader = new WireReader(bytes)
  let typeUrl = ''
  let value: Uint8Array = new Uint8Array(0)
  while (!reader.isAtEnd) {
    const tag = reader.tag()
    const isBytes = (tag & 7) === WireType.LengthDelimited
    if (isBytes && tag >>> 3 === 1) typeUrl = text(reader.lengthDelimited())
    else if (isBytes && tag >>> 3 === 2) value = reader.lengthDelimited()
    else reader.skip(tag, 0)
  }
  return { typeUrl, value }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
