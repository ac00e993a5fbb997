import { TypeCode, type FieldPlan, type MessagePlan } from '../plan/types.js'
import { accepts, fieldByNumber, levelsOf } from '../wire/accepts.js'
import { checkFields } from '../wire/check-message.js'
import { GroupEnds } from '../wire/group-ends.js'
import { MAX_DEPTH, WireError } from '../wire/reader.js'
import * as segmentsModule from '../wire/segments.js'
import { MessageSegments, type Segments } from '../wire/segments.js'
import { WireType } from '../wire/writer.js'
import { Entry } from './entry.js'
import { FieldTextWriter } from './field-text-writer.js'
import { OpenMap } from './open-map.js'
import { placed } from './placed.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const MAX_LEVELS = MAX_DEPTH
const { Enum, Group } = TypeCode
const { SEGMENT } = segmentsModule
const { EndGroup, LengthDelimited } = WireType

/** Thrown to begin a text again, with every message resolved from its segments. */
class Unordered extends Error {}
export const UNORDERED = new Unordered('the wire is not in order')

/**
 * Writes the fields of messages as text while it reads them from the wire: nothing is made of them in between.
 *
 * Implementations write fields in ascending order, each once and no two of a oneof; such a message is written as it is
 * met. One that is not is begun again: checked as a whole, then resolved from where its fields are (`MessageSegments`)
 * and written by the same code. Messages in it are tried anew, so unordered messages in unordered ones would cost as
 * many readings as there are levels; once more bytes were read again than there are, the whole text is begun again
 * (`UNORDERED` is thrown) and every message resolved at once. So the time is linear in the bytes, whatever they are.
 */
export abstract class MessageTextWriter extends FieldTextWriter {
  /** Every message is resolved from its segments; all of it was checked. */
  protected isCareful = false
  /** Bytes that were read again. */
  protected readAgain = 0
  /** Of the bytes, `[from, to)` were checked as a whole message already. */
  protected checkedFrom = 0
  protected checkedTo = 0
  protected readonly ends = new GroupEnds()
  /** Maps that are being written, each in a value of the one before. */
  protected openMaps = 0
  readonly #maps: OpenMap[] = []

  protected deepen(plan: MessagePlan): void {
    this.depth += levelsOf(plan)
    if (this.depth > MAX_LEVELS) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
  }

  /**
   * The fields of a message without a special form, from here to the reader's end.
   *
   * @param group the number of the field whose end tag ends the message; 0: the reader's end does
   * @param isCollected its fields are found before any is written: for a format that does not write them in order
   */
  protected members(plan: MessagePlan, group: number, isCollected = false): void {
    this.deepen(plan)
    const parts = this.takeParts()
    if (parts !== undefined) {
      this.segments(this.segmentsOf(plan, parts))
    } else {
      const start = this.position
      const mark = this.out.length
      if (isCollected || this.isCareful || !this.#inOrder(plan, group)) {
        this.position = start
        this.out.length = mark
        const outer = this.end
        const ranges = this.rangeTo(group)
        const after = this.position
        this.check(plan, ranges[0]!, ranges[1]!, !isCollected)
        this.segments(this.segmentsOf(plan, ranges))
        this.end = outer
        this.position = after
      }
    }
    this.depth--
  }

  protected takeParts(): readonly number[] | undefined {
    const parts = this.parts
    if (parts !== undefined) this.parts = undefined
    return parts
  }

  /** From here to the end of a message, which is where the reader stands then. */
  protected rangeTo(group: number): readonly number[] {
    const start = this.position
    if (group !== 0) return [start, this.ends.skip(group, this, this.depth)]
    this.position = this.end
    return [start, this.end]
  }

  /** Before a message is resolved from its segments, which are not all read again: all of it has to decode. */
  protected check(plan: MessagePlan, start: number, end: number, isAgain: boolean): void {
    if (this.isCareful) return
    if (isAgain) {
      this.readAgain += end - start
      if (this.readAgain > this.bytes.length) throw UNORDERED
    }
    if (start < this.checkedFrom || end > this.checkedTo) this.checkRange(plan, start, end)
  }

  protected checkRange(plan: MessagePlan, start: number, end: number): void {
    this.position = start
    this.end = end
    checkFields(plan, this, 0, this.depth)
    this.checkedFrom = start
    this.checkedTo = end
  }

  /** @returns false where the fields are not in order: what was written is to be forgotten then */
  #inOrder(plan: MessagePlan, group: number): boolean {
    let last = 0
    let oneofs = 0
    let implicit = 0
    let field: FieldPlan | undefined
    const { bytes, end: after, emitsDefaults } = this
    const { nearFields } = plan
    try {
      while (this.position < after) {
        // Most tags have one byte, and are of fields that there are, with their own wire type.
        let tag = bytes[this.position]!
        field = nearFields[tag >>> 3]
        if (field !== undefined && field.tag === tag && tag < 0x80) {
          this.position++
        } else {
          tag = this.tag()
          if ((tag & 7) === EndGroup) {
            if (group === 0 || tag >>> 3 !== group) throw new WireError('a group ends with the tag of another')
            group = 0
            break
          }
          field = fieldByNumber(plan, tag >>> 3)
          if (field === undefined || (tag !== field.tag && !accepts(field, tag & 7))) {
            this.skip(tag, this.depth)
            continue
          }
        }
        if (field.rank <= last) return false
        if (emitsDefaults) implicit = this.#writeImplicit(plan, implicit, field.rank)
        if (field.shape === 'singular') {
          if (field.type === Enum && this.isDropped(field)) continue
          if ((oneofs & field.oneofBit) !== 0) return false
          oneofs |= field.oneofBit
          if (field.wireType === LengthDelimited) {
            const end = this.delimitedEnd()
            // A field without presence that was on the wire at its default is as if it were not.
            if (end > this.position || field.hasPresence || emitsDefaults) this.singular(field, end)
            this.position = end
          } else if (field.hasPresence || emitsDefaults || !this.isZero(field)) {
            this.singular(field, this.end)
          } else {
            this.skip(field.wireType, 0)
          }
        } else if (!this.#repeated(field, tag)) {
          return false
        }
        last = field.rank
      }
      if (emitsDefaults) this.#writeImplicit(plan, implicit, Infinity)
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
    while (index < implicitFields.length && implicitFields[index]!.rank < rank)
      this.writeAbsent(implicitFields[index++]!)
    return index < implicitFields.length && implicitFields[index]!.rank === rank ? index + 1 : index
  }

  /** @returns false where it is not in order */
  #repeated(field: FieldPlan, tag: number): boolean {
    const before = this.out.length
    this.begin(field)
    const inside = this.out.length
    const count = this.run(field, tag)
    if (count === 0 && !this.emitsDefaults) this.out.length = before
    else this.finish(field, inside)
    return count !== -1
  }

  /** The items or entries that follow each other; returns how many there were, -1 where they are not in order. */
  protected run(field: FieldPlan, firstTag: number): number {
    if (field.shape !== 'map') return this.#runOn(field, firstTag, undefined)
    const map = (this.#maps[this.openMaps++] ??= new OpenMap(this.out))
    map.clear()
    const count = this.#runOn(field, firstTag, map)
    this.openMaps--
    return count
  }

  #runOn(field: FieldPlan, firstTag: number, map: OpenMap | undefined): number {
    let tag = firstTag
    let count = 0
    for (;;) {
      const added = map === undefined ? this.writeItems(field, tag & 7, count) : this.#entry(field, map)
      if (added === -1) return -1
      count += added
      if (this.position >= this.end) return count
      const start = this.position
      if (field.tag < 0x80 && this.bytes[start] === field.tag) {
        tag = field.tag
        this.position++
        continue
      }
      tag = this.tag()
      if (tag !== field.tag && (tag >>> 3 !== field.number || !accepts(field, tag & 7))) {
        this.position = start
        return count
      }
    }
  }

  /** @returns 1; 0 where it is dropped; -1 where its key was there before, or it is in no order itself */
  #entry(field: FieldPlan, map: OpenMap): number {
    const outer = this.enter()
    const after = this.end
    const { entry } = map
    this.readEntry(field, entry)
    const count = entry.isOrdered ? this.writeEntry(field, entry, map) : -1
    this.position = after
    this.end = outer
    return count
  }

  protected segmentsOf(plan: MessagePlan, ranges: readonly number[]): MessageSegments {
    return new MessageSegments(plan, this, ranges, this.depth, this.ends)
  }

  /** The fields of a message that was resolved, in their order. */
  protected segments(message: MessageSegments): void {
    const fields = this.emitsDefaults ? message.presentOrImplicit() : message.present()
    for (const field of fields) this.segment(field, message.get(field))
  }

  /** @param segments undefined: the field is not there */
  protected segment(field: FieldPlan, segments: Segments | undefined): void {
    try {
      if (segments === undefined) this.writeAbsent(field)
      else if (field.shape === 'singular') this.#singularOf(field, segments)
      else this.#repeatedOf(field, segments)
    } catch (error) {
      throw placed(error, field.jsonName)
    }
  }

  #singularOf(field: FieldPlan, segments: Segments): void {
    this.goToLast(field, segments)
    if (!field.hasPresence && !this.emitsDefaults) {
      const isDefault = field.wireType === LengthDelimited ? this.position === this.end : this.isZero(field)
      if (isDefault) return
    }
    this.singular(field, this.end)
  }

  /** To the value of a singular field: the last one, or all of a message. */
  protected goToLast(field: FieldPlan, segments: Segments): void {
    this.goTo(segments[segments.length - 2]!, segments[segments.length - 1]!)
    if (segments.length === SEGMENT && field.type !== Group) return
    if (field.element.kind === 'message') this.parts = rangesOf(segments)
  }

  #repeatedOf(field: FieldPlan, segments: Segments): void {
    const before = this.out.length
    this.begin(field)
    const inside = this.out.length
    if (this.runOf(field, segments) === 0 && !this.emitsDefaults) this.out.length = before
    else this.finish(field, inside)
  }

  /** The items or entries of a field; returns how many there were. */
  protected runOf(field: FieldPlan, segments: Segments): number {
    if (field.shape === 'map') return this.#entriesOf(field, segments)
    let count = 0
    for (let i = 0; i < segments.length; i += SEGMENT) {
      this.goTo(segments[i + 1]!, segments[i + 2]!)
      if (field.type === Group) this.parts = [this.position, this.end]
      if (segments[i] === field.wireType) count += this.writeItem(field, count, this.end)
      else count += this.writePackedItems(field, count)
    }
    return count
  }

  /** Of each key the last entry, at the place of the first. */
  #entriesOf(field: FieldPlan, segments: Segments): number {
    const entries = new Map<string, Entry>()
    const before = this.out.length
    for (let i = 0; i < segments.length; i += SEGMENT) {
      this.goTo(segments[i + 1]!, segments[i + 2]!)
      const entry = new Entry()
      this.readEntry(field, entry)
      if (entry.hasValue && field.type === Enum) {
        this.goTo(entry.start, entry.end)
        if (this.isDropped(field)) continue
      }
      try {
        this.writeKey(field, entry)
      } catch (error) {
        throw placed(error, this.keyName(field, entry, before))
      }
      entries.set(this.out.key(before, this.out.length), entry)
      this.out.length = before
    }
    for (const entry of entries.values()) this.writeEntry(field, entry, undefined)
    return entries.size
  }
}

function rangesOf(segments: Segments): number[] {
  const ranges: number[] = []
  for (let i = 0; i < segments.length; i += SEGMENT) ranges.push(segments[i + 1]!, segments[i + 2]!)
  return ranges
}
