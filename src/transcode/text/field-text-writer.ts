import { ScalarType } from '@bufbuild/protobuf'
import { TypeCode, type EnumElement, type FieldPlan } from '../plan/types.js'
import { keepsNumber } from '../wire/accepts.js'
import { defaultKeyWire, defaultWire } from '../wire/default-wire.js'
import { WireReader } from '../wire/reader.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { WireType } from '../wire/writer.js'
import type { Entry } from './entry.js'
import type { OpenMap } from './open-map.js'
import { placed } from './placed.js'
import { readyText } from './ready-text.js'
import { TextOutput } from './text-output.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { BOOL, FIXED32, FIXED64, INT32, INT64, SFIXED32, SFIXED64, SINT32, SINT64, STRING, UINT32, UINT64 } = ScalarType
const { Enum, Message } = TypeCode
const { Fixed32, Fixed64, LengthDelimited, Varint } = WireType

/** One for all writers: a text is written in one synchronous step, and no writer writes within another's. */
const OUTPUT = new TextOutput()

const TRUE = readyText('true')
const FALSE = readyText('false')

/**
 * Writes the values of fields as text, from where the reader is: one value, one item or one entry. In which order the
 * wire has them is no concern of this class (see `MessageTextWriter`), nor is what a format looks like: that is in the class
 * that extends it.
 */
export abstract class FieldTextWriter extends WireReader {
  readonly out = OUTPUT
  /** Fields without presence are written at their default too. */
  protected emitsDefaults = false
  /** Levels of messages round what is written, and it. */
  protected depth = 0
  /** Where the message is that comes next, if it is in several parts or without its end tag. */
  protected parts: readonly number[] | undefined = undefined

  /** A singular value, an item or a map's value, without what stands round it: it is from here to `end`. */
  protected abstract value(field: FieldPlan, end: number): void
  /** A singular field, with its name and all: its value is from here to `end`. */
  protected abstract singular(field: FieldPlan, end: number): void
  /** The value of a singular field that is all of the text. */
  protected abstract root(field: FieldPlan, end: number): void
  /** What stands before a list's items or a map's entries, in a message. */
  protected abstract begin(field: FieldPlan): void
  protected abstract item(field: FieldPlan, end: number): void
  /** @param inside where what stands before the items ended: nothing was written since for none */
  protected abstract finish(field: FieldPlan, inside: number): void
  /** The key of an entry: all that stands before the entry's value. */
  protected abstract mapKey(field: FieldPlan, end: number): void
  protected abstract mapValue(field: FieldPlan, end: number): void

  protected writeAbsent(field: FieldPlan): void {
    if (field.shape === 'singular') {
      this.withBytes(defaultWire(field), field, 'singular')
      return
    }
    this.begin(field)
    this.finish(field, this.out.length)
  }

  /** Writes from other bytes: what is not on the wire. */
  protected withBytes(
    bytes: Uint8Array,
    field: FieldPlan,
    what: 'root' | 'value' | 'singular' | 'key' | 'entry',
  ): void {
    const { bytes: outer, position, end } = this
    this.reset(bytes)
    try {
      if (what === 'singular') this.singular(field, this.end)
      else if (what === 'key') this.mapKey(field, this.end)
      else if (what === 'entry') this.mapValue(field, this.end)
      else if (what === 'root') this.root(field, this.end)
      else this.value(field, this.end)
    } finally {
      this.reset(outer)
      this.position = position
      this.end = end
    }
  }

  /** True for a scalar whose bits are all zero: `-0` is not the default. */
  protected isZero(field: FieldPlan): boolean {
    const start = this.position
    if (field.wireType === Varint) {
      const first = this.bytes[start]!
      if ((first & 0x7f) !== 0) return false
      if (first === 0) return true
    } else if (this.bytes[start + (field.wireType === Fixed64 ? 7 : 3)] !== 0) {
      // The byte with the sign; a number that is cut off there is refused when it is read.
      return false
    }
    const isZero = this.#readsZero(field)
    this.position = start
    return isZero
  }

  #readsZero({ type, wireType }: FieldPlan): boolean {
    if (wireType === Fixed32) return this.fixed32() === 0
    if (wireType === Fixed64) this.fixed64()
    else if (type === BOOL) return !this.bool()
    else if (type === INT64 || type === UINT64 || type === SINT64) this.varint64()
    else return this.uint32() === 0
    return this.low === 0 && this.high === 0
  }

  /** True for an unknown number of a closed enum, which is read then; else the reader stays. */
  protected isDropped(field: FieldPlan): boolean {
    const element = field.element as EnumElement
    if (element.enum.isOpen) return false
    const start = this.position
    const isKept = keepsNumber(element, this.uint32() | 0)
    if (isKept) this.position = start
    return !isKept
  }

  /** One item, or all of a packed value. */
  protected writeItems(field: FieldPlan, wireType: number, index: number): number {
    if (wireType === field.wireType) {
      if (wireType !== LengthDelimited) return this.writeItem(field, index, this.end)
      const end = this.delimitedEnd()
      const count = this.writeItem(field, index, end)
      this.position = end
      return count
    }
    const outer = this.enter()
    const count = this.writePackedItems(field, index)
    this.leave(outer)
    return count
  }

  protected writePackedItems(field: FieldPlan, index: number): number {
    let count = 0
    while (this.position < this.end) count += this.writeItem(field, index + count, this.end)
    return count
  }

  protected writeItem(field: FieldPlan, index: number, end: number): number {
    if (field.type === Enum && this.isDropped(field)) return 0
    try {
      this.item(field, end)
    } catch (error) {
      throw placed(error, index)
    }
    return 1
  }

  /**
   * Where the parts of the entry are that goes from here to the reader's end: the last key, the last value.
   *
   * @param entry what is filled
   */
  protected readEntry(field: FieldPlan, entry: Entry): void {
    const keyWireType = wireTypeOf(field.mapKey!.type)
    entry.clear()
    while (this.position < this.end) {
      const tag = this.tag()
      if (tag >>> 3 === 1 && (tag & 7) === keyWireType) {
        const end = this.spanEnd(keyWireType)
        entry.setKey(this.position, end)
        this.position = end
      } else if (tag >>> 3 === 2 && (tag & 7) === field.wireType) {
        const end = this.spanEnd(field.wireType)
        entry.addValue(this.position, end, field.type === Message)
        this.position = end
      } else {
        this.skip(tag, this.depth)
      }
    }
  }

  /** Where the value after a tag ends; the reader is at its first byte. */
  protected spanEnd(wireType: number): number {
    if (wireType === LengthDelimited) return this.delimitedEnd()
    const start = this.position
    this.skip(wireType, this.depth)
    const end = this.position
    this.position = start
    return end
  }

  /** @returns 1; 0 where it is dropped; -1 where its key was there before */
  protected writeEntry(field: FieldPlan, entry: Entry, keys: OpenMap | undefined): number {
    if (entry.hasValue && field.type === Enum) {
      this.goTo(entry.start, entry.end)
      // A closed enum's unknown number: the entry goes to the unknown fields.
      if (this.isDropped(field)) return 0
    }
    const before = this.out.length
    try {
      this.writeKey(field, entry)
      if (keys !== undefined && !keys.add(before, this.out.length)) return -1
      if (entry.hasValue) {
        this.goTo(entry.start, entry.end)
        this.parts = entry.parts
        this.mapValue(field, this.end)
      } else {
        this.withBytes(defaultWire(field), field, 'entry')
      }
    } catch (error) {
      throw placed(error, this.keyName(field, entry, before))
    }
    return 1
  }

  protected writeKey(field: FieldPlan, entry: Entry): void {
    if (!entry.hasKey) {
      this.withBytes(defaultKeyWire(field), field, 'key')
      return
    }
    this.goTo(entry.keyStart, entry.keyEnd)
    this.mapKey(field, entry.keyEnd)
  }

  /** For an error: the key as text; what was written of the entry is forgotten. */
  protected keyName(field: FieldPlan, entry: Entry, before: number): string {
    const { type } = field.mapKey!
    if (!entry.hasKey) return type === STRING ? '' : type === BOOL ? 'false' : '0'
    this.goTo(entry.keyStart, entry.keyEnd)
    if (type === STRING) return Buffer.from(this.bytes.subarray(entry.keyStart, entry.keyEnd)).toString()
    this.out.length = before
    this.integer(type)
    return this.out.key(before, this.out.length)
  }

  protected goTo(start: number, end: number): void {
    this.position = start
    this.end = end
  }

  /** The digits of an integer; `true` or `false`. */
  protected integer(type: number): void {
    switch (type) {
      case BOOL:
        this.out.ready(this.bool() ? TRUE : FALSE)
        return
      case INT32:
        this.out.integer(this.uint32() | 0)
        return
      case UINT32:
        this.out.integer(this.uint32())
        return
      case SINT32: {
        const bits = this.uint32()
        this.out.integer((bits >>> 1) ^ -(bits & 1))
        return
      }
      case FIXED32:
        this.out.integer(this.fixed32())
        return
      case SFIXED32:
        this.out.integer(this.fixed32() | 0)
        return
      case FIXED64:
      case SFIXED64:
        this.fixed64()
        break
      case SINT64:
        this.varint64()
        this.unzigzag()
        break
      default:
        this.varint64()
    }
    if (type === UINT64 || type === FIXED64) this.out.unsigned64(this.low, this.high)
    else this.out.signed64(this.low, this.high)
  }
}
