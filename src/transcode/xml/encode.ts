import { ScalarType } from '@bufbuild/protobuf'
import type { ElementPlan, FieldPlan, ScalarElement } from '../plan/types.js'
import { formatBase64 } from '../values/base64.js'
import { doubleText, floatText } from '../values/float.js'
import { textOf, valueOf } from '../wire/known-values.js'
import { PlacedEncoder } from '../wire/placed-encoder.js'
import { zeroElement } from '../wire/read-message.js'
import { zeroOf, type ScalarValue } from '../wire/scalar-value.js'
import { WireMessage, type ElementValue, type FieldValue } from '../wire/wire-message.js'
import { fieldsToWrite, isOmitted } from '../wire/written-fields.js'
import { formatCodePoint } from './characters.js'
import { writeSpecialXml } from './encode-special.js'
import { escapeAttribute, escapeText, unwritable } from './escape.js'
import type { XmlFieldPlan, XmlMessagePlan, XmlPlans, XmlTag, XmlValuePlan } from './plan.js'

/** What is written before every document. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

/** What stands in an element: attributes with a space before each, and content. */
export interface ElementParts {
  readonly attributes: string
  readonly content: string
}

/**
 * Writes messages as XML, compact. One encoder writes one document.
 *
 * What has no XML form is a StatusError INTERNAL, UNREPRESENTABLE_VALUE (500): the bytes were well-formed, the value is
 * wrong, or holds a character that XML 1.0 cannot. Bytes of an Any that do not decode are a WireError.
 */
export class XmlEncoder extends PlacedEncoder {
  readonly plans: XmlPlans
  readonly #emitsDefaults: boolean

  constructor(plans: XmlPlans, emitsDefaults: boolean) {
    super('XML')
    this.plans = plans
    this.#emitsDefaults = emitsDefaults
  }

  /** A document whose root element is the message's. */
  message(message: WireMessage): string {
    const { tag, value } = this.plans.rootOf(message.plan)
    return XML_DECLARATION + this.element(tag.start, tag.end, value, undefined, message)
  }

  /**
   * A document whose root element is the field's: round the items of a list, else the value itself. `value` undefined:
   * what a field without presence holds then, and the empty message.
   */
  field(plan: FieldPlan, value: FieldValue | undefined): string {
    const { tag, field } = this.plans.rootField(plan)
    this.stepIn(plan.jsonName)
    switch (plan.shape) {
      case 'list': {
        const items = Array.isArray(value) ? value : []
        return XML_DECLARATION + elementOf(tag.start, '', this.#items(field, field.item ?? field.tag, items), tag.end)
      }
      case 'map':
        return (
          XML_DECLARATION + elementOf(tag.start, '', value instanceof Map ? this.#entries(field, value) : '', tag.end)
        )
      default: {
        const single = (value as ElementValue | undefined) ?? zeroElement(plan.element)
        return XML_DECLARATION + this.element(tag.start, tag.end, field.value, plan.element, single)
      }
    }
  }

  /**
   * An element with a value in it.
   *
   * @param start `<name`, to which attributes may be added
   * @param element undefined for a message
   */
  element(
    start: string,
    end: string,
    plan: XmlValuePlan,
    element: ElementPlan | undefined,
    value: ElementValue,
  ): string {
    if (plan.form === 'text') return elementOf(start, '', escapeText(this.text(element, value)), end)
    const message = value as WireMessage
    if (plan.form !== 'message') {
      const { attributes, content } = writeSpecialXml(plan.form, plan, message, this)
      return elementOf(start, attributes, content, end)
    }
    const parts = this.members(plan.message, message)
    return elementOf(start, parts.attributes, parts.content, end)
  }

  /** The fields of a message. */
  members(plan: XmlMessagePlan, message: WireMessage): ElementParts {
    this.enter()
    let attributes = ''
    let content = ''
    for (const field of fieldsToWrite(message, this.#emitsDefaults)) {
      const value = message.get(field)
      if (value !== undefined && isOmitted(field, value, this.#emitsDefaults)) continue
      const xml = plan.fieldOf(field)
      this.stepIn(field.jsonName)
      if (xml.attribute === undefined) {
        content += this.#field(xml, value)
      } else {
        const text = this.text(field.element, (value as ElementValue | undefined) ?? zeroElement(field.element))
        attributes += `${xml.attribute}${escapeAttribute(text)}"`
      }
      this.stepOut()
    }
    this.leave()
    return { attributes, content }
  }

  #field(field: XmlFieldPlan, value: FieldValue | undefined): string {
    const { tag, field: plan } = field
    switch (plan.shape) {
      case 'list': {
        const items = Array.isArray(value) ? value : []
        if (field.item === undefined) return this.#items(field, tag, items)
        return elementOf(tag.start, '', this.#items(field, field.item, items), tag.end)
      }
      case 'map':
        return elementOf(tag.start, '', value instanceof Map ? this.#entries(field, value) : '', tag.end)
      default: {
        const single = (value as ElementValue | undefined) ?? zeroElement(plan.element)
        return this.element(tag.start, tag.end, field.value, plan.element, single)
      }
    }
  }

  #items(field: XmlFieldPlan, tag: XmlTag, items: readonly ElementValue[]): string {
    let out = ''
    for (let i = 0; i < items.length; i++) {
      this.stepIn(i)
      out += this.element(tag.start, tag.end, field.value, field.field.element, items[i]!)
      this.stepOut()
    }
    return out
  }

  #entries(field: XmlFieldPlan, entries: ReadonlyMap<ScalarValue, ElementValue>): string {
    const { mapKey, element } = field.field
    let out = ''
    for (const [key, value] of entries) {
      this.stepIn(String(key))
      const start = `<entry key="${escapeAttribute(this.text(mapKey, key))}"`
      out += this.element(start, '</entry>', field.value, element, value)
      this.stepOut()
    }
    return out
  }

  /** A value whose XML form is one text, not yet escaped. */
  text(element: ElementPlan | undefined, value: ElementValue): string {
    if (value instanceof WireMessage) return this.#knownText(value)
    if (element!.kind !== 'enum') return this.scalarText(element as ScalarElement, value)
    return element!.enum.names.get(value as number) ?? String(value)
  }

  #knownText(message: WireMessage): string {
    const { form } = message.plan
    if (form === 'timestamp' || form === 'duration' || form === 'fieldMask') {
      return this.convert(() => textOf(form, message))
    }
    const element = message.plan.fields[0]!.element as ScalarElement
    return this.scalarText(element, (valueOf(message, 1) as ScalarValue | undefined) ?? zeroOf(element.type))
  }

  scalarText(element: ScalarElement, value: ScalarValue): string {
    switch (element.type) {
      case ScalarType.STRING:
        if (typeof value !== 'string') throw this.unrepresentable('the string is not UTF-8')
        return this.writable(value)
      case ScalarType.BYTES:
        return formatBase64(value as Uint8Array)
      case ScalarType.DOUBLE:
        return doubleText(value as number)
      case ScalarType.FLOAT:
        return floatText(value as number)
      default:
        return String(value)
    }
  }

  /** The text, which XML 1.0 can hold. */
  writable(text: string): string {
    const unit = unwritable(text)
    if (unit !== -1) throw this.unrepresentable(`the character ${formatCodePoint(unit)}, which XML 1.0 cannot hold`)
    return text
  }

  /** Begins a Struct or ListValue and ends it after. */
  nested<T>(write: () => T): T {
    this.enter()
    const out = write()
    this.leave()
    return out
  }
}

export function elementOf(start: string, attributes: string, content: string, end: string): string {
  return content === '' ? `${start}${attributes}/>` : `${start}${attributes}>${content}${end}`
}
