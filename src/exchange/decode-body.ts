import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  type Zlib,
} from 'node:zlib'
import { Code, StatusError } from '../status/index.js'
import type { ContentCoding } from './content-coding.js'
import { bodyTooLarge } from './read-body.js'
import { Reason } from './reasons.js'
import { enqueue } from './zlib-queue.js'

/*
 * Bodies are decoded when they have arrived whole: a client that dribbles then holds what it has sent, not a decoder's
 * window, and decoders can be counted. What comes out comes in pieces, and no more of them once the limit is passed.
 */

/** Up to here the way to another thread and back (0.1 to 0.4 ms) costs more than the decoding (under 0.1 ms). */
const MAX_BYTES_AT_ONCE = 16 * 1024
/** Nor is more made of them at once: 16 KiB can become 16 MiB. */
const MAX_DECODED_AT_ONCE = 128 * 1024
const MAX_CHUNK_BYTES = 64 * 1024
const MIN_CHUNK_BYTES = 1024

interface Options {
  readonly maxOutputLength: number
  readonly chunkSize: number
  /** Hands back the engine too, which knows how much of the input it took. */
  readonly info: true
}

/** What zlib gives with `info`; its types tell of the bytes alone. */
interface Informed {
  readonly buffer: Buffer
  readonly engine: Zlib
}

interface Decoder {
  readonly now: (bytes: Uint8Array, options: Options) => unknown
  readonly later: (bytes: Uint8Array, options: Options, done: (error: Error | null, result: unknown) => void) => void
}

const GZIP: Decoder = { now: gunzipSync, later: gunzip }
const ZLIB: Decoder = { now: inflateSync, later: inflate }
const RAW_DEFLATE: Decoder = { now: inflateRawSync, later: inflateRaw }
const BROTLI: Decoder = { now: brotliDecompressSync, later: brotliDecompress }

function decoderOf(coding: ContentCoding, bytes: Uint8Array): Decoder {
  if (coding === 'gzip') return GZIP
  if (coding === 'br') return BROTLI
  // RFC 9110 §8.4.1.2: deflate is zlib's format, and some clients send it without zlib's header, which tells method 8.
  return (bytes[0]! & 0x0f) === 8 ? ZLIB : RAW_DEFLATE
}

function optionsFor(bytes: Uint8Array, maxBytes: number): Options {
  const chunkSize = Math.max(MIN_CHUNK_BYTES, Math.min(MAX_CHUNK_BYTES, bytes.length * 4))
  return { maxOutputLength: maxBytes, chunkSize, info: true }
}

/**
 * Undoes the codings of a body, the last applied first; what comes out of each is within the limit.
 * @param isWanted false once the client has left: then it is not begun, or its outcome dropped
 * @param done called exactly once, at once for small bodies: with the plain bytes, or with the StatusError to answer
 *   (413 over the limit, 400 for what does not decode); not called where it is not wanted any more
 */
export function decodeBody(
  body: Buffer,
  codings: readonly ContentCoding[],
  maxBytes: number,
  isWanted: () => boolean,
  done: (error: unknown, body: Buffer) => void,
): void {
  let bytes = body
  let left = codings.length
  try {
    // Nothing sent is nothing encoded.
    for (; left > 0 && bytes.length > 0; left--) {
      const decoded = decodeAtOnce(bytes, codings[left - 1]!, maxBytes)
      if (decoded === undefined) break
      bytes = decoded
    }
  } catch (error) {
    return done(error, body)
  }
  if (left === 0 || bytes.length === 0) return done(undefined, bytes)
  decodeLater(bytes, codings[left - 1]!, maxBytes, isWanted, (error, decoded) => {
    if (error !== undefined) return done(error, body)
    decodeBody(decoded, codings.slice(0, left - 1), maxBytes, isWanted, done)
  })
}

/** The same at once, whatever its size, for `explain`. @throws StatusError */
export function decodeBodyNow(body: Buffer, codings: readonly ContentCoding[], maxBytes: number): Buffer {
  let bytes = body
  for (const coding of codings.toReversed()) {
    if (bytes.length === 0) break
    try {
      bytes = decodeNow(bytes, coding, maxBytes)
    } catch (error) {
      throw refusalOf(error, coding, maxBytes)
    }
  }
  return bytes
}

/** Undefined where it is too much to do at once. */
function decodeAtOnce(bytes: Buffer, coding: ContentCoding, maxBytes: number): Buffer | undefined {
  if (bytes.length > MAX_BYTES_AT_ONCE) return undefined
  const limit = Math.min(maxBytes, MAX_DECODED_AT_ONCE)
  try {
    return decodeNow(bytes, coding, limit)
  } catch (error) {
    if (limit < maxBytes && isOverLimit(error)) return undefined
    throw refusalOf(error, coding, maxBytes)
  }
}

function decodeNow(bytes: Buffer, coding: ContentCoding, maxBytes: number): Buffer {
  return whole(decoderOf(coding, bytes).now(bytes, optionsFor(bytes, maxBytes)), bytes, coding)
}

function decodeLater(
  bytes: Buffer,
  coding: ContentCoding,
  maxBytes: number,
  isWanted: () => boolean,
  done: (error: unknown, decoded: Buffer) => void,
): void {
  enqueue({
    isWanted,
    fail: (error) => done(refusalOf(error, coding, maxBytes), bytes),
    run: (onOver) => {
      decoderOf(coding, bytes).later(bytes, optionsFor(bytes, maxBytes), (cause, result) => {
        onOver()
        if (!isWanted()) return
        let decoded: Buffer
        try {
          if (cause !== null) throw cause
          decoded = whole(result, bytes, coding)
        } catch (error) {
          return done(refusalOf(error, coding, maxBytes), bytes)
        }
        done(undefined, decoded)
      })
    },
  })
}

/** @throws StatusError where something stands behind the end of the encoded data, which zlib passes over */
function whole(result: unknown, bytes: Buffer, coding: ContentCoding): Buffer {
  const { buffer, engine } = result as Informed
  if (engine.bytesWritten !== bytes.length) throw malformed(coding, 'something follows its end')
  return buffer
}

function isOverLimit(error: unknown): boolean {
  return codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
}

/** `Z_DATA_ERROR`, `ERR_…`; '' where it has none. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

function refusalOf(error: unknown, coding: ContentCoding, maxBytes: number): unknown {
  if (error instanceof StatusError) return error
  if (isOverLimit(error)) return bodyTooLarge(maxBytes)
  const code = codeOf(error)
  // Out of memory: no fault of the request.
  if (code === '' || /MEM|ALLOC|INIT/.test(code)) return error
  return malformed(coding, code === 'Z_BUF_ERROR' ? 'it ends too early' : 'it is corrupt')
}

function malformed(coding: ContentCoding, why: string): StatusError {
  return new StatusError(Code.InvalidArgument, `the request body is not valid ${coding}: ${why}`, {
    reason: Reason.MalformedEncoding,
  })
}
