import { Code } from '../../status/index.js'
import type { CallStatus, Metadata } from '../types.js'
import { localStatus, peerStatus } from './call-status.js'
import { decodeGrpcMessage } from './grpc-message.js'

/** One HEADERS block of a response, read once: the fields gRPC defines, and the rest as metadata. */
export interface HeaderBlock {
  /** `:status`; 0 in trailers. */
  readonly httpStatus: number
  readonly hasContentType: boolean
  /** Its `content-type` says that gRPC follows. */
  readonly isGrpc: boolean
  readonly grpcEncoding: string | undefined
  readonly grpcStatus: string | undefined
  readonly grpcMessage: string | undefined
  readonly statusDetails: string | undefined
  readonly metadata: Metadata
}

/**
 * Reads a header block. Metadata is everything but pseudo-headers, `content-type` and `grpc-*`; the one exception,
 * `grpc-retry-pushback-ms`, is a server's word to whoever retries (gRPC proposal A6). Values of `-bin` names are split
 * at commas, as PROTOCOL-HTTP2.md asks; nothing here can throw, whatever the peer sent.
 * @param raw name, value, name, value … as they came, names in lower case
 */
export function readHeaderBlock(raw: readonly string[]): HeaderBlock {
  let httpStatus = 0
  let contentType: string | undefined
  let grpcEncoding: string | undefined
  let grpcStatus: string | undefined
  let grpcMessage: string | undefined
  let statusDetails: string | undefined
  const metadata: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!
    const value = raw[at + 1]!
    if (name.startsWith(':')) {
      if (name === ':status') httpStatus = Number(value)
    } else if (name === 'content-type') {
      contentType ??= value
    } else if (name.startsWith('grpc-')) {
      if (name === 'grpc-status') grpcStatus ??= value
      else if (name === 'grpc-message') grpcMessage ??= value
      else if (name === 'grpc-status-details-bin') statusDetails ??= value
      else if (name === 'grpc-encoding') grpcEncoding ??= value
      else if (name === 'grpc-retry-pushback-ms') metadata.push(name, value)
    } else if (name.endsWith('-bin') && value.includes(',')) {
      for (const part of value.split(',')) metadata.push(name, part.trim())
    } else {
      metadata.push(name, value)
    }
  }
  const hasContentType = contentType !== undefined
  const isGrpc = isGrpcContentType(contentType)
  return { httpStatus, hasContentType, isGrpc, grpcEncoding, grpcStatus, grpcMessage, statusDetails, metadata }
}

/** `application/grpc`, alone or followed by `+subtype` or `;parameter`. Not `application/grpc-web`. */
export function isGrpcContentType(contentType: string | undefined): boolean {
  if (contentType === undefined) return false
  const lower = contentType.toLowerCase()
  if (!lower.startsWith('application/grpc')) return false
  const next = lower.charAt('application/grpc'.length)
  return next === '' || next === '+' || next === ';' || next === ' '
}

/**
 * The status the server sent, from the block that carries `grpc-status`; undefined where there is none. A value that is
 * no code of gRPC's is UNKNOWN (doc/statuscodes.md: "cannot parse the returned status").
 */
export function peerStatusOf(block: HeaderBlock): CallStatus | undefined {
  if (block.grpcStatus === undefined) return undefined
  const code = codeOf(block.grpcStatus)
  return peerStatus(
    code <= Code.Unauthenticated ? code : Code.Unknown,
    block.grpcMessage === undefined ? '' : decodeGrpcMessage(block.grpcMessage),
    block.statusDetails === undefined ? undefined : decodeDetails(block.statusDetails),
  )
}

/** One to nine digits as a number; Infinity for anything else. */
function codeOf(text: string): number {
  let code = text.length > 0 && text.length < 10 ? 0 : Infinity
  for (let at = 0; at < text.length && code !== Infinity; at++) {
    const digit = text.charCodeAt(at) - 0x30
    code = digit >= 0 && digit <= 9 ? code * 10 + digit : Infinity
  }
  return code
}

/** Base64, padded or not; undefined when it is not, or empty: broken details never replace the status itself. */
function decodeDetails(value: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return undefined
  return Buffer.from(value, 'base64')
}

/**
 * What an answer without `grpc-status` is to us: 429, 502, 503 and 504 (something in front of the server had no server
 * to give) are UNAVAILABLE, all else INTERNAL. The finer table of gRPC's http-grpc-status-mapping.md is not used: a
 * proxy's 404 or 401 is no answer of the service.
 */
export function statusOfHttp(httpStatus: number): CallStatus {
  if (httpStatus === 429 || (httpStatus >= 502 && httpStatus <= 504)) {
    return localStatus(Code.Unavailable, `the upstream answered HTTP ${httpStatus} without a gRPC status`, false)
  }
  return localStatus(
    Code.Internal,
    httpStatus === 200
      ? 'the upstream answered without a gRPC status'
      : `the upstream answered HTTP ${httpStatus} without a gRPC status`,
    false,
  )
}
