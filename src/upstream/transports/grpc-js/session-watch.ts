import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'

/** What became of an HTTP/2 session, learned from its events; kept as long as the session. */
class SessionFate {
  /** The last stream id the server says it may have processed (GOAWAY); Infinity: none sent. */
  lastProcessedId = Infinity
  /** The peer broke HTTP/2 itself, and Node closed the connection for it. */
  isBroken = false
}

const fates = new WeakMap<ClientHttp2Session, SessionFate>()

/** Follows the session of a stream, from its first stream on. */
export function watchSession(stream: ClientHttp2Stream): void {
  const session = stream.session as ClientHttp2Session | undefined
  if (session === undefined || fates.has(session)) return
  const fate = new SessionFate()
  fates.set(session, fate)
  session.on('goaway', (_code: number, lastStreamId: number) => {
    fate.lastProcessedId = Math.min(fate.lastProcessedId, lastStreamId)
  })
  session.on('error', (error: NodeJS.ErrnoException) => {
    // nghttp2 found a frame that may not be; a GOAWAY with an error code is ERR_HTTP2_SESSION_ERROR.
    if (error.code === 'ERR_HTTP2_ERROR') fate.isBroken = true
  })
}

/** True when the server has said by GOAWAY that it will never process this stream (RFC 9113 §6.8). */
export function isAboveGoaway(session: ClientHttp2Session | undefined, streamId: number | undefined): boolean {
  if (session === undefined || streamId === undefined) return false
  const fate = fates.get(session)
  return fate !== undefined && streamId > fate.lastProcessedId
}

/** True when the connection ended because the peer does not speak HTTP/2 correctly. */
export function isBrokenSession(session: ClientHttp2Session | undefined): boolean {
  return session !== undefined && fates.get(session)?.isBroken === true
}
