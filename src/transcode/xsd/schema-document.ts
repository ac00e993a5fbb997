import { XML_NAMESPACE } from '../xml/namespaces.js'
import { documentOf, element, type XmlElement } from './element.js'
import type { SimpleType } from './simple-types.js'

const XSD_NAMESPACE = 'http://www.w3.org/2001/XMLSchema'

/**
 * The schema of one target namespace, as it is put together: a document for each, which import one another (XSD 1.0
 * part 1 §4.2.3).
 */
export class SchemaDocument {
  readonly namespace: string
  readonly #prefixes = new Map<string, string>()
  readonly #imports = new Set<SchemaDocument>()
  readonly #simple = new Map<string, XmlElement>()
  readonly #types = new Map<string, XmlElement | undefined>()
  readonly #groups = new Map<string, XmlElement>()
  readonly #roots = new Map<string, XmlElement>()
  #constraints = 0

  constructor(namespace: string) {
    this.namespace = namespace
    if (namespace !== '' && namespace !== XML_NAMESPACE) this.#prefixes.set(namespace, 'tns')
  }

  /** Has what the other document declares, though nothing here refers to it. */
  import(document: SchemaDocument): void {
    this.#imports.add(document)
  }

  /** How a name of another document, or of this, is referred to from here. */
  reference(document: SchemaDocument, localName: string): string {
    if (document !== this) this.#imports.add(document)
    if (document.namespace === '') return localName
    // Bound for ever, and to be declared by no other prefix (Namespaces in XML 1.0 §3).
    if (document.namespace === XML_NAMESPACE) return `xml:${localName}`
    let prefix = this.#prefixes.get(document.namespace)
    if (prefix === undefined) this.#prefixes.set(document.namespace, (prefix = `n${this.#prefixes.size}`))
    return `${prefix}:${localName}`
  }

  /** The name to refer to a simple type by; defined here when first asked for. */
  simpleType(type: SimpleType): string {
    if (type.definition === undefined) return type.name
    if (!this.#simple.has(type.name)) {
      this.#simple.set(
        type.name,
        type.definition((used) => this.simpleType(used)),
      )
    }
    return this.reference(this, type.name)
  }

  /** The name to refer to a complex type by; made when first asked for, and then it may refer to itself. */
  complexType(name: string, make: () => XmlElement): string {
    if (!this.#types.has(name)) {
      this.#types.set(name, undefined)
      const { attributes, ...made } = make()
      this.#types.set(name, { ...made, attributes: { name, ...attributes } })
    }
    return name
  }

  /** The element, in which no two elements at the path have the same value of an attribute. */
  withUnique(declared: XmlElement, localName: string, attribute: string): XmlElement {
    this.#constraints++
    const unique = element('xs:unique', { name: `${attribute}.${this.#constraints}` }, [
      element('xs:selector', { xpath: this.reference(this, localName) }),
      element('xs:field', { xpath: `@${attribute}` }),
    ])
    return { ...declared, content: [...(declared.content as readonly XmlElement[]), unique] }
  }

  addGroup(name: string, group: XmlElement): void {
    this.#groups.set(name, group)
  }

  root(localName: string): XmlElement | undefined {
    return this.#roots.get(localName)
  }

  addRoot(localName: string, declaration: XmlElement): void {
    this.#roots.set(localName, declaration)
  }

  /**
   * @param fileOf the file each imported document is in
   * @param documentation what a reader of the schema should know
   */
  text(fileOf: (document: SchemaDocument) => string, documentation: readonly string[]): string {
    const prefixes = [...this.#prefixes].map(([namespace, prefix]) => [`xmlns:${prefix}`, namespace])
    const imports = [...this.#imports].map((document) =>
      element('xs:import', { namespace: document.namespace || undefined, schemaLocation: fileOf(document) }),
    )
    const notes = documentation.map((note) => element('xs:documentation', {}, note))
    const types = [...this.#types.values()].filter((type) => type !== undefined)
    return documentOf(
      element(
        'xs:schema',
        {
          'xmlns:xs': XSD_NAMESPACE,
          ...Object.fromEntries(prefixes),
          targetNamespace: this.namespace || undefined,
          elementFormDefault: 'qualified',
        },
        [
          ...(notes.length > 0 ? [element('xs:annotation', {}, notes)] : []),
          ...imports,
          ...this.#roots.values(),
          ...types,
          ...this.#groups.values(),
          ...this.#simple.values(),
        ],
      ),
    )
  }
}
