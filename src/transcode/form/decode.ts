import { BoundMessage, type BoundLeaf } from '../decode/bound-message.js'
import { mergeWithin } from '../decode/check-bound.js'
import { MessageWriter } from '../decode/message-writer.js'
import type { PresentPaths } from '../decode/present-paths.js'
import type { FieldTable, MessageTable } from '../decode/tables.js'
import { FieldError, leaving, statusOfFieldError } from '../errors/field-error.js'
import { quote, shorten } from '../errors/transcode-error.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { WireWriter } from '../wire/writer.js'
import { readForm } from './read-form.js'

type Bound = BoundMessage | BoundLeaf

/**
 * Writes form bodies as wire bytes: fields in the order in which the form first names them, and what the path and the
 * query bind.
 */
export class FormDecoder extends MessageWriter {
  /** @throws StatusError INVALID_ARGUMENT: what `readForm` does; the field's path with what is wrong with its value */
  decodeMessage(body: Uint8Array, request: MessagePlan, bound: BoundMessage | undefined): WireWriter {
    this.clear()
    const form = readForm(body, request, this.ignoresUnknown)
    try {
      this.#message(this.tables.message(request), form, bound)
      return this.out
    } catch (error) {
      throw error instanceof FieldError ? statusOfFieldError(error) : error
    }
  }

  /** The same for a body that is one field, a message. */
  decodeField(
    body: Uint8Array,
    request: MessagePlan,
    plan: FieldPlan,
    bound: BoundMessage | undefined,
    present: PresentPaths | undefined,
  ): WireWriter {
    this.clear()
    const form = readForm(body, plan, this.ignoresUnknown)
    if (present !== undefined) present.isMessage = true
    try {
      const table = this.tables.message(request)
      const base = this.open(table)
      this.present = present
      this.#add(base, table, table.field(plan), form, bound?.entries.get(plan))
      if (bound !== undefined) this.addBound(base, table, bound)
      this.close(table, base)
      return this.out
    } catch (error) {
      throw error instanceof FieldError ? statusOfFieldError(error) : error
    }
  }

  #message(table: MessageTable, form: BoundMessage, bound: BoundMessage | undefined): void {
    const base = this.open(table)
    for (const [plan, value] of form.entries) {
      const field = table.field(plan)
      const other = bound?.entries.get(plan)
      const present = this.beginField(field)
      this.#add(base, table, field, value, other)
      this.endField(field, present)
    }
    if (bound !== undefined) this.addBound(base, table, bound)
    this.close(table, base)
  }

  #add(base: number, table: MessageTable, field: FieldTable, value: Bound, bound: Bound | undefined): void {
    try {
      if (!this.#field(field, value, bound)) return
      if (!this.addValue(base, table, field)) throw this.conflict(base, table, field)
    } catch (error) {
      throw leaving(error, field.jsonName)
    }
  }

  #field(field: FieldTable, value: Bound, bound: Bound | undefined): boolean {
    const { element } = field
    if (value instanceof BoundMessage) {
      if (bound !== undefined && !(bound instanceof BoundMessage)) {
        const says = `the ${bound.origin} says ${shorten(bound.texts[0]!)}, the body says it by its fields`
        throw new FieldError('FIELD_BOUND_TWICE', says)
      }
      const mark = this.beginMessage(element.tag, element.endTag, 1)
      this.#message(element.message, value, bound)
      this.endMessage(mark, element.endTag, 1)
      return true
    }
    const start = this.out.length
    const isSet = this.leaf(field, value)
    if (!isSet || bound === undefined) return isSet
    if (bound instanceof BoundMessage) {
      mergeWithin(this, field, start, bound)
    } else if (!this.isSameAsLeaf(field, bound, start)) {
      const says = `the ${bound.origin} says ${shorten(bound.texts[0]!)}, the body says ${quote(value.texts[0]!)}`
      throw new FieldError('FIELD_BOUND_TWICE', says)
    }
    return isSet
  }
}
