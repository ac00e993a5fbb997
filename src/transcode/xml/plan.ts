import { ScalarType } from '@bufbuild/protobuf'
import type { PlanTable } from '../plan/plan-table.js'
import { hasTextForm } from '../plan/special-form.js'
import type { FieldPlan, MessagePlan, ScalarElement } from '../plan/types.js'
import { readyText, type ReadyText } from '../text/ready-text.js'
import { decodeName, encodeName } from './names.js'
import { XML_NAMESPACE } from './namespaces.js'
import { fieldOption, fileNamespace, messageOption } from './options.js'

/** An element's name, and its tags as written where the enclosing element is of the same message. */
export interface XmlTag {
  readonly localName: string
  readonly namespace: string
  /** `<title`, with the namespace's declaration where it is not the one in scope: `<title xmlns="urn:x"`. */
  readonly start: ReadyText
  /** `</title>` */
  readonly end: ReadyText
}

/** What the text of an element or attribute stands for, which decides what its white space means. */
export type TextForm = 'string' | 'bytes' | 'bool' | 'enum' | 'collapsed'

/** How a value stands in an element. */
export type ValueForm = 'text' | 'message' | 'struct' | 'value' | 'listValue' | 'any'

/**
 * Attributes that are an element's own whatever the message in it has: `key` of a map's entry, `type` of an Any. A field
 * that would be an attribute of that name is an element there.
 */
export type ReservedAttributes = readonly string[]
const NONE: ReservedAttributes = []
const KEY: ReservedAttributes = ['key']

/**
 * What the XML form adds to the plans of messages: tags, attributes and namespaces, each compiled when first asked for
 * and then kept. A message type looks different in elements of different namespaces where it has none of its own, so
 * there is a plan for each.
 */
export class XmlPlans {
  readonly table: PlanTable
  /** By enclosing namespace and reserved attribute. */
  readonly #messages = new Map<string, Map<MessagePlan, XmlMessagePlan>>()
  readonly #roots = new Map<MessagePlan, XmlRoot>()

  constructor(table: PlanTable) {
    this.table = table
  }

  /** The root element of a message that is a whole body. */
  rootOf(plan: MessagePlan): XmlRoot {
    let root = this.#roots.get(plan)
    if (root === undefined) {
      const { name } = messageOption(plan.desc)
      const namespace = namespaceOf(plan, '')
      const tag = makeTag(encodeName(name === '' ? plan.desc.name : name), namespace, '')
      root = { tag, value: this.valueOf(plan, namespace) }
      this.#roots.set(plan, root)
    }
    return root
  }

  /** A field that is a whole body: as it stands in its message, which is in no other, and the tag of the root element. */
  rootField(field: FieldPlan): {
    readonly tag: XmlTag
    readonly message: XmlMessagePlan
    readonly field: XmlFieldPlan
  } {
    const parent = this.table.messagePlan(field.desc.kind === 'extension' ? field.desc.extendee : field.desc.parent)
    const message = this.message(parent, namespaceOf(parent, ''))
    const found = message.fieldOf(field)
    return { message, field: found, tag: makeTag(found.tag.localName, found.tag.namespace, '') }
  }

  /** How messages of a type stand in elements of a namespace. */
  valueOf(plan: MessagePlan, namespace: string, reserved = NONE): XmlValuePlan {
    return new XmlValuePlan(this, plan, messageText(plan), namespace, reserved)
  }

  /** @param enclosing the namespace of the element the message stands in */
  message(plan: MessagePlan, enclosing: string, reserved = NONE): XmlMessagePlan {
    const key = `${reserved.join(' ')} ${enclosing}`
    let known = this.#messages.get(key)
    if (known === undefined) this.#messages.set(key, (known = new Map()))
    let made = known.get(plan)
    if (made === undefined) known.set(plan, (made = new XmlMessagePlan(this, plan, enclosing, reserved)))
    return made
  }
}

export interface XmlRoot {
  readonly tag: XmlTag
  readonly value: XmlValuePlan
}

/** How values of one type stand in elements of one namespace. */
export class XmlValuePlan {
  readonly form: ValueForm
  readonly text: TextForm
  /** Of the element. */
  readonly namespace: string
  readonly reserved: ReservedAttributes
  readonly #plans: XmlPlans
  readonly #type: MessagePlan | undefined
  #message: XmlMessagePlan | undefined = undefined

  /** @param type undefined: a scalar or an enum */
  constructor(
    plans: XmlPlans,
    type: MessagePlan | undefined,
    text: TextForm,
    namespace: string,
    reserved: ReservedAttributes,
  ) {
    this.#plans = plans
    this.#type = type
    this.form = valueForm(type)
    this.text = text
    this.namespace = namespace
    this.reserved = reserved
  }

  /** Of a value of form `message`. */
  get message(): XmlMessagePlan {
    this.#message ??= this.#plans.message(this.#type!, this.namespace, this.reserved)
    return this.#message
  }
}

export interface XmlFieldPlan {
  readonly field: FieldPlan
  /** Of a field that is an attribute: ` currency="`, ready to be written; undefined for an element. */
  readonly attribute: ReadyText | undefined
  readonly tag: XmlTag
  /** The tag of the items of a wrapped list; undefined for all else. */
  readonly item: XmlTag | undefined
  readonly value: XmlValuePlan
}

/** A name that a field is read under. */
export interface XmlName {
  readonly field: XmlFieldPlan
  readonly localName: string
  readonly namespace: string
}

/** A message type as it stands in elements of one namespace. */
export class XmlMessagePlan {
  readonly plan: MessagePlan
  /** Fields that are attributes, by number. */
  readonly attributes: readonly XmlFieldPlan[]
  readonly #plans: XmlPlans
  readonly #enclosing: string
  readonly #namespace: string
  readonly reserved: ReservedAttributes
  readonly #fields = new Map<FieldPlan, XmlFieldPlan>()
  /** By local name where it is of the message's own namespace; the others by `{namespace}name`. */
  readonly #elements = new Map<string, XmlFieldPlan>()
  readonly #attributes = new Map<string, XmlFieldPlan>()

  constructor(plans: XmlPlans, plan: MessagePlan, enclosing: string, reserved: ReservedAttributes) {
    this.#plans = plans
    this.plan = plan
    this.#enclosing = enclosing
    this.#namespace = namespaceOf(plan, enclosing)
    this.reserved = reserved
    for (const field of plan.fields) this.#fields.set(field, this.#compile(field))
    const fields = [...this.#fields.values()]
    this.attributes = fields.filter((field) => field.attribute !== undefined)
    // Names that were given go before names that are derived, and JSON names before proto names, as in JSON.
    const isNamed = ({ field }: XmlFieldPlan): boolean => fieldOption(field.desc).name !== ''
    for (const field of fields) if (isNamed(field)) this.#addName(field, field.tag.localName)
    for (const field of fields) if (!isNamed(field)) this.#addName(field, field.tag.localName)
    for (const field of fields) if (!isNamed(field)) this.#addName(field, encodeName(field.field.name))
  }

  fieldOf(field: FieldPlan): XmlFieldPlan {
    let found = this.#fields.get(field)
    if (found === undefined) this.#fields.set(field, (found = this.#compile(field)))
    return found
  }

  /** The field whose element has the name, or undefined where there is none. */
  element(namespace: string, localName: string): XmlFieldPlan | undefined {
    return this.#elements.get(this.#elementKey(namespace, localName)) ?? this.#escaped(namespace, localName)
  }

  /** The namespace of the message's elements. */
  get namespace(): string {
    return this.#namespace
  }

  /** Every name of an element or attribute that is read, but for those with escapes they do not need. */
  names(): readonly XmlName[] {
    const named = (names: ReadonlyMap<string, XmlFieldPlan>, own: string): XmlName[] =>
      [...names].map(([key, field]) => {
        const brace = key.lastIndexOf('}')
        return brace === -1
          ? { field, localName: key, namespace: own }
          : { field, localName: key.slice(brace + 1), namespace: key.slice(1, brace) }
      })
    return [...named(this.#attributes, ''), ...named(this.#elements, this.#namespace)]
  }

  /** The names elements are written with, for a person who has written another. */
  elementNames(): string[] {
    return [...this.#fields.values()].filter(({ attribute }) => attribute === undefined).map(({ tag }) => tag.localName)
  }

  attribute(namespace: string, localName: string): XmlFieldPlan | undefined {
    return this.#attributes.get(attributeKey(namespace, localName))
  }

  /** A name written with escapes it did not need, and the extensions, whose names all have them. */
  #escaped(namespace: string, localName: string): XmlFieldPlan | undefined {
    if (namespace !== this.#namespace || !localName.includes('_x')) return undefined
    const name = decodeName(localName)
    const field = name.startsWith('[') ? this.plan.extensionByName(name.slice(1, -1)) : this.plan.byName.get(name)
    if (field === undefined) return undefined
    const found = this.fieldOf(field)
    const { name: given, namespace: own } = fieldOption(field.desc)
    const isDerived = found.attribute === undefined && given === '' && own === undefined
    return isDerived || field.desc.kind === 'extension' ? found : undefined
  }

  #elementKey(namespace: string, localName: string): string {
    return namespace === this.#namespace ? localName : `{${namespace}}${localName}`
  }

  #addName(field: XmlFieldPlan, localName: string): void {
    const { attribute, tag } = field
    if (attribute !== undefined) {
      const key = attributeKey(fieldOption(field.field.desc).namespace ?? '', localName)
      if (!this.#attributes.has(key)) this.#attributes.set(key, field)
      return
    }
    const key = this.#elementKey(tag.namespace, localName)
    if (!this.#elements.has(key)) this.#elements.set(key, field)
  }

  #compile(field: FieldPlan): XmlFieldPlan {
    const { name, namespace, isAttribute, item } = fieldOption(field.desc)
    // An extension is found by its full name, wherever it is declared.
    const isExtension = field.desc.kind === 'extension'
    const localName = encodeName(name === '' || isExtension ? field.jsonName : name)
    const own = isExtension ? this.#namespace : (namespace ?? this.#namespace)
    const tag = makeTag(localName, own, this.#enclosing)
    const takesAttribute = isAttribute && canBeAttribute(field) && !isExtension
    const isReserved = this.reserved.includes(localName) && (namespace ?? '') === ''
    return {
      field,
      attribute:
        takesAttribute && !isReserved ? readyText(attributeStart(localName, namespace ?? '', field.number)) : undefined,
      tag,
      item: item === undefined || field.shape !== 'list' ? undefined : makeTag(encodeName(item), own, own),
      value: this.#value(field, own),
    }
  }

  #value({ element, shape }: FieldPlan, namespace: string): XmlValuePlan {
    const reserved = shape === 'map' ? KEY : NONE
    if (element.kind === 'message') return this.#plans.valueOf(element.message, namespace, reserved)
    return new XmlValuePlan(
      this.#plans,
      undefined,
      element.kind === 'enum' ? 'enum' : scalarText(element.type),
      namespace,
      reserved,
    )
  }
}

/** Singular fields whose value is one text. */
export function canBeAttribute(field: FieldPlan): boolean {
  if (field.shape !== 'singular') return false
  return field.element.kind !== 'message' || hasTextForm(field.element.message.form)
}

/** The namespace of a message's elements: its own, its file's, or that of the element it stands in. */
function namespaceOf(plan: MessagePlan, enclosing: string): string {
  return messageOption(plan.desc).namespace ?? fileNamespace(plan.desc.file) ?? enclosing
}

/** @param scope the default namespace where the element is written */
function makeTag(localName: string, namespace: string, scope: string): XmlTag {
  const declaration = namespace === scope ? '' : ` xmlns="${quoted(namespace)}"`
  const start = readyText(`<${localName}${declaration}`)
  return { localName, namespace, start, end: readyText(`</${localName}>`) }
}

/** An attribute in a namespace needs a prefix; each brings its own, which no other field has. */
function attributeStart(localName: string, namespace: string, number: number): string {
  if (namespace === '') return ` ${localName}="`
  if (namespace === XML_NAMESPACE) return ` xml:${localName}="`
  return ` xmlns:n${number}="${quoted(namespace)}" n${number}:${localName}="`
}

function quoted(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function attributeKey(namespace: string, localName: string): string {
  return namespace === '' ? localName : `{${namespace}}${localName}`
}

function valueForm(type: MessagePlan | undefined): ValueForm {
  switch (type?.form) {
    case 'any':
    case 'struct':
    case 'value':
    case 'listValue':
      return type.form
    default:
      return type === undefined || type.form !== undefined ? 'text' : 'message'
  }
}

function messageText(type: MessagePlan): TextForm {
  return type.form === 'wrapper' ? scalarText((type.fields[0]!.element as ScalarElement).type) : 'collapsed'
}

function scalarText(type: ScalarType): TextForm {
  switch (type) {
    case ScalarType.STRING:
      return 'string'
    case ScalarType.BYTES:
      return 'bytes'
    case ScalarType.BOOL:
      return 'bool'
    default:
      return 'collapsed'
  }
}
