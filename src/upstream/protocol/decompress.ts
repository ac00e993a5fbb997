import { gunzip, inflate } from 'node:zlib'
import { tooLarge } from './message-reader.js'

/** Codings of messages we understand, as `grpc-accept-encoding` lists them. */
export const ACCEPTED_ENCODINGS = 'identity,deflate,gzip'

/**
 * Decompresses one message; what comes out is bounded, so that a bomb costs at most the limit.
 * @param encoding the response's `grpc-encoding` (`deflate` is zlib's format: doc/compression.md)
 * @param done called later, once, with either the text of what is wrong or the message
 * @returns undefined, or at once what is wrong (done is then never called)
 */
export function decompress(
  payload: Uint8Array,
  encoding: string | undefined,
  maxBytes: number,
  done: (problem: string | undefined, message: Uint8Array) => void,
): string | undefined {
  if (encoding === undefined || encoding === 'identity') {
    return 'the upstream sent a compressed message without naming its encoding'
  }
  if (encoding !== 'gzip' && encoding !== 'deflate') return 'the upstream sent a message in an unsupported encoding'
  const unpack = encoding === 'gzip' ? gunzip : inflate
  // zlib wants a limit of at least 1; an empty message stays within it.
  unpack(payload, { maxOutputLength: Math.max(1, maxBytes) }, (error, message) => {
    if (error === null) return done(undefined, message)
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    done(isTooLarge ? tooLarge(maxBytes) : 'the upstream sent a message that does not decompress', EMPTY)
  })
  return undefined
}

const EMPTY = new Uint8Array(0)
