import { depthExceeded } from '../errors/transcode-error.js'
import { FieldError, fieldErrorOf, leaving } from '../errors/field-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { FieldPlan } from '../plan/types.js'
import type { TranscodeReason } from '../reasons.js'
import { MAX_DEPTH } from '../wire/reader.js'
import { WireWriter } from '../wire/writer.js'
import { BoundMessage, type BoundLeaf } from './bound-message.js'
import { PresentPaths } from './present-paths.js'
import * as readText from './read-text.js'
import { Shape, type DecodeTables, type FieldTable, type MessageTable } from './tables.js'
import { writeText } from './write-text.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const MAX_LEVELS = MAX_DEPTH
const { List } = Shape
const { PARAMETER_TEXT, FORM_TEXT } = readText

const LEAF_REASON: Readonly<Record<BoundLeaf['origin'], TranscodeReason>> = {
  path: 'MALFORMED_PATH_VALUE',
  query: 'MALFORMED_PARAMETER',
  body: 'MALFORMED_FIELD',
}

/** What every reader of requests is made with. */
export interface DecodeSetup {
  readonly plans: PlanTable
  readonly tables: DecodeTables
  /** `json: { unknownFields: ignore }` */
  readonly ignoresUnknown: boolean
}

/**
 * Writes messages as wire bytes while their text is read, whatever the text: holds what is written, how deep it is, and
 * for each open message what it has: keys and values by bits, of which a frame is opened for each message. What the path
 * and the query bind is merged in here.
 *
 * One serves many requests, one after the other. Every method throws FieldError, or a StatusError that needs no path.
 */
export class MessageWriter {
  readonly plans: PlanTable
  readonly tables: DecodeTables
  readonly ignoresUnknown: boolean
  /** Valid until the next message is begun. */
  readonly out = new WireWriter()
  /** Where a derived update mask is wanted, and the message read is within it. */
  present: PresentPaths | undefined = undefined
  /** What is written is the whole message: required fields have to be in it. */
  isWhole = true
  /** Bound values that the bytes of a protobuf body have: after them a FieldMask would be merged with its like. */
  readonly inBody = new Set<BoundLeaf>()
  #depth = 0
  #bits = new Int32Array(256)
  #top = 0

  constructor({ plans, tables, ignoresUnknown }: DecodeSetup) {
    this.plans = plans
    this.tables = tables
    this.ignoresUnknown = ignoresUnknown
  }

  /** Begins anew, whatever became of the message before. */
  clear(): void {
    this.out.clear()
    this.present = undefined
    this.isWhole = true
    if (this.inBody.size > 0) this.inBody.clear()
    this.#depth = 0
    this.#top = 0
  }

  /** Levels that may still be entered. */
  get depthLeft(): number {
    return MAX_LEVELS - this.#depth
  }

  /** Begins a message, Struct or ListValue; each takes one of the 100 levels. */
  enter(): void {
    if (++this.#depth > MAX_LEVELS) throw depthExceeded()
  }

  leave(): void {
    this.#depth--
  }

  /** Begins a message: a level, and a frame of bits, which the other methods are handed. */
  open(table: MessageTable): number {
    if (++this.#depth > MAX_LEVELS) throw depthExceeded()
    const base = this.#top
    const top = base + 2 * table.words
    if (top > this.#bits.length) this.#growBits(top)
    const bits = this.#bits
    for (let i = base; i < top; i++) bits[i] = 0
    this.#top = top
    return base
  }

  /** Ends a message: nothing more is added to it. */
  close(table: MessageTable, base: number): void {
    if (table.hasRequired && this.isWhole) this.#requireAll(table, base)
    this.#top = base
    this.#depth--
  }

  /** Ends a message that turns out to be null. */
  drop(base: number): void {
    this.#top = base
    this.#depth--
  }

  #growBits(top: number): void {
    const grown = new Int32Array(Math.max(top, this.#bits.length * 2))
    grown.set(this.#bits)
    this.#bits = grown
  }

  /** Adds a key; false where the message has it already. Not for extensions. */
  addKey(base: number, field: FieldTable): boolean {
    const at = base + field.word
    const bits = this.#bits
    const word = bits[at]!
    if ((word & field.bit) !== 0) return false
    bits[at] = word | field.bit
    return true
  }

  /** Begins a field's value; hand what it returns to `endField`. `isFirst`: of a list, the first item. */
  beginField(field: FieldTable, isFirst = true): PresentPaths | undefined {
    const { present } = this
    if (present === undefined) return undefined
    present.begin(field, isFirst)
    if (!PresentPaths.goesInto(field)) this.present = undefined
    return present
  }

  endField(field: FieldTable, present: PresentPaths | undefined): void {
    if (present === undefined) return
    this.present = present
    present.end(field)
  }

  hasValue(base: number, table: MessageTable, field: FieldTable): boolean {
    return !field.isExtension && (this.#bits[base + table.words + field.word]! & field.bit) !== 0
  }

  /** A field has got a value; false where another member of its oneof has one. */
  addValue(base: number, table: MessageTable, field: FieldTable): boolean {
    if (field.word < 0) return true
    const bits = this.#bits
    const values = base + table.words
    bits[values + field.word]! |= field.bit
    if (field.oneofWord < 0) return true
    const at = values + field.oneofWord
    if ((bits[at]! & field.oneofBit) !== 0) return false
    bits[at]! |= field.oneofBit
    return true
  }

  /** @param at the place in the body; -1: none */
  conflict(base: number, table: MessageTable, field: FieldTable, at = -1): FieldError {
    const { oneof } = field.plan
    const other = table.fields.find(
      (member) => member !== field && member.plan.oneof === oneof && this.hasValue(base, table, member),
    )
    const message = `${other?.jsonName} is set too, and both are of the oneof ${oneof?.name}`
    return new FieldError('ONEOF_CONFLICT', message, at)
  }

  #requireAll(table: MessageTable, base: number): void {
    for (const field of table.required) {
      if (this.hasValue(base, table, field)) continue
      throw new FieldError('MISSING_FIELD', 'a required field has no value', -1, [field.jsonName])
    }
  }

  /** Writes a message of which only the path and the query say something. */
  boundMessage(table: MessageTable, bound: BoundMessage): void {
    const base = this.open(table)
    this.addBound(base, table, bound)
    this.close(table, base)
  }

  /** Writes what is bound and was not already written together with the body's part of the field. */
  addBound(base: number, table: MessageTable, bound: BoundMessage): void {
    for (const [plan, value] of bound.entries) {
      const field = table.field(plan)
      // A field that is null in the body is unset there, so only what was written with a value is done.
      if (this.hasValue(base, table, field)) continue
      try {
        if (value instanceof BoundMessage) this.boundField(field, value)
        else if (this.inBody.has(value) || !this.leaf(field, value)) continue
        if (!this.addValue(base, table, field)) throw this.conflict(base, table, field)
      } catch (error) {
        throw leaving(error, field.jsonName)
      }
    }
  }

  /** Writes a submessage of which only the path and the query say something, with its tag. */
  boundField(field: FieldTable, bound: BoundMessage): void {
    const { element } = field
    const mark = this.beginMessage(element.tag, element.endTag, 1)
    this.boundMessage(element.message, bound)
    this.endMessage(mark, element.endTag, 1)
  }

  /** @param endTag 0: the message has its length before it; else it is a group */
  beginMessage(tag: number, endTag: number, width: number): number {
    this.out.tag(tag)
    return endTag === 0 ? this.out.begin(width) : 0
  }

  /** @returns the bytes its length took */
  endMessage(mark: number, endTag: number, width: number): number {
    if (endTag === 0) return this.out.end(mark, width)
    this.out.tag(endTag)
    return width
  }

  /**
   * Writes a singular field from the path or the query.
   *
   * @returns false where it stays unset: an unknown name of an enum that is skipped
   */
  text(field: FieldTable, text: string, origin: 'path' | 'query'): boolean {
    try {
      return writeText(this, field.element, field.element.tag, field.keepsDefault, text, PARAMETER_TEXT)
    } catch (error) {
      throw fieldErrorOf(error, LEAF_REASON[origin])
    }
  }

  /**
   * Writes a field from the path, the query or a form.
   *
   * @returns false where it stays unset: an unknown name of an enum that is skipped
   */
  leaf(field: FieldTable, { texts, origin }: BoundLeaf): boolean {
    const rules = origin === 'body' ? FORM_TEXT : PARAMETER_TEXT
    try {
      if (field.shape !== List) {
        return writeText(this, field.element, field.element.tag, field.keepsDefault, texts[0]!, rules)
      }
      this.#leafItems(field, texts, origin)
      return true
    } catch (error) {
      throw fieldErrorOf(error, LEAF_REASON[origin])
    }
  }

  #leafItems(field: FieldTable, texts: readonly string[], origin: BoundLeaf['origin']): void {
    const rules = origin === 'body' ? FORM_TEXT : PARAMETER_TEXT
    const start = this.out.length
    let mark = 0
    if (field.isPacked) {
      this.out.tag(field.groupTag)
      mark = this.out.begin()
    }
    const tag = field.isPacked ? 0 : field.element.tag
    for (let i = 0; i < texts.length; i++) {
      try {
        writeText(this, field.element, tag, true, texts[i]!, rules)
      } catch (error) {
        throw leaving(fieldErrorOf(error, LEAF_REASON[origin]), i)
      }
    }
    if (!field.isPacked) return
    // An empty packed list is not on the wire at all.
    if (this.out.length === mark + 1) this.out.rewind(start)
    else this.out.end(mark)
  }

  /**
   * A field that the path binds may stand in the body with the same value, however spelled (`1`, `"1"`), not another.
   *
   * @param start where the body's value was written, with its tag, to the end of what is written
   */
  isSameAsLeaf(field: FieldTable, leaf: BoundLeaf, start: number): boolean {
    const { out } = this
    const end = out.length
    this.leaf(field, leaf)
    const isSame = out.isSame(start, end, end, out.length)
    out.rewind(end)
    return isSame
  }

  /** The wire bytes, with tag, of a field that the path or the query binds. */
  leafBytes(table: MessageTable, plan: FieldPlan, leaf: BoundLeaf): Uint8Array {
    const { out } = this
    const start = out.length
    this.leaf(table.field(plan), leaf)
    const bytes = Uint8Array.prototype.slice.call(out.buffer, start, out.length)
    out.rewind(start)
    return bytes
  }
}
