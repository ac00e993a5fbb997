import { transcodeError } from '../errors/transcode-error.js'
import type { MessagePlan } from '../plan/types.js'
import { LocatedMessage } from '../wire/located-message.js'
import { WireError } from '../wire/reader.js'

/**
 * Reads a protobuf body, only to know what is in it: the bytes themselves are passed on, unknown fields too.
 *
 * @throws StatusError INVALID_ARGUMENT MALFORMED_PROTOBUF
 */
export function readWireBody(plan: MessagePlan, body: Uint8Array): LocatedMessage {
  try {
    return LocatedMessage.locate(plan, body)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    throw transcodeError('MALFORMED_PROTOBUF', `the body does not decode as ${plan.desc.name}: ${error.message}`)
  }
}
