import { quote } from '../errors/transcode-error.js'
import type { MessagePlan, ScalarElement } from '../plan/types.js'
import { doubleText } from '../values/float.js'
import { partsOfAny, valueOf } from '../wire/known-values.js'
import { readMessage } from '../wire/read-message.js'
import type { ScalarValue } from '../wire/scalar-value.js'
import type { WireMessage } from '../wire/wire-message.js'
import { elementOf, type ElementParts, type XmlEncoder } from './encode.js'
import { escapeAttribute, escapeText } from './escape.js'
import type { ValueForm, XmlValuePlan } from './plan.js'

/** The well-known types whose XML is more than a text, as `decode-special.ts` reads them. */
export function writeSpecialXml(
  form: Exclude<ValueForm, 'text' | 'message'>,
  plan: XmlValuePlan,
  message: WireMessage,
  encoder: XmlEncoder,
): ElementParts {
  switch (form) {
    case 'any':
      return anyParts(plan, message, encoder)
    case 'struct':
      return { attributes: '', content: structContent(message, encoder) }
    case 'value':
      return { attributes: '', content: valueContent(message, encoder) }
    case 'listValue':
      return { attributes: '', content: listContent(message, encoder) }
  }
}

function structContent(message: WireMessage, encoder: XmlEncoder): string {
  const fields = valueOf(message, 1)
  if (!(fields instanceof Map)) return ''
  return encoder.nested(() => {
    let out = ''
    for (const [name, value] of fields) {
      if (typeof name !== 'string') throw encoder.unrepresentable('a key is not UTF-8')
      out += encoder.within(name, () => {
        const content = valueContent(value as WireMessage, encoder)
        return `<field name="${escapeAttribute(encoder.writable(name))}">${content}</field>`
      })
    }
    return out
  })
}

function listContent(message: WireMessage, encoder: XmlEncoder): string {
  const items = (valueOf(message, 1) as WireMessage[] | undefined) ?? []
  return encoder.nested(() => {
    let out = ''
    for (let i = 0; i < items.length; i++) {
      out += encoder.within(i, () => `<value>${valueContent(items[i]!, encoder)}</value>`)
    }
    return out
  })
}

function valueContent(message: WireMessage, encoder: XmlEncoder): string {
  const kind = message.presentFields()[0]
  if (kind === undefined) throw encoder.unrepresentable('a Value without a kind')
  const value = message.get(kind)
  switch (kind.number) {
    case 1:
      return '<nullValue/>'
    case 2:
      // As in JSON: what a Value holds there is written the same way everywhere.
      if (!Number.isFinite(value)) throw encoder.unrepresentable(`${String(value)} is no number a Value can be in XML`)
      return `<numberValue>${doubleText(value as number)}</numberValue>`
    case 4:
      return `<boolValue>${String(value)}</boolValue>`
    case 5:
      return elementOf('<structValue', '', structContent(value as WireMessage, encoder), '</structValue>')
    case 6:
      return elementOf('<listValue', '', listContent(value as WireMessage, encoder), '</listValue>')
    default: {
      const text = encoder.scalarText(kind.element as ScalarElement, value as ScalarValue)
      return elementOf('<stringValue', '', escapeText(text), '</stringValue>')
    }
  }
}

function anyParts(plan: XmlValuePlan, message: WireMessage, encoder: XmlEncoder): ElementParts {
  const { typeUrl, bytes } = encoder.convert(() => partsOfAny(message))
  if (typeUrl === '' && bytes.length === 0) return { attributes: '', content: '' }
  const slash = typeUrl.lastIndexOf('/')
  const packed = slash === -1 ? undefined : encoder.plans.table.messagePlanByName(typeUrl.slice(slash + 1))
  if (packed === undefined) throw encoder.unrepresentable(`an Any of the type ${quote(typeUrl)}, which is not known`)
  return packedParts(typeUrl, packed, bytes, plan, encoder)
}

/**
 * A message packed in an Any: the attribute `type`, and its fields, or its special form in an element `value`.
 *
 * @throws WireError where the bytes do not decode
 */
export function packedParts(
  typeUrl: string,
  packed: MessagePlan,
  bytes: Uint8Array,
  plan: Pick<XmlValuePlan, 'namespace' | 'reserved'>,
  encoder: XmlEncoder,
): ElementParts {
  const { namespace, reserved } = plan
  const type = ` type="${escapeAttribute(encoder.writable(typeUrl))}"`
  const read = readMessage(packed, bytes, encoder.depth + 1)
  const { attributes, content } = encoder.nested((): ElementParts => {
    if (packed.form === undefined) {
      return encoder.members(encoder.plans.message(packed, namespace, [...reserved, 'type']), read)
    }
    const value = encoder.plans.valueOf(packed, namespace)
    const write = (): string => encoder.element('<value', '</value>', value, undefined, read)
    return { attributes: '', content: encoder.within('value', write) }
  })
  return { attributes: type + attributes, content }
}
