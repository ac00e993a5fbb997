import { ScalarType, type DescService, type Registry } from '@bufbuild/protobuf'
import type { Binding } from '../../mapping/index.js'
import { givesHttpBody } from '../binding/encode-response.js'
import { shapeOf, type BindingShape } from '../binding/binding-shape.js'
import { PlanTable } from '../plan/plan-table.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { documentOf, element, type XmlElement } from './element.js'
import { ExampleWriter } from './example.js'
import type { SchemaDocument } from './schema-document.js'
import { scalarType } from './simple-types.js'
import { anyType, TypeSchemas } from './type-schemas.js'

export interface SchemaSources {
  readonly registry: Registry
  readonly service: DescService
  /** Of the service's methods. */
  readonly bindings: readonly Binding[]
  /** `json: { unknownFields: ignore }` */
  readonly ignoresUnknown: boolean
  /** Leading comment of the service, or ''. */
  readonly comment: string
}

/** A file to be written. */
export interface XmlFile {
  readonly name: string
  readonly text: string
}

/** The XML Schema of a service: what its bodies may be, and what is answered. */
export interface ServiceSchema {
  /** A document for each namespace; the first is the service's, and imports the others. */
  readonly files: readonly XmlFile[]
  /** A document for each root element. */
  readonly examples: readonly XmlFile[]
  /** What the schema cannot say, a sentence each. */
  readonly notes: readonly string[]
}

/** A body and where it stands. */
interface Root {
  readonly content: MessagePlan | FieldPlan
  readonly rpc: string
}

/**
 * Writes the XML Schema (XSD 1.0) of one service: a root element for every body that its methods read or write in XML,
 * and for errors. Where XSD 1.0 cannot be exact it is wider than the gateway: `docs/xml.md` lists the cases.
 */
export function serviceSchema(sources: SchemaSources): ServiceSchema {
  const { registry, service, bindings } = sources
  const table = new PlanTable(registry)
  const shapes = bindings.map((binding) => ({ rpc: binding.method.name, shape: shapeOf(binding, table, true) }))
  const types = new TypeSchemas(table, registry, new Set(shapes.flatMap(({ shape }) => partialMessages(shape))))
  const roots = shapes.flatMap(({ rpc, shape }) => rootsOf(shape).map((content): Root => ({ content, rpc })))
  const notes: string[] = []
  const declared = new Map<string, Root>()
  const distinct: Root[] = []
  for (const root of roots) {
    const elements = isMessage(root.content) ? [types.messageRoot(root.content)] : types.fieldRoots(root.content)
    let isNew = false
    for (const { document, name, declaration } of elements) {
      const key = `{${document.namespace}}${name}`
      const other = declared.get(key)
      if (other === undefined) {
        declared.set(key, root)
        document.addRoot(name, declaration)
        isNew = true
      } else if (!isSame(other.content, root.content)) {
        notes.push(
          `<${name}> is one thing to ${other.rpc} and another to ${root.rpc}: the schema has that of ${other.rpc}.`,
        )
      }
    }
    if (isNew) distinct.push(root)
  }
  const errors = types.document('')
  if (errors.root('Status') === undefined) errors.addRoot('Status', statusElement(errors))
  if (sources.ignoresUnknown) notes.push('Elements and attributes that the schema does not have are passed over.')
  return {
    files: filesOf(types.documents, sources, notes, distinct, types),
    examples: examplesOf(distinct, types, service),
    notes,
  }
}

/** What XML bodies of a binding are, both ways. */
function rootsOf(shape: BindingShape): (MessagePlan | FieldPlan)[] {
  const request = shape.bodyContent === undefined ? [] : [shape.bodyContent]
  return givesHttpBody(shape) ? request : [...request, shape.responseBody ?? shape.response]
}

/** Messages of a body in which the path or the query may have what they require. */
function partialMessages({ request, body, captures }: BindingShape): MessagePlan[] {
  const partial = body.kind === 'whole' && captures.length > 0 ? [request] : []
  for (const { path } of captures) {
    for (const { element: value } of path) if (value.kind === 'message') partial.push(value.message)
  }
  return partial
}

function isMessage(content: MessagePlan | FieldPlan): content is MessagePlan {
  return 'typeName' in content
}

/** Fields of one name and type are one element. */
function isSame(a: MessagePlan | FieldPlan, b: MessagePlan | FieldPlan): boolean {
  if (a === b) return true
  if (isMessage(a) || isMessage(b) || a.shape !== b.shape) return false
  if (a.element.kind === 'message') return b.element.kind === 'message' && a.element.message === b.element.message
  if (a.element.kind === 'enum') return b.element.kind === 'enum' && a.element.enum === b.element.enum
  return b.element.kind === 'scalar' && a.element.type === b.element.type && a.mapKey?.type === b.mapKey?.type
}

/** The body of errors: google.rpc.Status, which is only written. */
function statusElement(document: SchemaDocument): XmlElement {
  const any = document.complexType('google.protobuf.Any', anyType)
  const type = (scalar: ScalarType): string => document.simpleType(scalarType(scalar))
  return element('xs:element', { name: 'Status' }, [
    element('xs:complexType', {}, [
      element('xs:sequence', {}, [
        element('xs:element', { name: 'code', type: type(ScalarType.INT32) }),
        element('xs:element', { name: 'message', type: type(ScalarType.STRING) }),
        element('xs:element', {
          name: 'details',
          type: document.reference(document, any),
          minOccurs: '0',
          maxOccurs: 'unbounded',
        }),
      ]),
    ]),
  ])
}

function filesOf(
  documents: readonly SchemaDocument[],
  { service, comment }: SchemaSources,
  notes: readonly string[],
  roots: readonly Root[],
  types: TypeSchemas,
): XmlFile[] {
  // The one whose root elements there are most of; the others are imported by it.
  const counts = new Map<string, number>()
  for (const { content } of roots) {
    const { namespace } = isMessage(content) ? types.plans.rootOf(content).tag : types.plans.rootField(content).tag
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
  }
  const count = ({ namespace }: SchemaDocument): number => counts.get(namespace) ?? 0
  const ordered = [...documents].sort((a, b) => count(b) - count(a))
  const [main] = ordered
  for (const other of ordered.slice(1)) main!.import(other)
  const names = new Map(ordered.map((document, at) => [document, `${service.typeName}${at === 0 ? '' : `.${at}`}.xsd`]))
  const about = [`${service.typeName}${comment.trim() === '' ? '' : `: ${comment.trim()}`}`, ...notes]
  return ordered.map((document) => ({
    name: names.get(document)!,
    text: document.text((other) => names.get(other)!, document === main ? about : []),
  }))
}

function examplesOf(roots: readonly Root[], types: TypeSchemas, service: DescService): XmlFile[] {
  const writer = new ExampleWriter(types.plans)
  return roots.map(({ content }) => {
    const root = isMessage(content) ? writer.message(content) : writer.field(content)
    // Some file systems know no difference between `Shelf` and `shelf`.
    const name = isMessage(content) ? root.name : `body-${root.name}`
    return { name: `${service.typeName}.${name}.xml`, text: documentOf(root) }
  })
}
