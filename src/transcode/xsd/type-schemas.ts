import type { Registry } from '@bufbuild/protobuf'
import type { PlanTable } from '../plan/plan-table.js'
import type { ElementPlan, FieldPlan, MessagePlan } from '../plan/types.js'
import { elementTakesNull } from '../plan/special-form.js'
import { encodeName } from '../xml/names.js'
import { XmlPlans, type XmlFieldPlan, type XmlMessagePlan, type XmlName, type XmlValuePlan } from '../xml/plan.js'
import { element, type XmlElement } from './element.js'
import { SchemaDocument } from './schema-document.js'
import { BOOL, FINITE, NULL_VALUE, scalarType, simpleTypeOf, STRING, type SimpleType } from './simple-types.js'

const MANY = { minOccurs: '0', maxOccurs: 'unbounded' }
const OPTIONAL = { minOccurs: '0' }

/**
 * The XML Schema types of messages, as the XML form has them: one complex type for each message type and namespace,
 * since a type without a namespace of its own takes that of the element it stands in.
 */
export class TypeSchemas {
  readonly plans: XmlPlans
  readonly #registry: Registry
  readonly #documents = new Map<string, SchemaDocument>()
  /** Messages that are bodies beside path variables: what is required of them may stand in the path. */
  readonly #partial: ReadonlySet<MessagePlan>

  constructor(table: PlanTable, registry: Registry, partial: ReadonlySet<MessagePlan>) {
    this.plans = new XmlPlans(table)
    this.#registry = registry
    this.#partial = partial
  }

  /** In the order they were first needed. */
  get documents(): readonly SchemaDocument[] {
    return [...this.#documents.values()]
  }

  document(namespace: string): SchemaDocument {
    let document = this.#documents.get(namespace)
    if (document === undefined) this.#documents.set(namespace, (document = new SchemaDocument(namespace)))
    return document
  }

  /** Declares the root element of a message. */
  messageRoot(plan: MessagePlan): {
    readonly document: SchemaDocument
    readonly name: string
    declaration: XmlElement
  } {
    const { tag, value } = this.plans.rootOf(plan)
    const document = this.document(tag.namespace)
    const type = this.#reference(document, value, undefined, plan)
    const declared = element('xs:element', { name: tag.localName, type })
    return { document, name: tag.localName, declaration: this.#uniqueFields(declared, document, value) }
  }

  /** Declares the root elements of a field that is a whole body: either spelling of its name. */
  fieldRoots(
    field: FieldPlan,
  ): { readonly document: SchemaDocument; readonly name: string; declaration: XmlElement }[] {
    const { tag, field: xml } = this.plans.rootField(field)
    const document = this.document(tag.namespace)
    const isDerived = tag.localName === encodeName(field.jsonName)
    const names = isDerived ? new Set([tag.localName, encodeName(field.name)]) : [tag.localName]
    return [...names].map((name) => ({
      document,
      name,
      declaration: this.#fieldElement(document, xml, name, {}, true),
    }))
  }

  /** The type of a value in the elements of a document. */
  #reference(
    from: SchemaDocument,
    value: XmlValuePlan,
    plan: ElementPlan | undefined,
    message: MessagePlan | undefined,
    key: SimpleType = STRING,
  ): string {
    if (value.form === 'text') return from.simpleType(plan === undefined ? messageText(message!) : simpleTypeOf(plan))
    const document = this.document(value.form === 'message' ? value.message.namespace : value.namespace)
    return from.reference(document, this.#complexType(document, value, key))
  }

  /** The name of a complex type within its document. `key`: the type of the attribute that a map's entry has. */
  #complexType(document: SchemaDocument, value: XmlValuePlan, key: SimpleType): string {
    const suffix = value.reserved.map((name) => `.${name}`).join('') + (key === STRING ? '' : `.${key.name}`)
    switch (value.form) {
      case 'message': {
        const { message } = value
        return document.complexType(message.plan.typeName + suffix, () => this.#message(document, message, key))
      }
      case 'struct':
        return document.complexType(`google.protobuf.Struct${suffix}`, () =>
          element('xs:complexType', {}, [
            element('xs:sequence', {}, [this.#structField(document)]),
            ...keyAttribute(document, value.reserved, key),
          ]),
        )
      case 'listValue':
        return document.complexType(`google.protobuf.ListValue${suffix}`, () =>
          element('xs:complexType', {}, [
            element('xs:sequence', {}, [
              element('xs:element', { name: 'value', type: this.#value(document, []), nillable: 'true', ...MANY }),
            ]),
            ...keyAttribute(document, value.reserved, key),
          ]),
        )
      case 'any':
        return document.complexType(`google.protobuf.Any${suffix}`, anyType)
      default:
        return this.#valueName(document, value.reserved, key)
    }
  }

  #value(document: SchemaDocument, reserved: readonly string[]): string {
    return document.reference(document, this.#valueName(document, reserved))
  }

  /** google.protobuf.Value: one of its kinds. `reserved`: an attribute that whoever holds it has. */
  #valueName(document: SchemaDocument, reserved: readonly string[], key = STRING): string {
    const suffix = reserved.map((name) => `.${name}`).join('') + (key === STRING ? '' : `.${key.name}`)
    return document.complexType(`google.protobuf.Value${suffix}`, () => {
      const simple = (name: string, type: SimpleType, nillable?: 'true'): XmlElement =>
        element('xs:element', { name, type: document.simpleType(type), nillable })
      const list = element('xs:sequence', {}, [
        element('xs:element', { name: 'value', type: this.#value(document, []), nillable: 'true', ...MANY }),
      ])
      return element('xs:complexType', {}, [
        element('xs:choice', {}, [
          simple('nullValue', NULL_VALUE, 'true'),
          simple('numberValue', FINITE),
          simple('stringValue', STRING),
          simple('boolValue', BOOL),
          document.withUnique(
            element('xs:element', { name: 'structValue' }, [
              element('xs:complexType', {}, [element('xs:sequence', {}, [this.#structField(document)])]),
            ]),
            'field',
            'name',
          ),
          element('xs:element', { name: 'listValue' }, [element('xs:complexType', {}, [list])]),
        ]),
        ...keyAttribute(document, reserved, key),
      ])
    })
  }

  #structField(document: SchemaDocument): XmlElement {
    return element('xs:element', { name: 'field', type: this.#value(document, ['name']), nillable: 'true', ...MANY })
  }

  #message(document: SchemaDocument, xml: XmlMessagePlan, key: SimpleType): XmlElement {
    // What is looked up by name and the extensions, which are not.
    const named = xml.names()
    const extensions = this.#extensionsOf(xml)
    const elements = [...named.filter(({ field }) => field.attribute === undefined), ...extensions]
    const attributes = named.filter(({ field }) => field.attribute !== undefined)
    return element('xs:complexType', {}, [
      ...this.#content(document, xml, elements),
      ...keyAttribute(document, xml.reserved, key),
      ...attributes.map((name) => this.#attribute(document, xml, name)),
    ])
  }

  #extensionsOf(xml: XmlMessagePlan): XmlName[] {
    if (xml.plan.desc.proto.extensionRange.length === 0) return []
    return [...this.#registry].flatMap((desc) => {
      if (desc.kind !== 'extension' || desc.extendee.typeName !== xml.plan.typeName) return []
      const plan = xml.plan.extensionByName(desc.typeName)
      if (plan === undefined) return []
      const field = xml.fieldOf(plan)
      return [{ field, localName: field.tag.localName, namespace: field.tag.namespace }]
    })
  }

  /**
   * Elements in any order. Where each stands once at most, all of one namespace, xs:all says so exactly; where one repeats,
   * XSD 1.0 can only have a choice that repeats, which does not count the others.
   */
  #content(document: SchemaDocument, xml: XmlMessagePlan, names: readonly XmlName[]): XmlElement[] {
    if (names.length === 0) return []
    const isOneNamespace = names.every(({ namespace }) => namespace === document.namespace)
    const isSingle = names.every(({ field }) => field.field.shape !== 'list' || field.item !== undefined)
    if (isOneNamespace && isSingle) {
      const oneof = names[0]!.field.field.oneof
      if (oneof !== undefined && names.every(({ field }) => field.field.oneof === oneof)) {
        const members = names.map(({ field, localName }) => this.#fieldElement(document, field, localName, {}))
        return [element('xs:choice', OPTIONAL, members)]
      }
      const members = names.map(({ field, localName }) => {
        const isOnly = names.filter((other) => other.field === field).length === 1
        const isNeeded = field.field.isRequired && isOnly && !this.#partial.has(xml.plan)
        return this.#fieldElement(document, field, localName, isNeeded ? {} : OPTIONAL)
      })
      return [element('xs:all', {}, members)]
    }
    const members = names.map(({ field, localName, namespace }) => {
      if (namespace === document.namespace) return this.#fieldElement(document, field, localName, {})
      // An element of another namespace is declared where that is the target, in a group of its own.
      const other = this.document(namespace)
      const name = `${xml.plan.typeName}.${localName}`
      other.addGroup(
        name,
        element('xs:group', { name }, [element('xs:sequence', {}, [this.#fieldElement(other, field, localName, {})])]),
      )
      return element('xs:group', { ref: document.reference(other, name) })
    })
    return [element('xs:choice', MANY, members)]
  }

  /** @param isRoot a list that is a whole body has an element round its items */
  #fieldElement(
    document: SchemaDocument,
    xml: XmlFieldPlan,
    name: string,
    occurs: Readonly<Record<string, string>>,
    isRoot = false,
  ): XmlElement {
    const { field, item, value } = xml
    if (field.shape === 'map') return this.#mapElement(document, xml, name, occurs)
    if (field.shape === 'list' && (item !== undefined || isRoot)) {
      const names = item === undefined ? new Set([xml.tag.localName, encodeName(field.name)]) : [item.localName]
      const type = this.#reference(document, value, field.element, undefined)
      const nillable = elementTakesNull(field.element) ? 'true' : undefined
      const items = [...names].map((itemName) =>
        this.#uniqueFields(element('xs:element', { name: itemName, type, nillable }), document, value),
      )
      return element('xs:element', { name, nillable: 'true', ...occurs }, [
        element('xs:complexType', {}, [element('xs:choice', MANY, items)]),
      ])
    }
    const type = this.#reference(document, value, field.element, undefined)
    const declared = element('xs:element', { name, type, nillable: 'true', ...occurs })
    return this.#uniqueFields(declared, document, value)
  }

  /** No two fields of a Struct have one name. */
  #uniqueFields(declared: XmlElement, document: SchemaDocument, value: XmlValuePlan): XmlElement {
    return value.form === 'struct' ? document.withUnique(declared, 'field', 'name') : declared
  }

  #mapElement(
    document: SchemaDocument,
    { field, value }: XmlFieldPlan,
    name: string,
    occurs: Readonly<Record<string, string>>,
  ): XmlElement {
    const nillable = elementTakesNull(field.element) ? 'true' : undefined
    const key = document.simpleType(scalarType(field.mapKey!.type))
    let entry: XmlElement
    if (value.form === 'text') {
      const base = this.#reference(document, value, field.element, undefined)
      const extension = element('xs:extension', { base }, [
        element('xs:attribute', { name: 'key', type: key, use: 'required' }),
      ])
      entry = element('xs:element', { name: 'entry', nillable, ...MANY }, [
        element('xs:complexType', {}, [element('xs:simpleContent', {}, [extension])]),
      ])
    } else {
      const type = this.#reference(document, value, field.element, undefined, scalarType(field.mapKey!.type))
      const declared = element('xs:element', { name: 'entry', type, nillable, ...MANY })
      entry = this.#uniqueFields(declared, document, value)
    }
    return document.withUnique(
      element('xs:element', { name, nillable: 'true', ...occurs }, [
        element('xs:complexType', {}, [element('xs:sequence', {}, [entry])]),
      ]),
      'entry',
      'key',
    )
  }

  #attribute(document: SchemaDocument, xml: XmlMessagePlan, { field, localName, namespace }: XmlName): XmlElement {
    const declare = (home: SchemaDocument, form?: 'qualified'): XmlElement =>
      element('xs:attribute', { name: localName, type: home.simpleType(simpleTypeOf(field.field.element)), form })
    if (namespace === '') return declare(document)
    if (namespace === document.namespace) return declare(document, 'qualified')
    const other = this.document(namespace)
    const name = `${xml.plan.typeName}.${localName}`
    other.addGroup(name, element('xs:attributeGroup', { name }, [declare(other, 'qualified')]))
    return element('xs:attributeGroup', { ref: document.reference(other, name) })
  }
}

function messageText(plan: MessagePlan): SimpleType {
  return simpleTypeOf({ kind: 'message', message: plan, isDelimited: false })
}

/** What is packed decides what else is in it, which XSD 1.0 cannot say: any content, and the type where there is some. */
export function anyType(): XmlElement {
  return element('xs:complexType', {}, [
    element('xs:sequence', {}, [element('xs:any', { processContents: 'skip', ...MANY })]),
    element('xs:anyAttribute', { processContents: 'skip' }),
  ])
}

/** Attributes that are an element's own: `key` of a map's entry, `name` of a Struct's field. */
function keyAttribute(document: SchemaDocument, reserved: readonly string[], key: SimpleType): XmlElement[] {
  return reserved.map((name) => element('xs:attribute', { name, type: document.simpleType(key), use: 'required' }))
}
