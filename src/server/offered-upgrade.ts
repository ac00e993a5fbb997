import type { IncomingMessage } from 'node:http'

const HEAD_END = '\r\n\r\n'

/**
 * Whether a request is the last one of its connection that node:http hears of. Where it offers to upgrade (RFC 9110 §7.8), the parser
 * takes what follows in the same packet for the other protocol; as nobody listens for upgrades, node:http serves the request, forgets
 * those bytes, and reads on with the next packet. To be called while the packet is read.
 *
 * What follows a body that comes in later packets is not seen: closing on that ground would cost a connection for each request of the
 * clients that always offer h2c (Java's does), and none of them pipelines.
 */
export function losesWhatFollows(req: IncomingMessage): boolean {
  const { headers, socket } = req
  if (headers.upgrade === undefined || !('parser' in socket) || !isReading(socket.parser)) return false
  const packet = socket.parser.getCurrentBuffer()
  const end = packet.indexOf(HEAD_END)
  // Only the last of it came with this packet.
  if (end < 0) return packet.length >= HEAD_END.length
  return packet.length - end - HEAD_END.length > Number(headers['content-length'] ?? 0)
}

/** Node's parser: what it is reading, which is also where an error's `rawPacket` is from. */
interface ReadingParser {
  getCurrentBuffer(): Buffer
}

function isReading(parser: unknown): parser is ReadingParser {
  return typeof parser === 'object' && parser !== null && 'getCurrentBuffer' in parser
}
