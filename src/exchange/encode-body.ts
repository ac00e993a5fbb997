import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync, type BrotliOptions } from 'node:zlib'
import type { ResponseCoding } from './content-coding.js'
import { enqueue } from './zlib-queue.js'

/*
 * Measured on JSON of 64 KiB and 1 MiB: gzip 5 takes 0.4 and 7 ms for 22 % of the size, gzip 6 half as long again for no
 * less; brotli 4 takes 0.9 and 7 ms for 19 %, brotli 5 twice as long for 15 to 17 %.
 */
const GZIP = { level: 5 }
const BROTLI_QUALITY = 4

/** Done at once up to here: 0.1 (gzip) to 0.25 ms (brotli), which the way to another thread and back takes too. */
const MAX_BYTES_AT_ONCE = 16 * 1024

/**
 * Compresses a response body; a large one on another thread.
 * @param isWanted false once the client has left: then it is not begun, or its outcome dropped
 * @param done called at most once, at once for small bodies; undefined where there was no memory for it: the body has to
 *   go as it is. Not called where it is not wanted any more
 */
export function encodeBody(
  bytes: Uint8Array,
  coding: ResponseCoding,
  isWanted: () => boolean,
  done: (encoded: Uint8Array | undefined) => void,
): void {
  if (bytes.length <= MAX_BYTES_AT_ONCE) {
    return done(coding === 'br' ? brotliCompressSync(bytes, brotliFor(bytes)) : gzipSync(bytes, GZIP))
  }
  enqueue({
    isWanted,
    fail: () => done(undefined),
    run: (onOver) => {
      const onEncoded = (error: Error | null, encoded: Buffer): void => {
        onOver()
        if (isWanted()) done(error === null ? encoded : undefined)
      }
      if (coding === 'br') brotliCompress(bytes, brotliFor(bytes), onEncoded)
      else gzip(bytes, GZIP, onEncoded)
    },
  })
}

function brotliFor(bytes: Uint8Array): BrotliOptions {
  // A window as large as the body and no larger: by default it is 4 MiB, and as much memory.
  const bits = Math.ceil(Math.log2(bytes.length))
  const window = Math.max(constants.BROTLI_MIN_WINDOW_BITS, Math.min(constants.BROTLI_DEFAULT_WINDOW, bits))
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: window,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }
}
