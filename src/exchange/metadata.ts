import { BoundedCache } from '../cache/index.js'
import { Code, StatusError } from '../status/index.js'
import type { Metadata } from '../upstream/index.js'
import type { RequestTrace } from './observer.js'
import { Reason } from './reasons.js'

/**
 * Header rules: which request headers become call metadata and which response metadata becomes headers
 * (semantics "Headers"; PROTOCOL-HTTP2 for what metadata may hold).
 */

/** Never forwarded, either way: hop-by-hop (RFC 9110 §7.6.1), framing, and what the call defines itself. */
const NEVER_FORWARDED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
  'http2-settings',
  'content-type',
  'content-length',
  'content-encoding',
  'content-range',
])

/** Response metadata that would speak in the gateway's own name. */
const RESERVED_RESPONSE: ReadonlySet<string> = new Set([
  'retry-after',
  'www-authenticate',
  'x-request-id',
  'traceresponse',
  'vary',
  'date',
])

const CONNECTION = 'connection'
const GRPC_METADATA_PREFIX = 'grpc-metadata-'

/** What the gateway knows of the caller and tells upstream under names a client cannot set. */
export interface Forwarded {
  readonly clientAddress: string
  readonly protocol: 'http' | 'https'
  readonly host: string
  readonly requestId: string
  /** The trace context, in place of the client's; undefined: the client's goes on as it came. */
  readonly trace: Pick<RequestTrace, 'metadata' | 'replaces'> | undefined
}

/**
 * Request headers → call metadata, in the order sent.
 * @param rawHeaders name, value, name, value … as node:http gives them
 * @throws StatusError 400 for a `-bin` value that is not base64
 */
export function requestMetadata(rawHeaders: readonly string[], forwarded: Forwarded): string[] {
  const metadata: string[] = []
  const connectionOptions = readConnectionOptions(rawHeaders)
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const { header, name, isBinary, isOfTraces } = headerNames.get(rawHeaders[i]!)
    if (name === undefined || connectionOptions?.has(header) === true) continue
    if (isOfTraces && forwarded.trace?.replaces.has(name) === true) continue
    const value = rawHeaders[i + 1]!
    if (!isMetadataValue(value)) continue
    if (isBinary) requireBase64(name, value)
    metadata.push(name, value)
  }
  metadata.push('x-request-id', forwarded.requestId)
  if (forwarded.clientAddress !== '') metadata.push('x-forwarded-for', forwarded.clientAddress)
  metadata.push('x-forwarded-proto', forwarded.protocol)
  if (forwarded.host !== '') metadata.push('x-forwarded-host', forwarded.host)
  if (forwarded.trace !== undefined) for (const part of forwarded.trace.metadata) metadata.push(part)
  return metadata
}

/** What there is to know of the name of a request header. */
interface HeaderName {
  /** In lower case. */
  readonly header: string
  /** Of the metadata that it becomes; undefined: it does not go on. */
  readonly name: string | undefined
  readonly isBinary: boolean
  /** It may be one that a tracer replaces. */
  readonly isOfTraces: boolean
}

/** W3C Trace Context and Baggage, and B3: whatever `RequestTrace.replaces` may name. */
const TRACE_HEADERS = /^(?:traceparent|tracestate|baggage|b3|x-b3-.*)$/

/** By name as sent. */
const headerNames = new BoundedCache(readHeaderName, 1000, 64)

function readHeaderName(raw: string): HeaderName {
  const header = raw.toLowerCase()
  const name = metadataNameOf(header)
  const isOfTraces = name !== undefined && TRACE_HEADERS.test(name)
  return { header, name, isBinary: name?.endsWith('-bin') === true, isOfTraces }
}

/** @param header in lower case */
function metadataNameOf(header: string): string | undefined {
  let name = header
  if (name.startsWith('grpc-')) {
    if (!name.startsWith(GRPC_METADATA_PREFIX)) return undefined
    name = name.slice(GRPC_METADATA_PREFIX.length)
    if (name.startsWith('grpc-')) return undefined
  }
  if (NEVER_FORWARDED.has(name) || isIdentityName(name) || name === 'x-request-id') return undefined
  return isMetadataName(name) ? name : undefined
}

/** Appends the response metadata a client may see to `headers` (name, value, …). */
export function appendResponseHeaders(metadata: Metadata, headers: string[]): void {
  for (let i = 0; i < metadata.length; i += 2) {
    const name = metadata[i]!
    const value = metadata[i + 1]!
    if (NEVER_FORWARDED.has(name) || RESERVED_RESPONSE.has(name)) continue
    if (name.startsWith('grpc-') || name.startsWith('access-control-') || name.startsWith('ratelimit')) continue
    if (!isHeaderName(name) || !isHeaderValue(value)) continue
    headers.push(name, value)
  }
}

/** Names only the gateway may set; a client's are dropped. */
function isIdentityName(name: string): boolean {
  return name.startsWith('x-forwarded-') || name.startsWith('x-protobridge-') || name === 'forwarded'
}

function isPlainConnectionOption(value: string): boolean {
  return value === 'keep-alive' || value === 'close' || value === 'Keep-Alive'
}

/** Header names that `Connection` makes hop-by-hop (RFC 9110 §7.6.1); undefined where, as usual, it names none. */
function readConnectionOptions(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    if (name.length !== CONNECTION.length || name.toLowerCase() !== CONNECTION) continue
    const value = rawHeaders[i + 1]!
    if (isPlainConnectionOption(value)) continue
    names ??= new Set<string>()
    for (const option of value.split(',')) names.add(option.trim().toLowerCase())
  }
  return names
}

/** `[0-9a-z.-]+`. PROTOCOL-HTTP2 allows `_` too; ruled out, since proxies confuse it with `-`. */
function isMetadataName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    if (!((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 46)) return false
  }
  return name.length > 0
}

/** `%x20-7E`: what an ASCII metadata value may hold. */
function isMetadataValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (c < 32 || c > 126) return false
  }
  return true
}

/** RFC 9110 §5.6.2 token, lower case as metadata is. */
export function isHeaderName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    if (!((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 46 || c === 95)) return false
  }
  return name.length > 0
}

/** RFC 9110 §5.5 field-value; beyond ASCII only what one byte can carry. */
export function isHeaderValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if ((c < 32 && c !== 9) || c === 127 || c > 255) return false
  }
  return true
}

/** Standard base64, padded or not, several joined by `,` (PROTOCOL-HTTP2: Binary-Header). */
function requireBase64(name: string, value: string): void {
  for (const part of value.split(',')) {
    if (!isBase64(part.trim())) {
      throw new StatusError(Code.InvalidArgument, `header ${name}: not base64`, { reason: Reason.MalformedHeader })
    }
  }
}

function isBase64(text: string): boolean {
  let end = text.length
  while (end > 0 && text.length - end < 2 && text.charCodeAt(end - 1) === 61 /* = */) end--
  if (end % 4 === 1 || (end !== text.length && text.length % 4 !== 0)) return false
  for (let i = 0; i < end; i++) {
    const c = text.charCodeAt(i)
    const isDigit = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 43 || c === 47
    if (!isDigit) return false
  }
  return true
}
