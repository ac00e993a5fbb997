import { formatPath } from '../errors/field-path.js'
import { quote, transcodeError, ValueError } from '../errors/transcode-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import { TypeCode, type FieldPlan, type MessagePlan } from '../plan/types.js'
import { accepts, fieldByNumber, levelsOf } from '../wire/accepts.js'
import { checkFields, checkMessage } from '../wire/check-message.js'
import { declaredDefaultWire, defaultWire } from '../wire/default-wire.js'
import type { AnyParts } from '../wire/known-ranges.js'
import { WireError } from '../wire/reader.js'
import type { Segments } from '../wire/segments.js'
import { MessageTextWriter, UNORDERED } from './message-text-writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Group } = TypeCode

const NO_SEGMENTS: Segments = []

/**
 * Writes whole texts: a message or a field of one, and what the well-known types need whatever the format. What the wire
 * may do is here and in the classes below, what a format looks like in the one that extends it.
 */
export abstract class TextWriter extends MessageTextWriter {
  readonly #plans: PlanTable
  /** What a value without a form is said to have none of: `JSON`. */
  readonly #format: string

  constructor(plans: PlanTable, format: string) {
    super()
    this.#plans = plans
    this.#format = format
  }

  /** The whole text: what is written of the message that the reader's bytes are. */
  protected abstract document(plan: MessagePlan): void
  /** The end of a repeated field that is all of the text, as `finish`. */
  protected abstract finishRoot(field: FieldPlan, inside: number): void
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
        // Part of a message may be wrong where all of it is not: an Any whose value comes again, a Value's kind later.
        const isFinal = error !== UNORDERED && !(error instanceof ValueError) && !(error instanceof WireError)
        if (isFinal) throw error
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
      this.ends.clear()
    }
  }

  #begin(bytes: Uint8Array, isCareful: boolean): void {
    this.reset(bytes)
    this.out.clear()
    this.depth = 0
    this.isCareful = isCareful
    this.readAgain = 0
    this.checkedFrom = this.checkedTo = 0
    this.parts = undefined
    this.openMaps = 0
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
    const ranges = this.takeParts() ?? this.rangeTo(group)
    const after = this.position
    const checkedFrom = this.checkedFrom
    const checkedTo = this.checkedTo
    this.deepen(plan)
    this.special(plan, ranges)
    this.depth -= levelsOf(plan)
    this.checkedFrom = checkedFrom
    this.checkedTo = checkedTo
    this.end = outer
    this.position = after
  }

  /** The same for a field's. */
  protected submessage(plan: MessagePlan, field: FieldPlan, end: number): void {
    if (field.type === Group) {
      this.message(plan, field.number)
      return
    }
    const outer = this.end
    this.end = end
    this.message(plan, 0)
    this.end = outer
  }

  /** What the one field of a Struct or ListValue holds: its entries or items, without what stands round them. */
  protected content(plan: MessagePlan, ranges: readonly number[]): void {
    const field = plan.fields[0]!
    if (ranges.length === 2 && !this.isCareful) {
      const before = this.out.length
      if (this.#contentInOrder(field, ranges)) return
      this.out.length = before
      this.check(plan, ranges[0]!, ranges[1]!, true)
    }
    this.runOf(field, this.segmentsOf(plan, ranges).get(field) ?? NO_SEGMENTS)
  }

  #contentInOrder(field: FieldPlan, ranges: readonly number[]): boolean {
    let isMet = false
    this.goTo(ranges[0]!, ranges[1]!)
    while (this.position < this.end) {
      const tag = this.tag()
      if (tag >>> 3 !== field.number || !accepts(field, tag & 7)) {
        this.skip(tag, this.depth)
        continue
      }
      if (isMet || this.run(field, tag) === -1) return false
      isMet = true
    }
    return true
  }

  /**
   * The value of a field of the message that the reader's bytes are, all of which have to decode. What is not there is
   * what the field holds then: no items, the default that it declares, the empty message.
   */
  protected fieldOfAll(plan: MessagePlan, field: FieldPlan): void {
    this.deepen(plan)
    this.check(plan, 0, this.bytes.length, false)
    const segments = this.segmentsOf(plan, [0, this.bytes.length]).get(field)
    if (field.shape !== 'singular') {
      const inside = this.out.length
      this.runOf(field, segments ?? NO_SEGMENTS)
      this.finishRoot(field, inside)
    } else if (segments === undefined) {
      this.withBytes(declaredDefaultWire(field), field, 'root')
    } else {
      this.goToLast(field, segments)
      this.root(field, this.end)
    }
  }

  /** The value of a wrapper: what it holds, or its type's zero. */
  protected wrapped(plan: MessagePlan, ranges: readonly number[]): void {
    const field = this.findOnly(plan, ranges)
    if (field === undefined) this.withBytes(defaultWire(plan.fields[0]!), plan.fields[0]!, 'value')
    else this.value(field, this.end)
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
      this.goTo(ranges[i]!, ranges[i + 1]!)
      while (this.position < this.end) {
        const tag = this.tag()
        const field = fieldByNumber(plan, tag >>> 3)
        if (field === undefined || !accepts(field, tag & 7)) {
          this.skip(tag, this.depth)
          continue
        }
        // A group's end is found with its segments.
        count += field.type === Group ? 2 : 1
        found = field
        end = this.spanEnd(tag & 7)
        start = this.position
        this.position = end
      }
    }
    if (count === 1) this.goTo(start, end)
    if (count < 2) return found
    if (ranges.length === 2) this.check(plan, ranges[0]!, ranges[1]!, true)
    const message = this.segmentsOf(plan, ranges)
    found = message.present()[0]
    if (found !== undefined) this.goToLast(found, message.get(found)!)
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
    this.checkedFrom = this.checkedTo = 0
    this.goTo(any.start, any.end)
    if (!this.isCareful) return
    checkFields(plan, this, 0, this.depth + levelsOf(plan))
    this.goTo(any.start, any.end)
  }
}
