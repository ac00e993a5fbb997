import { BoundedCache } from '../../../cache/index.js'
import { ACCEPTED_ENCODINGS } from '../../protocol/decompress.js'
import { encodeGrpcTimeout } from '../../protocol/grpc-timeout.js'
import {
  isValueCharacter,
  kindOfName,
  sentValue,
  unsendableName,
  unsendableValue,
  type NameKind,
} from '../../protocol/request-headers.js'
import type { Metadata } from '../../types.js'

/** First octet of a literal field (RFC 7541 §6.2.2, §6.2.3): its name follows, or is the static entry added to it. */
const LITERAL = 0x00
const NEVER_INDEXED = 0x10
/** A table of size 0 (§6.3). */
const EMPTY_TABLE = 0x20
const STATIC_AUTHORITY = 1
const STATIC_PATH = 4
const STATIC_USER_AGENT = 58
const STATIC_CONTENT_TYPE = 31
const STATIC_ACCEPT_ENCODING = 16
const INDEXED_POST = 0x83
const INDEXED_HTTP = 0x86
const INDEXED_HTTPS = 0x87

/** §7.1.3: fields worth guessing, which nothing on the way may put in a table. */
const SECRETS = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key'])

/** What counts of a field beside its name and value (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32
/** Of the eleven fields that every call has: `grpc-timeout` at its longest, and without what differs by connection. */
const OWN_NAMES_AND_VALUES = [
  ...[':method', 'POST', ':scheme', 'https', ':authority', ':path', 'grpc-timeout', '99999999m', 'te', 'trailers'],
  ...['content-type', 'application/grpc', 'user-agent', 'grpc-accept-encoding', ACCEPTED_ENCODINGS],
  ...['accept-encoding', 'identity'],
].join('').length

/** How many methods' pseudo-header fields are kept encoded. Paths come from descriptors; the bound is for the rest. */
const MAX_ROUTES = 10_000

/**
 * Writes request header blocks. Nothing goes through the peer's dynamic table, so a block depends on no other: what a
 * method's calls have in common is encoded once, and copied.
 */
export class RequestBlocks {
  private readonly routes = new Map<string, Buffer>()
  private readonly pseudo: Buffer
  private readonly common: Buffer
  /** Of what every call has but for its path: name, value and 32 each. */
  private readonly ownListBytes: number

  constructor({ isSecure, authority, userAgent }: { isSecure: boolean; authority: string; userAgent: string }) {
    const pseudo = new BlockBuffer()
    pseudo.octet(INDEXED_POST)
    pseudo.octet(isSecure ? INDEXED_HTTPS : INDEXED_HTTP)
    pseudo.literalOf(STATIC_AUTHORITY, authority)
    this.pseudo = pseudo.copy()
    const common = new BlockBuffer()
    common.literal('te', 'trailers')
    common.literalOf(STATIC_CONTENT_TYPE, 'application/grpc')
    common.literalOf(STATIC_USER_AGENT, userAgent)
    common.literal('grpc-accept-encoding', ACCEPTED_ENCODINGS)
    common.literalOf(STATIC_ACCEPT_ENCODING, 'identity')
    this.common = common.copy()
    this.ownListBytes = 11 * FIELD_OVERHEAD + OWN_NAMES_AND_VALUES + authority.length + userAgent.length
  }

  /**
   * Writes a call's block. PROTOCOL-HTTP2.md: pseudo-fields, then the time-out, custom metadata last.
   * @param remainingMs until the deadline, more than 0; Infinity: none
   * @param mustEmptyTable the peer has made its table smaller: the next block has to say that we follow (RFC 7541 §4.2)
   * @returns the block, which the next call to this method overwrites; or why there can be none, as a sentence
   */
  write(path: string, remainingMs: number, metadata: Metadata, mustEmptyTable: boolean): BlockBuffer | string {
    block.clear()
    if (mustEmptyTable) block.octet(EMPTY_TABLE)
    block.bytes(this.routeOf(path))
    if (remainingMs !== Infinity) block.literal('grpc-timeout', encodeGrpcTimeout(remainingMs))
    block.bytes(this.common)
    for (let at = 0; at + 1 < metadata.length; at += 2) {
      const name = metadata[at]!
      const field = fieldNames.get(name)
      if (!field.canBeSent) return unsendableName(name)
      const value = sentValue(field, metadata, at)
      if (value !== undefined && !block.begun(field.begun, value)) return unsendableValue(name)
    }
    return block
  }

  /** Whether a call's fields, name, value and 32 each (RFC 9113 §6.5.2), are more than so many bytes. */
  exceeds(maxBytes: number, { path, metadata }: { readonly path: string; readonly metadata: Metadata }): boolean {
    let listBytes = this.ownListBytes + path.length
    for (let at = 0; at + 1 < metadata.length; at += 2) {
      const name = metadata[at]!
      const value = sentValue(fieldNames.get(name), metadata, at)
      if (value !== undefined) listBytes += name.length + value.length + FIELD_OVERHEAD
    }
    return listBytes > maxBytes
  }

  private routeOf(path: string): Buffer {
    const known = this.routes.get(path)
    if (known !== undefined) return known
    const route = new BlockBuffer()
    route.bytes(this.pseudo)
    route.literalOf(STATIC_PATH, path)
    const bytes = route.copy()
    if (this.routes.size >= MAX_ROUTES) this.routes.clear()
    this.routes.set(path, bytes)
    return bytes
  }
}

/** A growing buffer of encoded fields. */
export class BlockBuffer {
  buffer = Buffer.allocUnsafe(1024)
  length = 0

  clear(): void {
    this.length = 0
  }

  copy(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length))
  }

  octet(octet: number): void {
    this.grow(1)
    this.buffer[this.length++] = octet
  }

  bytes(bytes: Buffer): void {
    this.grow(bytes.length)
    bytes.copy(this.buffer, this.length)
    this.length += bytes.length
  }

  literal(name: string, value: string): void {
    this.begun(fieldNames.get(name).begun, value)
  }

  /** A literal field of which all but the value is encoded. @returns false where the value may not be sent */
  begun(begun: Buffer, value: string): boolean {
    this.grow(begun.length)
    const { buffer } = this
    let at = this.length
    for (let index = 0; index < begun.length; index++) buffer[at++] = begun[index]!
    this.length = at
    return this.string(value)
  }

  /** A literal field as far as its value. */
  beginLiteral(name: string): void {
    this.octet(SECRETS.has(name) ? NEVER_INDEXED : LITERAL)
    this.string(name)
  }

  /** A literal whose name is a static entry's. */
  literalOf(staticIndex: number, value: string): void {
    if (staticIndex < 15) {
      this.octet(staticIndex)
    } else {
      this.octet(15)
      this.octet(staticIndex - 15)
    }
    this.string(value)
  }

  /**
   * A string literal without Huffman coding, a character per octet (RFC 7541 §5.2).
   * @returns false where it has a character that no field may have
   */
  private string(text: string): boolean {
    const { length } = text
    this.grow(length + 6)
    if (length < 127) {
      this.buffer[this.length++] = length
    } else {
      this.buffer[this.length++] = 127
      let rest = length - 127
      for (; rest >= 128; rest = Math.floor(rest / 128)) this.buffer[this.length++] = (rest & 0x7f) | 0x80
      this.buffer[this.length++] = rest
    }
    const { buffer, length: from } = this
    this.length += length
    // Checked and written in one: looking at a character costs as much as anything that is done with it.
    for (let index = 0; index < length; index++) {
      const c = text.charCodeAt(index)
      if (!isValueCharacter(c)) return false
      buffer[from + index] = c
    }
    return true
  }

  private grow(length: number): void {
    if (this.length + length <= this.buffer.length) return
    const grown = Buffer.allocUnsafe((this.length + length) * 2)
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }
}

/** What there is to know of a name, and how a literal field of it begins: looked up once for each field that is written. */
interface FieldName extends NameKind {
  readonly begun: Buffer
}

const fieldNames = new BoundedCache(readName, 1000, 64)

function readName(name: string): FieldName {
  const begun = new BlockBuffer()
  begun.beginLiteral(name)
  return { ...kindOfName(name), begun: begun.copy() }
}

/** One for all: a block is written and copied into its frames within one step. */
const block = new BlockBuffer()
