import type { StatusError } from '../../status/index.js'
import type { StatusBody } from '../types.js'
import { tagOf, WireType, WireWriter } from '../wire/writer.js'

/** `google.rpc.ErrorInfo.domain` of everything the gateway itself says. */
export const ERROR_DOMAIN = 'protobridge'

const TYPE_URL_PREFIX = 'type.googleapis.com/google.rpc.'

/**
 * The google.rpc.Status of an error of the gateway: an ErrorInfo with its reason, and a BadRequest where fields are to
 * blame (google/rpc/error_details.proto).
 */
export function statusBodyOf(error: StatusError): StatusBody {
  const details = [{ typeUrl: `${TYPE_URL_PREFIX}ErrorInfo`, value: errorInfo(error) }]
  if (error.violations.length > 0) {
    details.push({ typeUrl: `${TYPE_URL_PREFIX}BadRequest`, value: badRequest(error) })
  }
  return { code: error.code, message: error.message, details }
}

function errorInfo(error: StatusError): Uint8Array {
  const out = new WireWriter()
  writeString(1, error.reason, out)
  writeString(2, ERROR_DOMAIN, out)
  for (const [key, value] of Object.entries(error.metadata)) {
    writeNested(3, out, () => {
      writeString(1, key, out)
      writeString(2, value, out)
    })
  }
  return out.finish()
}

function badRequest(error: StatusError): Uint8Array {
  const out = new WireWriter()
  for (const { field, description } of error.violations) {
    writeNested(1, out, () => {
      writeString(1, field, out)
      writeString(2, description, out)
    })
  }
  return out.finish()
}

function writeNested(number: number, out: WireWriter, write: () => void): void {
  out.uint32(tagOf(number, WireType.LengthDelimited))
  const mark = out.begin()
  write()
  out.end(mark)
}

function writeString(number: number, text: string, out: WireWriter): void {
  out.uint32(tagOf(number, WireType.LengthDelimited))
  out.string(text)
}
