import { ScalarType } from '@bufbuild/protobuf'
import { formatPath } from '../errors/field-path.js'
import { quote, transcodeError, ValueError } from '../errors/transcode-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import { TypeCode, type EnumElement, type FieldPlan, type MessagePlan } from '../plan/types.js'
import { accepts, fieldByNumber, keepsNumber, levelsOf } from '../wire/accepts.js'
import { checkFields, checkMessage } from '../wire/check-message.js'
import { declaredDefaultWire, defaultKeyWire, defaultWire } from '../wire/default-wire.js'
import type { AnyParts } from '../wire/known-ranges.js'
import { GroupEnds } from '../wire/group-ends.js'
import { MAX_DEPTH, WireError, WireReader } from '../wire/reader.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { MessageSegments, SEGMENT, type Segments } from '../wire/segments.js'
import { WireType } from '../wire/writer.js'
import { Entry } from './entry.js'
import { MapKeys } from './map-keys.js'
import { placed } from './placed.js'
import { readyText } from './ready-text.js'
import { TextOutput } from './text-output.js'

/** Thrown to begin a text again, with every message resolved from its segments. */
class Unordered extends Error {}
const UNORDERED = new Unordered('the wire is not in order')

const TRUE = readyText('true')
const FALSE = readyText('false')
const NO_SEGMENTS: Segments = []

/**
 * Writes messages as text while it reads them from the wire: nothing is made of them in between. What the wire may do is
 * here, what a format looks like in the class that extends it.
 *
 * Implementations write fields in ascending order, each once and no two of a oneof; such a message is written as it is
 * met. One that is not is begun again: checked as a whole, then resolved from where its fields are (`MessageSegments`)
 * and written by the same code. Messages in it are tried anew, so unordered messages in unordered ones would cost as
 * many readings as there are levels; once more bytes were read again than there are, the whole text is begun again and
 * every message resolved at once. So the time is linear in the bytes, whatever they are.
 */
export abstract class TextWriter extends WireReader {
  readonly out = new TextOutput()
  readonly #plans: PlanTable
  /** What a value without a form is said to have none of: `JSON`. */
  readonly #format: string
  /** Fields without presence are written at their default too. */
  protected emitsDefaults = false
  #depth = 0
  #isCareful = false
  #readAgain = 0
  /** Of the bytes, `[from, to)` were checked as a whole message already. */
  #checkedFrom = 0
  #checkedTo = 0
  readonly #ends = new GroupEnds()
  /** Where the message is that comes next, if it is in several parts or without its end tag. */
  #parts: readonly number[] | undefined = undefined

  constructor(plans: PlanTable, format: string) {
    super()
    this.#plans = plans
    this.#format = format
  }

  /** The whole text: what is written of the message that the reader's bytes are. */
  protected abstract document(plan: MessagePlan): void
  /** A singular value, an item or a map's value, without what stands round it: it is from here to `end`. */
  protected abstract value(field: FieldPlan, end: number): void
  /** A singular field's value, or the end of a repeated one (as `finish`), that is all of the text. */
  protected abstract root(field: FieldPlan, end: number): void
  protected abstract finishRoot(field: FieldPlan, inside: number): void
  /** A singular field, with its name and all: its value is from here to `end`. */
  protected abstract singular(field: FieldPlan, end: number): void
  /** What stands before a list's items or a map's entries, in a message. */
  protected abstract begin(field: FieldPlan): void
  protected abstract item(field: FieldPlan, end: number): void
  /** @param inside where what stands before the items ended: nothing was written since for none */
  protected abstract finish(field: FieldPlan, inside: number): void
  /** The key of an entry: all that stands before the entry's value. */
  protected abstract mapKey(field: FieldPlan, end: number): void
  protected abstract mapValue(field: FieldPlan, end: number): void
  /** A message that has no special form; `group` as for `members`. */
  protected abstract object(plan: MessagePlan, group: number): void
  /** A message with a special form, `ranges` being where it is. */
  protected abstract special(plan: MessagePlan, ranges: readonly number[]): void

  /**
   * Writes a whole text.
   *
   * @param plan of the message that the bytes are
   * @throws StatusError INTERNAL UNREPRESENTABLE_VALUE; WireError where the bytes do not decode
   */
  protected text(plan: MessagePlan, bytes: Uint8Array): Buffer {
    try {
      try {
        this.#begin(bytes, false)
        this.document(plan)
      } catch (error) {
        if (error !== UNORDERED) throw error
        checkMessage(plan, bytes)
        this.#begin(bytes, true)
        this.document(plan)
      }
      return this.out.take()
    } catch (error) {
      this.out.clear()
      throw this.#asStatus(error)
    } finally {
      this.reset()
      this.#ends.clear()
    }
  }

  #begin(bytes: Uint8Array, isCareful: boolean): void {
    this.reset(bytes)
    this.out.clear()
    this.#depth = 0
    this.#isCareful = isCareful
    this.#readAgain = 0
    this.#checkedFrom = this.#checkedTo = 0
    this.#parts = undefined
  }

  #asStatus(error: unknown): unknown {
    if (!(error instanceof ValueError)) return error
    const path = formatPath(error.steps.reverse())
    const place = path === '' ? '' : `${path}: `
    return transcodeError('UNREPRESENTABLE_VALUE', `the response has no ${this.#format} form: ${place}${error.message}`)
  }

  /** A message of any form from here to the reader's end, or to the end tag of `group` where that is not 0. */
  protected message(plan: MessagePlan, group: number): void {
    if (plan.form === undefined) {
      this.object(plan, group)
      return
    }
    const outer = this.end
    const ranges = this.#takeParts() ?? this.#rangeTo(group)
    const after = this.position
    const checkedFrom = this.#checkedFrom
    const checkedTo = this.#checkedTo
    this.#enter(plan)
    this.special(plan, ranges)
    this.#depth -= levelsOf(plan)
    this.#checkedFrom = checkedFrom
    this.#checkedTo = checkedTo
    this.end = outer
    this.position = after
  }

  /** The same for a field's. */
  protected submessage(plan: MessagePlan, field: FieldPlan, end: number): void {
    if (field.type === TypeCode.Group) {
      this.message(plan, field.number)
      return
    }
    const outer = this.end
    this.end = end
    this.message(plan, 0)
    this.end = outer
  }

  /**
   * The fields of a message without a special form, from here to the reader's end.
   *
   * @param group the number of the field whose end tag ends the message; 0: the reader's end does
   * @param isCollected its fields are found before any is written: for a format that does not write them in order
   */
  protected members(plan: MessagePlan, group: number, isCollected = false): void {
    this.#enter(plan)
    const parts = this.#takeParts()
    if (parts !== undefined) {
      this.#collected(plan, parts)
    } else {
      const start = this.position
      const mark = this.out.length
      if (isCollected || this.#isCareful || !this.#inOrder(plan, group)) {
        this.position = start
        this.out.length = mark
        const outer = this.end
        const ranges = this.#rangeTo(group)
        const after = this.position
        this.#check(plan, ranges[0]!, ranges[1]!, !isCollected)
        this.#collected(plan, ranges)
        this.end = outer
        this.position = after
      }
    }
    this.#depth--
  }

  #enter(plan: MessagePlan): void {
    this.#depth += levelsOf(plan)
    if (this.#depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
  }

  #takeParts(): readonly number[] | undefined {
    const parts = this.#parts
    if (parts !== undefined) this.#parts = undefined
    return parts
  }

  /** From here to the end of a message, which is where the reader stands then. */
  #rangeTo(group: number): readonly number[] {
    const start = this.position
    if (group !== 0) return [start, this.#ends.skip(group, this, this.#depth)]
    this.position = this.end
    return [start, this.end]
  }

  /** Before a message is resolved from its segments, which are not all read again: all of it has to decode. */
  #check(plan: MessagePlan, start: number, end: number, isAgain: boolean): void {
    if (this.#isCareful) return
    if (isAgain) {
      this.#readAgain += end - start
      if (this.#readAgain > this.bytes.length) throw UNORDERED
    }
    if (start < this.#checkedFrom || end > this.#checkedTo) this.#checkRange(plan, start, end)
  }

  #checkRange(plan: MessagePlan, start: number, end: number): void {
    this.position = start
    this.end = end
    checkFields(plan, this, 0, this.#depth)
    this.#checkedFrom = start
    this.#checkedTo = end
  }

  /** @returns false where the fields are not in order: what was written is to be forgotten then */
  #inOrder(plan: MessagePlan, group: number): boolean {
    let last = 0
    let oneofs = 0
    let implicit = 0
    let field: FieldPlan | undefined
    try {
      while (this.position < this.end) {
        const tag = this.tag()
        const wireType = tag & 7
        if (wireType === WireType.EndGroup) {
          if (group === 0 || tag >>> 3 !== group) throw new WireError('a group ends with the tag of another')
          group = 0
          break
        }
        field = fieldByNumber(plan, tag >>> 3)
        if (field === undefined || !accepts(field, wireType)) {
          this.skip(tag, this.#depth)
          continue
        }
        if (field.rank <= last) return false
        if (this.emitsDefaults) implicit = this.#writeImplicit(plan, implicit, field.rank)
        if (field.shape === 'singular') {
          if (field.type === TypeCode.Enum && this.#isDropped(field)) continue
          if ((oneofs & field.oneofBit) !== 0) return false
          oneofs |= field.oneofBit
          this.#singular(field)
        } else if (!this.#repeated(field, tag)) {
          return false
        }
        last = field.rank
      }
      if (this.emitsDefaults) this.#writeImplicit(plan, implicit, Infinity)
    } catch (error) {
      throw placed(error, field === undefined ? undefined : field.jsonName)
    }
    if (group !== 0) throw new WireError('a group without its end tag')
    return true
  }

  /** Implicit fields before the rank, which are not on the wire; returns the index of the one after. */
  #writeImplicit(plan: MessagePlan, from: number, rank: number): number {
    const { implicitFields } = plan
    let index = from
    while (index < implicitFields.length && implicitFields[index]!.rank < rank) this.#absent(implicitFields[index++]!)
    return index < implicitFields.length && implicitFields[index]!.rank === rank ? index + 1 : index
  }

  #absent(field: FieldPlan): void {
    if (field.shape === 'singular') {
      this.#withBytes(defaultWire(field), field, 'singular')
      return
    }
    this.begin(field)
    this.finish(field, this.out.length)
  }

  /** Writes from other bytes: what is not on the wire. */
  #withBytes(bytes: Uint8Array, field: FieldPlan, what: 'root' | 'value' | 'singular' | 'key' | 'entry'): void {
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

  #singular(field: FieldPlan): void {
    const end = field.wireType === WireType.LengthDelimited ? this.delimitedEnd() : -1
    if (!field.hasPresence && !this.emitsDefaults && this.#isZero(field, end)) {
      // A field without presence that was on the wire at its default is as if it were not.
      if (end === -1) this.skip(field.wireType, 0)
    } else {
      this.singular(field, end === -1 ? this.end : end)
    }
    if (end !== -1) this.position = end
  }

  /** True for a scalar whose bits are all zero: `-0` is not the default. */
  #isZero(field: FieldPlan, end: number): boolean {
    const start = this.position
    if (end !== -1) return start === end
    const first = this.bytes[start]!
    if (field.wireType === WireType.Varint) {
      if ((first & 0x7f) !== 0) return false
      if (first === 0) return true
    }
    const isZero = this.#readsZero(field)
    this.position = start
    return isZero
  }

  #readsZero({ type, wireType }: FieldPlan): boolean {
    if (wireType === WireType.Fixed32) return this.fixed32() === 0
    if (wireType === WireType.Fixed64) this.fixed64Halves()
    else if (type === ScalarType.BOOL) return !this.bool()
    else if (type === ScalarType.INT64 || type === ScalarType.UINT64 || type === ScalarType.SINT64) this.varint64()
    else return this.uint32() === 0
    return this.low === 0 && this.high === 0
  }

  /** True for an unknown number of a closed enum, which is read then; else the reader stays. */
  #isDropped(field: FieldPlan): boolean {
    const element = field.element as EnumElement
    if (element.enum.isOpen) return false
    const start = this.position
    const isKept = keepsNumber(element, this.uint32() | 0)
    if (isKept) this.position = start
    return !isKept
  }

  /** @returns false where it is not in order */
  #repeated(field: FieldPlan, tag: number): boolean {
    const before = this.out.length
    this.begin(field)
    const inside = this.out.length
    const count = this.#run(field, tag)
    if (count === 0 && !this.emitsDefaults) this.out.length = before
    else this.finish(field, inside)
    return count !== -1
  }

  /** The items or entries that follow each other; returns how many there were, -1 where they are not in order. */
  #run(field: FieldPlan, firstTag: number): number {
    const keys = field.shape === 'map' ? new MapKeys(this.out) : undefined
    let tag = firstTag
    let count = 0
    for (;;) {
      const added = keys === undefined ? this.#items(field, tag & 7, count) : this.#entry(field, keys)
      if (added === -1) return -1
      count += added
      if (this.position >= this.end) return count
      const start = this.position
      tag = this.tag()
      if (tag >>> 3 !== field.number || !accepts(field, tag & 7)) {
        this.position = start
        return count
      }
    }
  }

  /** One item, or all of a packed value. */
  #items(field: FieldPlan, wireType: number, index: number): number {
    if (wireType === field.wireType) {
      if (wireType !== WireType.LengthDelimited) return this.#item(field, index, this.end)
      const end = this.delimitedEnd()
      const count = this.#item(field, index, end)
      this.position = end
      return count
    }
    const outer = this.enter()
    const count = this.#packed(field, index)
    this.leave(outer)
    return count
  }

  #packed(field: FieldPlan, index: number): number {
    let count = 0
    while (this.position < this.end) count += this.#item(field, index + count, this.end)
    return count
  }

  #item(field: FieldPlan, index: number, end: number): number {
    if (field.type === TypeCode.Enum && this.#isDropped(field)) return 0
    try {
      this.item(field, end)
    } catch (error) {
      throw placed(error, index)
    }
    return 1
  }

  /** @returns 1; 0 where it is dropped; -1 where its key was there before, or it is in no order itself */
  #entry(field: FieldPlan, keys: MapKeys): number {
    const outer = this.enter()
    const after = this.end
    const entry = this.#readEntry(field)
    const count = entry.isOrdered ? this.#writeEntry(field, entry, keys) : -1
    this.position = after
    this.end = outer
    return count
  }

  /** Where the parts of the entry are that goes from here to the reader's end: the last key, the last value. */
  #readEntry(field: FieldPlan): Entry {
    const keyWireType = wireTypeOf(field.mapKey!.type)
    const entry = new Entry()
    while (this.position < this.end) {
      const tag = this.tag()
      if (tag >>> 3 === 1 && (tag & 7) === keyWireType) {
        const end = this.#spanEnd(keyWireType)
        entry.setKey(this.position, end)
        this.position = end
      } else if (tag >>> 3 === 2 && (tag & 7) === field.wireType) {
        const end = this.#spanEnd(field.wireType)
        entry.addValue(this.position, end, field.type === TypeCode.Message)
        this.position = end
      } else {
        this.skip(tag, this.#depth)
      }
    }
    return entry
  }

  /** Where the value after a tag ends; the reader is at its first byte. */
  #spanEnd(wireType: number): number {
    if (wireType === WireType.LengthDelimited) return this.delimitedEnd()
    const start = this.position
    this.skip(wireType, this.#depth)
    const end = this.position
    this.position = start
    return end
  }

  /** @returns 1; 0 where it is dropped; -1 where its key was there before */
  #writeEntry(field: FieldPlan, entry: Entry, keys: MapKeys | undefined): number {
    if (entry.hasValue && field.type === TypeCode.Enum) {
      this.#goTo(entry.start, entry.end)
      // A closed enum's unknown number: the entry goes to the unknown fields.
      if (this.#isDropped(field)) return 0
    }
    const before = this.out.length
    try {
      this.#writeKey(field, entry)
      if (keys !== undefined && !keys.add(before, this.out.length)) return -1
      if (entry.hasValue) {
        this.#goTo(entry.start, entry.end)
        this.#parts = entry.parts
        this.mapValue(field, this.end)
      } else {
        this.#withBytes(defaultWire(field), field, 'entry')
      }
    } catch (error) {
      throw placed(error, this.#keyName(field, entry, before))
    }
    return 1
  }

  #writeKey(field: FieldPlan, entry: Entry): void {
    if (!entry.hasKey) {
      this.#withBytes(defaultKeyWire(field), field, 'key')
      return
    }
    this.#goTo(entry.keyStart, entry.keyEnd)
    this.mapKey(field, entry.keyEnd)
  }

  /** For an error: the key as text; what was written of the entry is forgotten. */
  #keyName(field: FieldPlan, entry: Entry, before: number): string {
    const { type } = field.mapKey!
    if (!entry.hasKey) return type === ScalarType.STRING ? '' : type === ScalarType.BOOL ? 'false' : '0'
    this.#goTo(entry.keyStart, entry.keyEnd)
    if (type === ScalarType.STRING) return Buffer.from(this.bytes.subarray(entry.keyStart, entry.keyEnd)).toString()
    this.out.length = before
    this.integer(type)
    return this.out.key(before, this.out.length)
  }

  #goTo(start: number, end: number): void {
    this.position = start
    this.end = end
  }

  #collected(plan: MessagePlan, ranges: readonly number[]): void {
    this.segments(this.#segmentsOf(plan, ranges))
  }

  #segmentsOf(plan: MessagePlan, ranges: readonly number[]): MessageSegments {
    return new MessageSegments(plan, this, ranges, this.#depth, this.#ends)
  }

  /** The fields of a message that was resolved, in their order. */
  protected segments(message: MessageSegments): void {
    const fields = this.emitsDefaults ? message.presentOrImplicit() : message.present()
    for (const field of fields) this.segment(field, message.get(field))
  }

  /** @param segments undefined: the field is not there */
  protected segment(field: FieldPlan, segments: Segments | undefined): void {
    try {
      if (segments === undefined) this.#absent(field)
      else if (field.shape === 'singular') this.#singularOf(field, segments)
      else this.#repeatedOf(field, segments)
    } catch (error) {
      throw placed(error, field.jsonName)
    }
  }

  #singularOf(field: FieldPlan, segments: Segments): void {
    this.#goToLast(field, segments)
    const end = field.wireType === WireType.LengthDelimited ? this.end : -1
    if (!field.hasPresence && !this.emitsDefaults && this.#isZero(field, end)) return
    this.singular(field, this.end)
  }

  /** To the value of a singular field: the last one, or all of a message. */
  #goToLast(field: FieldPlan, segments: Segments): void {
    this.#goTo(segments[segments.length - 2]!, segments[segments.length - 1]!)
    if (segments.length === SEGMENT && field.type !== TypeCode.Group) return
    if (field.element.kind === 'message') this.#parts = rangesOf(segments)
  }

  #repeatedOf(field: FieldPlan, segments: Segments): void {
    const before = this.out.length
    this.begin(field)
    const inside = this.out.length
    if (this.#runOf(field, segments) === 0 && !this.emitsDefaults) this.out.length = before
    else this.finish(field, inside)
  }

  /** The items or entries of a field; returns how many there were. */
  #runOf(field: FieldPlan, segments: Segments): number {
    if (field.shape === 'map') return this.#entriesOf(field, segments)
    let count = 0
    for (let i = 0; i < segments.length; i += SEGMENT) {
      this.#goTo(segments[i + 1]!, segments[i + 2]!)
      if (field.type === TypeCode.Group) this.#parts = [this.position, this.end]
      if (segments[i] === field.wireType) count += this.#item(field, count, this.end)
      else count += this.#packed(field, count)
    }
    return count
  }

  /** Of each key the last entry, at the place of the first. */
  #entriesOf(field: FieldPlan, segments: Segments): number {
    const entries = new Map<string, Entry>()
    const before = this.out.length
    for (let i = 0; i < segments.length; i += SEGMENT) {
      this.#goTo(segments[i + 1]!, segments[i + 2]!)
      const entry = this.#readEntry(field)
      if (entry.hasValue && field.type === TypeCode.Enum) {
        this.#goTo(entry.start, entry.end)
        if (this.#isDropped(field)) continue
      }
      try {
        this.#writeKey(field, entry)
      } catch (error) {
        throw placed(error, this.#keyName(field, entry, before))
      }
      entries.set(this.out.key(before, this.out.length), entry)
      this.out.length = before
    }
    for (const entry of entries.values()) this.#writeEntry(field, entry, undefined)
    return entries.size
  }

  /** What the one field of a Struct or ListValue holds: its entries or items, without what stands round them. */
  protected content(plan: MessagePlan, ranges: readonly number[]): void {
    const field = plan.fields[0]!
    if (ranges.length === 2 && !this.#isCareful) {
      const before = this.out.length
      if (this.#contentInOrder(field, ranges)) return
      this.out.length = before
      this.#check(plan, ranges[0]!, ranges[1]!, true)
    }
    this.#runOf(field, this.#segmentsOf(plan, ranges).get(field) ?? NO_SEGMENTS)
  }

  #contentInOrder(field: FieldPlan, ranges: readonly number[]): boolean {
    let isMet = false
    this.#goTo(ranges[0]!, ranges[1]!)
    while (this.position < this.end) {
      const tag = this.tag()
      if (tag >>> 3 !== field.number || !accepts(field, tag & 7)) {
        this.skip(tag, this.#depth)
        continue
      }
      if (isMet || this.#run(field, tag) === -1) return false
      isMet = true
    }
    return true
  }

  /**
   * The value of a field of the message that the reader's bytes are, all of which have to decode. What is not there is
   * what the field holds then: no items, the default that it declares, the empty message.
   */
  protected fieldOfAll(plan: MessagePlan, field: FieldPlan): void {
    this.#enter(plan)
    this.#check(plan, 0, this.bytes.length, false)
    const segments = this.#segmentsOf(plan, [0, this.bytes.length]).get(field)
    if (field.shape !== 'singular') {
      const inside = this.out.length
      this.#runOf(field, segments ?? NO_SEGMENTS)
      this.finishRoot(field, inside)
    } else if (segments === undefined) {
      this.#withBytes(declaredDefaultWire(field), field, 'root')
    } else {
      this.#goToLast(field, segments)
      this.root(field, this.end)
    }
  }

  /** The value of a wrapper: what it holds, or its type's zero. */
  protected wrapped(plan: MessagePlan, ranges: readonly number[]): void {
    const field = this.findOnly(plan, ranges)
    if (field === undefined) this.#withBytes(defaultWire(plan.fields[0]!), plan.fields[0]!, 'value')
    else this.value(field, this.end)
  }

  /** Levels of messages round what is written, and it. */
  protected get depth(): number {
    return this.#depth
  }

  /**
   * Goes to the value of the one field that a Value or a wrapper has set, which ends where the reader does; undefined
   * where none is.
   */
  protected findOnly(plan: MessagePlan, ranges: readonly number[]): FieldPlan | undefined {
    let found: FieldPlan | undefined
    let start = 0
    let end = 0
    let count = 0
    for (let i = 0; i < ranges.length; i += 2) {
      this.#goTo(ranges[i]!, ranges[i + 1]!)
      while (this.position < this.end) {
        const tag = this.tag()
        const field = fieldByNumber(plan, tag >>> 3)
        if (field === undefined || !accepts(field, tag & 7)) {
          this.skip(tag, this.#depth)
          continue
        }
        // A group's end is found with its segments.
        count += field.type === TypeCode.Group ? 2 : 1
        found = field
        end = this.#spanEnd(tag & 7)
        start = this.position
        this.position = end
      }
    }
    if (count === 1) this.#goTo(start, end)
    if (count < 2) return found
    if (ranges.length === 2) this.#check(plan, ranges[0]!, ranges[1]!, true)
    const message = this.#segmentsOf(plan, ranges)
    found = message.present()[0]
    if (found !== undefined) this.#goToLast(found, message.get(found)!)
    return found
  }

  /**
   * The type of what an Any packs.
   *
   * @throws ValueError where it is not known
   */
  protected packedPlan(typeUrl: string): MessagePlan {
    const slash = typeUrl.lastIndexOf('/')
    const plan = slash === -1 ? undefined : this.#plans.messagePlanByName(typeUrl.slice(slash + 1))
    if (plan === undefined) throw new ValueError(`an Any of the type ${quote(typeUrl)}, which is not known`)
    return plan
  }

  /** Goes to the message that an Any packs, which ends where the reader does. */
  protected goToPacked(plan: MessagePlan, any: AnyParts): void {
    this.#checkedFrom = this.#checkedTo = 0
    this.#goTo(any.start, any.end)
    if (!this.#isCareful) return
    checkFields(plan, this, 0, this.#depth + levelsOf(plan))
    this.#goTo(any.start, any.end)
  }

  /** The digits of an integer; `true` or `false`. */
  protected integer(type: number): void {
    switch (type) {
      case ScalarType.BOOL:
        this.out.ready(this.bool() ? TRUE : FALSE)
        return
      case ScalarType.INT32:
        this.out.integer(this.uint32() | 0)
        return
      case ScalarType.UINT32:
        this.out.integer(this.uint32())
        return
      case ScalarType.SINT32: {
        const bits = this.uint32()
        this.out.integer((bits >>> 1) ^ -(bits & 1))
        return
      }
      case ScalarType.FIXED32:
        this.out.integer(this.fixed32())
        return
      case ScalarType.SFIXED32:
        this.out.integer(this.fixed32() | 0)
        return
      case ScalarType.FIXED64:
      case ScalarType.SFIXED64:
        this.fixed64Halves()
        break
      case ScalarType.SINT64:
        this.varint64()
        this.unzigzag()
        break
      default:
        this.varint64()
    }
    if (type === ScalarType.UINT64 || type === ScalarType.FIXED64) this.out.unsigned64(this.low, this.high)
    else this.out.signed64(this.low, this.high)
  }
}

function rangesOf(segments: Segments): number[] {
  const ranges: number[] = []
  for (let i = 0; i < segments.length; i += SEGMENT) ranges.push(segments[i + 1]!, segments[i + 2]!)
  return ranges
}
