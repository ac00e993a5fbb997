import type { HeaderBlock } from '../../../protocol/header-block.js'
import { ConnectionError, ErrorCode } from '../frames.js'
import * as dynamicTable from './dynamic-table.js'
import { DynamicTable, type Field } from './dynamic-table.js'
import { isMalformedField } from './field-check.js'
import { decodeHuffman, maxDecodedLength } from './huffman.js'
import { STATIC_TABLE } from './static-table.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { ENTRY_OVERHEAD } = dynamicTable

/** SETTINGS_HEADER_TABLE_SIZE by default, which we keep. */
export const TABLE_BYTES = 4096

const STATIC_FIELDS: readonly Field[] = STATIC_TABLE.map(([name, value]) => ({
  name,
  value,
  size: name.length + value.length + ENTRY_OVERHEAD,
  // For a response; requests' own pseudo-fields are found out where the block is read.
  isMalformed: isMalformedField(name, value),
}))

/** A header block, decoded. */
export interface DecodedBlock {
  /** Name, value, name, value …; a character per octet. Empty where `isTooLarge`. */
  readonly fields: readonly string[]
  /** It holds a field that RFC 9113 §8.2 forbids. */
  readonly isMalformed: boolean
  /** Its fields exceed the limit (RFC 9113 §10.5.1). */
  readonly isTooLarge: boolean
  /** What was read from the fields, for whoever is given the block again. */
  read: HeaderBlock | undefined
}

/** Blocks that are remembered of a connection, and how long they may be. */
const MAX_KNOWN = 8
const MAX_KNOWN_BYTES = 16

/** HPACK decoder of one connection (RFC 7541). Each block has to be given to it, in order, wanted or not. */
export class HpackDecoder {
  private readonly table = new DynamicTable(TABLE_BYTES)
  private readonly maxListBytes: number
  /**
   * Blocks that only refer to the tables, since the dynamic one changed last: a server that has said something once refers to it with
   * an octet, so that the blocks of nearly all its answers are the same few octets.
   */
  private readonly known: { readonly octets: Buffer; readonly block: DecodedBlock }[] = []
  private bytes: Buffer = EMPTY
  private at = 0
  private end = 0

  /** @param maxListBytes the most a block's fields may take: name, value and 32 each (SETTINGS_MAX_HEADER_LIST_SIZE) */
  constructor(maxListBytes: number) {
    this.maxListBytes = maxListBytes
  }

  /**
   * Decodes a block. One over the limit is read to its end, for the sake of the table, and its fields are not kept: an
   * octet that refers to a large entry a thousand times costs a thousand steps and no memory.
   * @throws ConnectionError(COMPRESSION_ERROR)
   */
  decode(bytes: Buffer, from: number, to: number): DecodedBlock {
    for (const { octets, block } of this.known) if (isThere(octets, bytes, from, to)) return block
    this.bytes = bytes
    this.at = from
    this.end = to
    const fields: string[] = []
    let room = this.maxListBytes
    let isMalformed = false
    let mayResize = true
    let isOfReferences = true
    while (this.at < to) {
      const first = bytes[this.at]!
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) throw broken('a table size update within a block')
        if (!this.table.resize(this.integer(5))) throw broken('a table larger than allowed')
        this.known.length = 0
        isOfReferences = false
        continue
      }
      mayResize = false
      if (first < 0x80) isOfReferences = false
      const field = first >= 0x80 ? this.field(this.integer(7)) : this.literal(first)
      room -= field.size
      if (field.isMalformed) isMalformed = true
      if (room >= 0) fields.push(field.name, field.value)
    }
    const isTooLarge = room < 0
    if (isTooLarge) fields.length = 0
    this.bytes = EMPTY
    const block = { fields, isMalformed, isTooLarge, read: undefined }
    if (isOfReferences && to - from <= MAX_KNOWN_BYTES && this.known.length < MAX_KNOWN) {
      this.known.push({ octets: Buffer.from(bytes.subarray(from, to)), block })
    }
    return block
  }

  /** §6.2: with incremental indexing (01), without (0000) or never indexed (0001). */
  private literal(first: number): Field {
    const isIndexed = first >= 0x40
    const index = this.integer(isIndexed ? 6 : 4)
    const name = index === 0 ? this.string() : this.field(index).name
    const value = this.string()
    const size = name.length + value.length + ENTRY_OVERHEAD
    const field = { name, value, size, isMalformed: isMalformedField(name, value) }
    if (!isIndexed) return field
    this.table.add(field)
    if (this.known.length > 0) this.known.length = 0
    return field
  }

  private field(index: number): Field {
    if (index === 0) throw broken('index 0')
    const field =
      index <= STATIC_FIELDS.length ? STATIC_FIELDS[index - 1] : this.table.get(index - STATIC_FIELDS.length - 1)
    if (field === undefined) throw broken('an index beyond the table')
    return field
  }

  /** §5.1. Five octets after the prefix hold more than any length or index we take. */
  private integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let value = this.bytes[this.at++]! & mask
    if (value < mask) return value
    for (let shift = 0; shift <= 28; shift += 7) {
      if (this.at >= this.end) throw broken('an integer that does not end')
      const octet = this.bytes[this.at++]!
      value += (octet & 0x7f) * 2 ** shift
      if (octet < 0x80) return value
    }
    throw broken('an integer that is too large')
  }

  /** §5.2. */
  private string(): string {
    if (this.at >= this.end) throw broken('a block that ends within a field')
    const isHuffman = this.bytes[this.at]! >= 0x80
    const length = this.integer(7)
    const from = this.at
    if (length > this.end - from) throw broken('a string that exceeds its block')
    this.at = from + length
    if (!isHuffman) return this.bytes.toString('latin1', from, this.at)
    const room = maxDecodedLength(length)
    if (room > scratch.length) scratch = Buffer.allocUnsafe(room)
    const decoded = decodeHuffman(this.bytes, from, this.at, scratch)
    if (decoded === -1) throw broken('a string that is no Huffman code')
    return scratch.toString('latin1', 0, decoded)
  }
}

const EMPTY = Buffer.alloc(0)
/** Used within one string only. */
let scratch = Buffer.allocUnsafe(1024)

function isThere(octets: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (octets.length !== to - from) return false
  for (let at = 0; at < octets.length; at++) if (octets[at] !== bytes[from + at]) return false
  return true
}

function broken(what: string): ConnectionError {
  return new ConnectionError(ErrorCode.CompressionError, `HPACK: ${what}`)
}
