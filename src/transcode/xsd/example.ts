import { ScalarType, type DescOneof } from '@bufbuild/protobuf'
import type { ElementPlan, FieldPlan, MessagePlan, ScalarElement } from '../plan/types.js'
import { XML_NAMESPACE } from '../xml/namespaces.js'
import { fieldOption } from '../xml/options.js'
import type { XmlFieldPlan, XmlMessagePlan, XmlPlans, XmlTag, XmlValuePlan } from '../xml/plan.js'
import { element, type XmlElement } from './element.js'

type Attributes = Record<string, string>

/** What stands in an element. */
interface Parts {
  readonly attributes: Attributes
  readonly content: readonly XmlElement[] | string
}

const ANY_TYPE = 'google.protobuf.Duration'

/**
 * Makes an example document of a body: every field once, of a oneof its first member; a type within itself is left out.
 */
export class ExampleWriter {
  readonly #plans: XmlPlans
  /** Types the example is within. */
  readonly #within = new Set<MessagePlan>()

  constructor(plans: XmlPlans) {
    this.#plans = plans
  }

  message(plan: MessagePlan): XmlElement {
    const { tag, value } = this.#plans.rootOf(plan)
    return elementOf(tag, '', this.#parts(value, { kind: 'message', message: plan, isDelimited: false }))
  }

  field(field: FieldPlan): XmlElement {
    const { tag, field: xml } = this.#plans.rootField(field)
    if (field.shape !== 'list' || xml.item !== undefined) return this.#field(xml, tag, '')
    return elementOf(tag, '', { attributes: {}, content: [this.#value(xml.tag, tag.namespace, xml)] })
  }

  /** @param scope the default namespace where the element is written */
  #field(xml: XmlFieldPlan, tag: XmlTag, scope: string): XmlElement {
    if (xml.field.shape === 'map') {
      const { attributes, content } = this.#parts(xml.value, xml.field.element)
      const entry = element('entry', { key: textOf(xml.field.mapKey!), ...attributes }, content)
      return elementOf(tag, scope, { attributes: {}, content: [entry] })
    }
    if (xml.item === undefined) return this.#value(tag, scope, xml)
    const item = this.#value(xml.item, tag.namespace, xml)
    return elementOf(tag, scope, { attributes: {}, content: [item] })
  }

  #value(tag: XmlTag, scope: string, { value, field }: XmlFieldPlan): XmlElement {
    return elementOf(tag, scope, this.#parts(value, field.element))
  }

  #parts(value: XmlValuePlan, plan: ElementPlan): Parts {
    switch (value.form) {
      case 'text':
        return { attributes: {}, content: textOf(plan) }
      case 'message':
        return this.#members(value.message)
      case 'struct':
        return { attributes: {}, content: [element('field', { name: 'key' }, [element('numberValue', {}, '1.5')])] }
      case 'value':
        return { attributes: {}, content: [element('stringValue', {}, 'text')] }
      case 'listValue':
        return { attributes: {}, content: [element('value', {}, [element('boolValue', {}, 'true')])] }
      case 'any':
        if (this.#plans.table.messagePlanByName(ANY_TYPE) === undefined) return { attributes: {}, content: '' }
        return {
          attributes: { type: `type.googleapis.com/${ANY_TYPE}` },
          content: [element('value', {}, '1.5s')],
        }
    }
  }

  #members(xml: XmlMessagePlan): Parts {
    this.#within.add(xml.plan)
    const attributes: Attributes = {}
    const content: XmlElement[] = []
    const oneofs = new Set<DescOneof>()
    for (const field of xml.plan.fields) {
      if (field.oneof !== undefined) {
        if (oneofs.has(field.oneof)) continue
        oneofs.add(field.oneof)
      }
      if (field.element.kind === 'message' && this.#within.has(field.element.message)) continue
      const plan = xml.fieldOf(field)
      if (plan.attribute === undefined) content.push(this.#field(plan, plan.tag, xml.namespace))
      else addAttribute(attributes, plan)
    }
    this.#within.delete(xml.plan)
    return { attributes, content }
  }
}

function elementOf({ localName, namespace }: XmlTag, scope: string, { attributes, content }: Parts): XmlElement {
  return element(localName, { xmlns: namespace === scope ? undefined : namespace, ...attributes }, content)
}

function addAttribute(attributes: Attributes, { field, tag }: XmlFieldPlan): void {
  const namespace = fieldOption(field.desc).namespace ?? ''
  const text = textOf(field.element)
  if (namespace === '') attributes[tag.localName] = text
  else if (namespace === XML_NAMESPACE) attributes[`xml:${tag.localName}`] = text
  else {
    attributes[`xmlns:n${field.number}`] = namespace
    attributes[`n${field.number}:${tag.localName}`] = text
  }
}

function textOf(plan: ElementPlan): string {
  switch (plan.kind) {
    case 'enum': {
      // The first value often means that nothing is said.
      const names = [...plan.enum.names.values()]
      return names[1] ?? names[0] ?? '0'
    }
    case 'message':
      return knownText(plan.message)
    case 'scalar':
      return scalarText(plan.type)
  }
}

function knownText({ form, fields }: MessagePlan): string {
  if (form === 'timestamp') return '2026-01-02T03:04:05Z'
  if (form === 'duration') return '1.5s'
  if (form === 'fieldMask') return 'name'
  return scalarText((fields[0]!.element as ScalarElement).type)
}

function scalarText(type: ScalarType): string {
  switch (type) {
    case ScalarType.STRING:
      return 'text'
    case ScalarType.BYTES:
      return 'AAH/'
    case ScalarType.BOOL:
      return 'true'
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return '1.5'
    default:
      return '1'
  }
}
