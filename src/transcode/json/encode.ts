import { ScalarType } from '@bufbuild/protobuf'
import type { PlanTable } from '../plan/plan-table.js'
import type { ElementPlan, EnumPlan, FieldPlan, ScalarElement } from '../plan/types.js'
import { formatBase64 } from '../values/base64.js'
import { formatDouble, formatFloat } from '../values/float.js'
import { PlacedEncoder } from '../wire/placed-encoder.js'
import { zeroElement } from '../wire/read-message.js'
import type { ScalarValue } from '../wire/scalar-value.js'
import { WireMessage, type ElementValue, type FieldValue } from '../wire/wire-message.js'
import { fieldsToWrite, isOmitted } from '../wire/written-fields.js'
import { writeSpecialJson } from './encode-special.js'

/** How messages are written as JSON. */
export interface JsonStyle {
  /** Fields without presence are written at their default too. */
  readonly emitDefaults: boolean
  readonly enumsAsIntegers: boolean
  readonly protoNames: boolean
}

/**
 * Writes messages as canonical ProtoJSON, compact. One encoder writes one text.
 *
 * What has no JSON form is a StatusError INTERNAL, UNREPRESENTABLE_VALUE (500): the bytes were well-formed, the value is
 * wrong. Bytes of an Any that do not decode are a WireError.
 */
export class JsonEncoder extends PlacedEncoder {
  readonly plans: PlanTable
  readonly #style: JsonStyle

  constructor(plans: PlanTable, style: JsonStyle) {
    super('JSON')
    this.plans = plans
    this.#style = style
  }

  message(message: WireMessage): string {
    if (message.plan.form !== undefined) return writeSpecialJson(message.plan.form, message, this)
    return `{${this.members(message)}}`
  }

  /** The members of a message's object, without its braces. */
  members(message: WireMessage): string {
    this.enter()
    let out = ''
    for (const field of fieldsToWrite(message, this.#style.emitDefaults)) {
      const value = message.get(field)
      if (value === undefined ? !this.#style.emitDefaults : isOmitted(field, value, this.#style.emitDefaults)) continue
      if (out !== '') out += ','
      out += this.#style.protoNames ? field.protoKey : field.jsonKey
      this.stepIn(field.jsonName)
      out += this.field(field, value)
      this.stepOut()
    }
    this.leave()
    return out
  }

  /** A field's value; undefined: what a field without presence holds then, `{}` for a message, null for a Value. */
  field(field: FieldPlan, value: FieldValue | undefined): string {
    const { element } = field
    if (field.shape === 'map') {
      return value instanceof Map ? this.#map(field.mapKey!, element, value) : '{}'
    }
    if (field.shape === 'list') return Array.isArray(value) ? this.#list(element, value) : '[]'
    // An empty Value has no JSON form, and would make an error of a response_body that is only unset.
    if (value === undefined && element.kind === 'message' && element.message.form === 'value') return 'null'
    return this.#element(element, (value as ElementValue | undefined) ?? zeroElement(element))
  }

  scalar(element: ScalarElement, value: ScalarValue): string {
    switch (element.type) {
      case ScalarType.STRING:
        if (typeof value !== 'string') throw this.unrepresentable('the string is not UTF-8')
        return JSON.stringify(value)
      case ScalarType.BYTES:
        return `"${formatBase64(value as Uint8Array)}"`
      case ScalarType.DOUBLE:
        return formatDouble(value as number)
      case ScalarType.FLOAT:
        return formatFloat(value as number)
      default:
        return typeof value === 'bigint' ? `"${value}"` : String(value)
    }
  }

  #element(element: ElementPlan, value: ElementValue): string {
    if (value instanceof WireMessage) return this.message(value)
    if (element.kind === 'enum') return this.#enum(element.enum, value as number)
    return this.scalar(element as ScalarElement, value)
  }

  #enum(plan: EnumPlan, value: number): string {
    if (plan.isNullValue) return 'null'
    if (this.#style.enumsAsIntegers) return String(value)
    return plan.quotedNames.get(value) ?? String(value)
  }

  #list(element: ElementPlan, items: readonly ElementValue[]): string {
    let out = '['
    for (let i = 0; i < items.length; i++) {
      if (i > 0) out += ','
      this.stepIn(i)
      out += this.#element(element, items[i]!)
      this.stepOut()
    }
    return `${out}]`
  }

  #map(keyElement: ScalarElement, element: ElementPlan, entries: ReadonlyMap<ScalarValue, ElementValue>): string {
    let out = ''
    for (const [key, value] of entries) {
      if (out !== '') out += ','
      const keyText = this.scalar(keyElement, key)
      this.stepIn(String(key))
      out += `${keyText.startsWith('"') ? keyText : `"${keyText}"`}:${this.#element(element, value)}`
      this.stepOut()
    }
    return `{${out}}`
  }
}
