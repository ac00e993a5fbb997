import { BoundedCache } from '../../cache/index.js'
import type { Metadata } from '../types.js'

/**
 * Names a transport writes itself or HTTP/2 forbids (RFC 9113 §8.2.2): metadata of these names is not sent.
 */
const OWNED_NAMES = [
  'content-type',
  'te',
  'host',
  'user-agent',
  'accept-encoding',
  'content-length',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'grpc-message-type',
]

/**
 * Headers that Node refuses to send twice, and of which it reads the first (lib/internal/http2/util.js): joined by a comma
 * instead (RFC 9110 §5.2).
 */
const SINGLE_NAMES = [
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-location',
  'content-md5',
  'content-range',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'x-content-type-options',
]

/** What there is to know of a metadata name. */
export interface NameKind {
  readonly canBeSent: boolean
  readonly isOwned: boolean
  readonly isSingle: boolean
  readonly isBinary: boolean
}

const OWNED: ReadonlySet<string> = new Set(OWNED_NAMES)
const SINGLE: ReadonlySet<string> = new Set(SINGLE_NAMES)

const kinds = new BoundedCache(kindOfName, 1000, 64)

export function kindOfName(name: string): NameKind {
  return {
    canBeSent: isName(name),
    isOwned: OWNED.has(name),
    isSingle: SINGLE.has(name),
    isBinary: name.endsWith('-bin'),
  }
}

const SPACE = 32
const TAB = 9

/** `[0-9a-z_.-]+`. (Loops, since a call of a regular expression costs several times what they do.) */
function isName(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (!((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 46 || c === 95)) return false
  }
  return text.length > 0
}

/** RFC 9110 §5.5: what a field value may hold. gRPC's ASCII values are narrower, but a receiver must not fail on these. */
export const isValueCharacter = (c: number): boolean => (c < 32 ? c === 9 : c !== 127 && c <= 255)

function isValue(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isValueCharacter(text.charCodeAt(at))) return false
  return true
}

/** The first entry that cannot be sent, as a sentence; undefined when all can. */
export function checkMetadata(metadata: Metadata): string | undefined {
  for (let at = 0; at + 1 < metadata.length; at += 2) {
    const name = metadata[at]!
    if (!kinds.get(name).canBeSent) return unsendableName(name)
    if (!isValue(metadata[at + 1]!)) return unsendableValue(name)
  }
  return undefined
}

export const unsendableName = (name: string): string => `metadata name ${JSON.stringify(name)} cannot be sent`
export const unsendableValue = (name: string): string => `the value of metadata ${name} cannot be sent`

/**
 * What is sent of the value of an entry: without surrounding white space, base64 unpadded as PROTOCOL-HTTP2.md
 * says senders should, and what may come only once joined where it first came. undefined: nothing, as of names a transport owns.
 * @param at of the entry's name
 */
export function sentValue(
  { isOwned, isSingle, isBinary }: NameKind,
  metadata: Metadata,
  at: number,
): string | undefined {
  if (isOwned) return undefined
  let value = sendableValue(metadata[at + 1]!, isBinary)
  if (!isSingle) return value
  const name = metadata[at]!
  if (comesBefore(metadata, at)) return undefined
  for (let next = at + 2; next + 1 < metadata.length; next += 2) {
    if (metadata[next] === name) value += `, ${sendableValue(metadata[next + 1]!, isBinary)}`
  }
  return value
}

/** Adds checked metadata to headers of node:http2: see {@link sentValue}. */
export function addMetadata(metadata: Metadata, headers: Record<string, string | string[]>): void {
  for (let at = 0; at + 1 < metadata.length; at += 2) {
    const name = metadata[at]!
    const value = sentValue(kinds.get(name), metadata, at)
    if (value === undefined) continue
    const present = headers[name]
    if (present === undefined) headers[name] = value
    else if (Array.isArray(present)) present.push(value)
    else headers[name] = [present, value]
  }
}

function sendableValue(value: string, isBinary: boolean): string {
  const trimmed = value.charCodeAt(0) > SPACE && value.charCodeAt(value.length - 1) > SPACE ? value : trim(value)
  return isBinary ? trimmed.replace(/=+(?=,|$)/g, '') : trimmed
}

/** Without the blanks that a field value may not begin or end with (RFC 9110 §5.5); what else is white is not blank. */
function trim(value: string): string {
  let from = 0
  let to = value.length
  while (from < to && isBlank(value.charCodeAt(from))) from++
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--
  return value.slice(from, to)
}

const isBlank = (c: number): boolean => c === SPACE || c === TAB

function comesBefore(metadata: Metadata, at: number): boolean {
  for (let before = 0; before < at; before += 2) if (metadata[before] === metadata[at]) return true
  return false
}
