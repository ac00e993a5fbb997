import { isUtf8 } from 'node:buffer'
import { ScalarType } from '@bufbuild/protobuf'
import { formatPath, type PathStep } from '../errors/field-path.js'
import { suggestField } from '../errors/nearest.js'
import { shorten, transcodeError } from '../errors/transcode-error.js'
import type { FieldPlan, MessageElement, MessagePlan } from '../plan/types.js'
import { BoundMessage, type BoundLeaf } from '../tree/bound-message.js'
import { DecodeContext } from '../tree/decode-context.js'
import { TreeNode } from '../tree/node.js'
import { describeNode, readScalar } from '../tree/read-scalar.js'
import { leafBytes, writeLeaf, writeSubmessage } from '../tree/write-field.js'
import { wireTypeOf, writeScalar, type ScalarValue } from '../wire/scalar-value.js'
import { tagOf, WireType, type WireWriter } from '../wire/writer.js'
import { JsonSpecialDecoder, TYPE_KEY } from './decode-special.js'
import { keysBefore, pathTo } from './locate.js'
import { ENUM, MESSAGE, SPECIAL, type JsonReadField, type JsonReadPlan } from './read-plan.js'
import { CH, SeenKeys } from './scanner.js'

const NO_BYTES = Buffer.alloc(0)
/** A map's key that is a string. */
const KEY_TAG = tagOf(1, WireType.LengthDelimited)
/** So many keys of a map are compared one by one. */
const FEW_KEYS = 8
const NULL_VALUE_BYTES = Buffer.from([tagOf(1, WireType.Varint), 0])

/** An extension that an object has had a key of. */
interface SeenExtension {
  readonly frame: number
  readonly field: JsonReadField
}

/** Keys of an object that are no fields of its message. */
interface OtherKeys {
  /** Of the message. */
  readonly depth: number
  readonly keys: SeenKeys
}

/**
 * Reads one JSON text after the other straight to wire bytes, as ProtoJSON has it (protobuf.dev) and RFC 8259 strictly:
 * UTF-8 without byte order mark, one value and nothing after it, no key twice in an object, no lone surrogate. In one pass
 * and without objects; where a value stands is found out only when it is wrong.
 *
 * Throws StatusError INVALID_ARGUMENT: MALFORMED_JSON with line and column, and with the field's path besides
 * MALFORMED_FIELD, UNKNOWN_FIELD, DUPLICATE_FIELD, ONEOF_CONFLICT, FIELD_BOUND_TWICE, MISSING_FIELD, DEPTH_EXCEEDED.
 */
export class JsonDecoder extends JsonSpecialDecoder {
  /**
   * A stack of bit sets, a frame for each message round the position: fields that had a key, fields that had a value, and
   * oneofs that have a member.
   */
  private bits = new Int32Array(256)
  private top = 0
  private readonly extensions: SeenExtension[] = []
  /** Where in what is written the keys of the maps round the position stand: from, to, from, to … */
  private readonly keyPlaces: number[] = []
  /** Of the objects round the position, the innermost last, that have keys which are no fields. */
  private readonly others: OtherKeys[] = []

  /**
   * Writes a text that is a whole message, with what the path and the query bind in it.
   *
   * @throws StatusError INVALID_ARGUMENT
   */
  decodeMessage(text: Uint8Array, plan: MessagePlan, bound: BoundMessage | undefined, out: WireWriter): void {
    this.start(text, plan, out)
    try {
      const read = this.plans.of(plan)
      if (read.form === undefined) this.message(read, bound, false)
      else this.specialForm(read)
      this.finish()
    } finally {
      this.release()
    }
  }

  /**
   * Writes a text that is the value of one field of a message, with what the path and the query bind in that.
   *
   * @throws StatusError INVALID_ARGUMENT
   */
  decodeField(
    text: Uint8Array,
    request: MessagePlan,
    field: FieldPlan,
    bound: BoundMessage | undefined,
    out: WireWriter,
  ): void {
    this.start(text, field, out)
    try {
      const read = this.plans.of(request)
      this.enter()
      const frame = this.openFrame(read)
      this.member(read, read.of(field), frame, 0, bound)
      this.finish()
      if (bound !== undefined) this.writeBound(read, bound, frame, [])
      this.requireAll(read, frame, [])
    } finally {
      this.release()
    }
  }

  private start(text: Uint8Array, content: MessagePlan | FieldPlan, out: WireWriter): void {
    if (!isUtf8(text)) throw this.notUtf8()
    this.bytes = Buffer.isBuffer(text) ? text : Buffer.from(text.buffer, text.byteOffset, text.byteLength)
    this.at = 0
    this.content = content
    this.out = out
    if (text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf)
      throw this.malformed('a byte order mark before the value')
    this.skipSpace()
  }

  private finish(): void {
    this.skipSpace()
    if (this.at < this.bytes.length) throw this.malformed('text after the value')
  }

  private release(): void {
    this.bytes = NO_BYTES
    this.content = undefined
    this.depth = 0
    this.top = 0
    if (this.extensions.length > 0) this.extensions.length = 0
    if (this.others.length > 0) this.others.length = 0
    if (this.keyPlaces.length > 0) this.keyPlaces.length = 0
    this.forgetAnys()
  }

  protected override message(read: JsonReadPlan, bound: BoundMessage | undefined, isAny: boolean): void {
    const open = this.at
    if (this.bytes[open] !== CH.OpenBrace) throw this.notA('an object')
    this.enter()
    const frame = this.openFrame(read)
    if (!this.begin(CH.CloseBrace)) {
      let expected = read.first
      do {
        const start = this.at
        const field = isAny ? this.keyOfAny(read, expected) : this.key(read, expected)
        if (field === undefined) continue
        expected = field.next
        this.member(read, field, frame, start, bound)
      } while (!this.isLast(CH.CloseBrace))
    }
    if (bound !== undefined) this.writeBound(read, bound, frame, undefined, open)
    if (read.hasRequired) this.requireAll(read, frame, undefined, open)
    this.closeFrame(frame)
    this.leave()
  }

  /** The field of the key at the position, gone on to its value; undefined where it is unknown and gone past. */
  private key(read: JsonReadPlan, expected: JsonReadField | undefined): JsonReadField | undefined {
    const { bytes } = this
    const start = this.at
    if (expected !== undefined) {
      const { key } = expected
      const { length } = key
      let i = 0
      while (i < length && bytes[start + i] === key[i]) i++
      if (i === length) {
        this.at = start + length
        this.colon()
        return expected
      }
    }
    this.requireKey()
    const end = this.hashString()
    const field = end === -1 ? undefined : read.table.find(bytes, start + 1, end, this.hash)
    if (field === undefined) return this.unusualKey(read)
    this.at = end + 1
    this.colon()
    return field
  }

  /** A key with escapes, of an extension, or of nothing known. */
  private unusualKey(read: JsonReadPlan): JsonReadField | undefined {
    const start = this.at
    const key = this.string()
    const field = read.byName(key)
    if (field === undefined && !this.ignoresUnknown) {
      throw this.error('UNKNOWN_FIELD', start, `no such field${suggestField(key, read.plan)}`, [key])
    }
    this.colon()
    if (field === undefined) {
      this.addOther(key, start)
      this.skipValue()
    }
    return field
  }

  /** The same in an Any, where `@type` has been read already. */
  private keyOfAny(read: JsonReadPlan, expected: JsonReadField | undefined): JsonReadField | undefined {
    const start = this.at
    this.requireKey()
    const key = this.string()
    if (key !== TYPE_KEY) {
      this.at = start
      return this.key(read, expected)
    }
    this.addOther(key, start)
    this.colon()
    this.skipScalar()
    return undefined
  }

  /** A key of the object that is no field of its message. */
  private addOther(key: string, start: number): void {
    const { others } = this
    let top = others[others.length - 1]
    if (top?.depth !== this.depth) others.push((top = { depth: this.depth, keys: new SeenKeys() }))
    if (!top.keys.add(key)) throw this.duplicateKey(key, start)
  }

  /** A field whose value is at the position; `start` is that of its key. */
  private member(
    read: JsonReadPlan,
    field: JsonReadField,
    frame: number,
    start: number,
    bound: BoundMessage | undefined,
  ): void {
    const { index } = field
    if (index === -1) {
      this.addExtension(field, frame, start)
    } else {
      const word = frame + (index >>> 5)
      const bit = 1 << (index & 31)
      if ((this.bits[word]! & bit) !== 0) throw this.duplicateField(field, start)
      this.bits[word]! |= bit
    }
    const at = this.at
    const isSet = bound === undefined ? this.fieldValue(field, undefined) : this.boundValue(field, bound)
    if (isSet && index !== -1) this.addValue(read, field, frame, at)
  }

  private addExtension(field: JsonReadField, frame: number, start: number): void {
    for (const seen of this.extensions) {
      if (seen.frame === frame && seen.field === field) throw this.duplicateField(field, start)
    }
    this.extensions.push({ frame, field })
  }

  private addValue(read: JsonReadPlan, field: JsonReadField, frame: number, position: number): void {
    const { index, oneof } = field
    this.bits[frame + read.fieldWords + (index >>> 5)]! |= 1 << (index & 31)
    if (oneof === -1) return
    const word = frame + 2 * read.fieldWords + (oneof >>> 5)
    const bit = 1 << (oneof & 31)
    if ((this.bits[word]! & bit) !== 0) {
      throw this.error('ONEOF_CONFLICT', position, this.conflictWith(read, field, frame))
    }
    this.bits[word]! |= bit
  }

  private conflictWith(read: JsonReadPlan, field: JsonReadField, frame: number): string {
    const other = read.fields.find(
      (each) => each.oneof === field.oneof && each !== field && this.hasValue(read, each, frame),
    )
    return `${other!.field.jsonName} is set too, and both are of the oneof ${field.field.oneof!.name}`
  }

  private hasValue(read: JsonReadPlan, { index }: JsonReadField, frame: number): boolean {
    return index !== -1 && (this.bits[frame + read.fieldWords + (index >>> 5)]! & (1 << (index & 31))) !== 0
  }

  private openFrame(read: JsonReadPlan): number {
    const frame = this.top
    const end = frame + 2 * read.fieldWords + read.oneofWords
    if (end > this.bits.length) {
      const grown = new Int32Array(Math.max(end, this.bits.length * 2))
      grown.set(this.bits)
      this.bits = grown
    }
    this.bits.fill(0, frame, end)
    // A message without fields has a frame all the same, which extensions tell apart.
    this.top = Math.max(end, frame + 1)
    return frame
  }

  private closeFrame(frame: number): void {
    this.top = frame
    const { extensions, others } = this
    if (others.length > 0 && others[others.length - 1]!.depth === this.depth) others.pop()
    while (extensions.length > 0 && extensions[extensions.length - 1]!.frame === frame) extensions.pop()
  }

  /** @returns false where the field stays unset: null, or an unknown enum name that is ignored */
  private fieldValue(field: JsonReadField, bound: BoundMessage | undefined): boolean {
    if (this.bytes[this.at] === 0x6e) return this.nullValue(field)
    if (field.isList) {
      this.list(field)
      return true
    }
    if (field.isMap) {
      this.map(field)
      return true
    }
    return this.singular(field, bound)
  }

  private nullValue(field: JsonReadField): boolean {
    this.null()
    if (!field.takesNull) return false
    if (field.operation !== ENUM || field.hasPresence || field.enum.zero !== 0) this.putNull(field, field.tag)
    return true
  }

  /** null where it is a value: of a Value, and of a NullValue. */
  private putNull(field: JsonReadField, tag: number): void {
    const { out } = this
    if (tag !== 0) out.uint32(tag)
    if (field.operation === ENUM) out.int32(field.enum.zero)
    else out.bytes(NULL_VALUE_BYTES)
  }

  private singular(field: JsonReadField, bound: BoundMessage | undefined): boolean {
    const { out } = this
    switch (field.operation) {
      case MESSAGE:
      case SPECIAL:
        this.submessage(field, field.tag, field.isDelimited, bound)
        return true
      case ENUM: {
        const number = this.enumNumber(field)
        if (number === undefined || (!field.enum.isOpen && !field.enum.quotedNames.has(number))) return false
        if (field.hasPresence || number !== 0) {
          out.uint32(field.tag)
          out.int32(number)
        }
        return true
      }
      default: {
        const before = out.length
        out.uint32(field.tag)
        if (this.scalar(field.operation as ScalarType) && !field.hasPresence) out.length = before
        return true
      }
    }
  }

  private submessage(field: JsonReadField, tag: number, isDelimited: boolean, bound: BoundMessage | undefined): void {
    const { out } = this
    const { child } = field
    out.uint32(tag)
    if (isDelimited) {
      if (child.form === undefined) this.message(child, bound, false)
      else this.specialForm(child)
      out.uint32(tagOf(field.field.number, WireType.EndGroup))
      return
    }
    const width = child.lengthWidth
    const mark = out.beginWide(width)
    if (child.form === undefined) this.message(child, bound, false)
    else this.specialForm(child)
    child.lengthWidth = out.endWide(mark, width)
  }

  private list(field: JsonReadField): void {
    if (this.bytes[this.at] !== CH.OpenBracket) throw this.notA('an array')
    if (this.begin(CH.CloseBracket)) return
    const { out } = this
    const before = out.length
    if (!field.isPacked) {
      do this.item(field, field.tag)
      while (!this.isLast(CH.CloseBracket))
      return
    }
    out.uint32(tagOf(field.field.number, WireType.LengthDelimited))
    const mark = out.begin()
    do this.item(field, 0)
    while (!this.isLast(CH.CloseBracket))
    // An empty packed list is not on the wire at all.
    if (out.length === mark + 1) out.length = before
    else out.end(mark)
  }

  /** @param tag 0: packed, so without */
  private item(field: JsonReadField, tag: number): void {
    const { out } = this
    const start = this.at
    if (this.bytes[start] === 0x6e) {
      this.null()
      if (!field.takesNullItem) throw this.error('MALFORMED_FIELD', start, 'null is not an item of a list')
      return this.putNull(field, tag)
    }
    switch (field.operation) {
      case MESSAGE:
      case SPECIAL:
        return this.submessage(field, tag, field.isDelimited, undefined)
      case ENUM: {
        const number = this.enumNumber(field)
        if (number === undefined) return
        if (tag !== 0) out.uint32(tag)
        return out.int32(number)
      }
      default:
        if (tag !== 0) out.uint32(tag)
        this.scalar(field.operation as ScalarType)
    }
  }

  private map(field: JsonReadField): void {
    if (this.bytes[this.at] !== CH.OpenBrace) throw this.notA('an object')
    if (this.begin(CH.CloseBrace)) return
    if (field.field.mapKey!.type === ScalarType.STRING) this.stringMap(field)
    else this.scalarMap(field)
  }

  /** A map from strings: its keys are copied, and compared as they stand in what is written while they are few. */
  private stringMap(field: JsonReadField): void {
    const { out, keyPlaces } = this
    const tag = tagOf(field.field.number, WireType.LengthDelimited)
    const first = keyPlaces.length
    // An entry that is left out is not in what is written.
    let many = this.ignoresUnknown && field.operation === ENUM ? new Set<string>() : undefined
    do {
      this.requireKey()
      const start = this.at
      const before = out.length
      out.uint32(tag)
      const mark = out.begin()
      out.uint32(KEY_TAG)
      const lengthAt = out.length
      this.copyString()
      const to = out.length
      const from = lengthAt + lengthSize(to - lengthAt)
      if (many === undefined && keyPlaces.length - first >= 2 * FEW_KEYS) many = this.keysAt(first)
      const key = many === undefined ? '' : out.buffer.toString('latin1', from, to)
      if (many === undefined ? this.hasKey(first, from, to) : many.has(key)) {
        this.at = start
        throw this.duplicateKey(this.string(), start)
      }
      many?.add(key)
      this.colon()
      if (this.mapValue(field)) {
        const moved = out.endWide(mark, 1) - 1
        if (many === undefined) keyPlaces.push(from + moved, to + moved)
      } else {
        out.length = before
      }
    } while (!this.isLast(CH.CloseBrace))
    while (keyPlaces.length > first) keyPlaces.pop()
  }

  /** Whether one of the keys written from `first` on is the same as what is written between two places. */
  private hasKey(first: number, from: number, to: number): boolean {
    const { keyPlaces } = this
    const { buffer } = this.out
    for (let at = first; at < keyPlaces.length; at += 2) {
      const other = keyPlaces[at]!
      if (keyPlaces[at + 1]! - other !== to - from) continue
      let i = from
      while (i < to && buffer[i] === buffer[other + i - from]) i++
      if (i === to) return true
    }
    return false
  }

  private keysAt(first: number): Set<string> {
    const keys = new Set<string>()
    for (let at = first; at < this.keyPlaces.length; at += 2) {
      keys.add(this.out.buffer.toString('latin1', this.keyPlaces[at], this.keyPlaces[at + 1]))
    }
    return keys
  }

  private scalarMap(field: JsonReadField): void {
    const { out } = this
    const { number, mapKey } = field.field
    const keyType = mapKey!.type
    const keyTag = tagOf(1, wireTypeOf(keyType))
    const tag = tagOf(number, WireType.LengthDelimited)
    /** As typed, the text each was sent as. */
    const seen = new Map<ScalarValue, string>()
    do {
      this.requireKey()
      const start = this.at
      const text = this.string()
      const key = this.mapKey(keyType, text, start)
      const other = seen.get(key)
      if (other !== undefined) {
        if (other === text) throw this.duplicateKey(text, start)
        throw this.error('DUPLICATE_FIELD', start, 'the key stands twice, in two spellings', [text])
      }
      seen.set(key, text)
      this.colon()
      const before = out.length
      out.uint32(tag)
      const mark = out.begin()
      out.uint32(keyTag)
      writeScalar(keyType, key, out)
      if (this.mapValue(field)) out.end(mark)
      else out.length = before
    } while (!this.isLast(CH.CloseBrace))
  }

  /** A map's key is always a string in JSON, and reads as the unquoted text of its type. */
  private mapKey(type: ScalarType, text: string, start: number): ScalarValue {
    try {
      return readScalar(type, TreeNode.text(text))
    } catch (error) {
      const status = this.valueError(error, start)
      // Of the entry, which the place of a key is not in yet.
      throw status === error ? error : this.error('MALFORMED_FIELD', start, (error as Error).message, [text])
    }
  }

  /** @returns false where the entry is left out: an unknown enum name that is ignored */
  private mapValue(field: JsonReadField): boolean {
    const { out } = this
    const start = this.at
    const valueTag = valueTagOf(field)
    if (this.bytes[start] === 0x6e) {
      this.null()
      if (!field.takesNullItem) throw this.error('MALFORMED_FIELD', start, 'null is not the value of a map entry')
      this.putNull(field, valueTag)
      return true
    }
    switch (field.operation) {
      case MESSAGE:
      case SPECIAL:
        this.submessage(field, valueTag, false, undefined)
        return true
      case ENUM: {
        const number = this.enumNumber(field)
        if (number === undefined) return false
        out.uint32(valueTag)
        out.int32(number)
        return true
      }
      default:
        out.uint32(valueTag)
        this.scalar(field.operation as ScalarType)
        return true
    }
  }

  /** A field of a message in which the path or the query binds something. */
  private boundValue(field: JsonReadField, bound: BoundMessage): boolean {
    const other = bound.entries.get(field.field)
    if (other === undefined) return this.fieldValue(field, undefined)
    if (other instanceof BoundMessage) return this.fieldValue(field, other)
    const { out } = this
    const start = this.at
    const before = out.length
    const isNull = this.bytes[start] === 0x6e && !field.takesNull
    const isSet = this.fieldValue(field, undefined)
    if (!isNull) this.requireEqual(field.field, other, start, out.buffer.subarray(before, out.length))
    return isSet
  }

  /** A field that the path binds may stand in the body with the same value, however spelled (`1`, `"1"`), not another. */
  private requireEqual(field: FieldPlan, leaf: BoundLeaf, start: number, written: Uint8Array): void {
    if (leafBytes(field, leaf, this.contextAt(pathTo(this.bytes, start, this.content!))).equals(written)) return
    const end = this.at
    this.at = start
    const value = describeNode(this.leaf())
    this.at = end
    throw this.error(
      'FIELD_BOUND_TWICE',
      start,
      `the ${leaf.origin} says ${shorten(leaf.node.text)}, the body says ${value}`,
    )
  }

  /** Writes what is bound and was not already written together with the body's part of the field. */
  private writeBound(
    read: JsonReadPlan,
    bound: BoundMessage,
    frame: number,
    path: readonly PathStep[] | undefined,
    open = 0,
  ): void {
    const context = this.contextAt(path ?? pathTo(this.bytes, open, this.content!))
    for (const [plan, value] of bound.entries) {
      const field = read.of(plan)
      // A field that is null in the body is unset there, so only what was written with a value is done.
      if (this.hasValue(read, field, frame)) continue
      context.path.push(plan.jsonName)
      if (value instanceof BoundMessage) {
        writeSubmessage(plan, plan.element as MessageElement, undefined, value, this.out, context)
      } else {
        writeLeaf(plan, value, this.out, context)
      }
      this.requireFreeOneof(read, field, frame, context)
      context.path.pop()
    }
  }

  private requireFreeOneof(read: JsonReadPlan, field: JsonReadField, frame: number, context: DecodeContext): void {
    const { index, oneof } = field
    if (oneof !== -1) {
      const word = frame + 2 * read.fieldWords + (oneof >>> 5)
      const bit = 1 << (oneof & 31)
      if ((this.bits[word]! & bit) !== 0) throw context.error('ONEOF_CONFLICT', this.conflictWith(read, field, frame))
      this.bits[word]! |= bit
    }
    this.bits[frame + read.fieldWords + (index >>> 5)]! |= 1 << (index & 31)
  }

  private requireAll(read: JsonReadPlan, frame: number, path: readonly PathStep[] | undefined, open = 0): void {
    for (const plan of read.plan.required) {
      if (this.hasValue(read, read.of(plan), frame)) continue
      const field = formatPath([...(path ?? pathTo(this.bytes, open, this.content!)), plan.jsonName])
      throw transcodeError('MISSING_FIELD', `${field}: a required field has no value`, field)
    }
  }

  private contextAt(path: readonly PathStep[]): DecodeContext {
    const context = new DecodeContext(this.table, this.ignoresUnknown, true, this.depth)
    context.path.push(...path)
    return context
  }

  private duplicateField({ field }: JsonReadField, start: number): Error {
    this.at = start
    const key = this.string()
    if (keysBefore(this.bytes, start).includes(key)) return this.duplicateKey(key, start)
    return this.error('DUPLICATE_FIELD', start, `given as both ${field.jsonName} and ${field.name}`, [field.jsonName])
  }
}

/** Of the value in a map's entry, which is field 2 and never a group. */
function valueTagOf(field: JsonReadField): number {
  if (field.operation === ENUM) return tagOf(2, WireType.Varint)
  if (field.operation > ENUM) return tagOf(2, WireType.LengthDelimited)
  return tagOf(2, wireTypeOf(field.operation as ScalarType))
}

/** Bytes of the length of a string that takes so many with it. */
function lengthSize(size: number): number {
  if (size <= 0x80) return 1
  if (size <= 0x4001) return 2
  return size <= 0x200002 ? 3 : size <= 0x10000003 ? 4 : 5
}
