import { ScalarType } from '@bufbuild/protobuf'
import type { StatusError } from '../../status/index.js'
import { suggestName } from '../errors/nearest.js'
import { formatPath, type PathStep } from '../errors/field-path.js'
import { depthExceeded, quote, shorten, transcodeError } from '../errors/transcode-error.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { TranscodeReason } from '../reasons.js'
import { TreeNode } from '../tree/node.js'
import { elementTakesNull } from '../tree/write-field.js'
import { MAX_DEPTH } from '../wire/reader.js'
import { trimSpace } from './characters.js'
import { readSpecial } from './decode-special.js'
import { textNode } from './decode-text.js'
import { encodeName } from './names.js'
import { XSI_NAMESPACE } from './namespaces.js'
import type { ReservedAttributes, XmlFieldPlan, XmlMessagePlan, XmlPlans, XmlTag, XmlValuePlan } from './plan.js'
import { Content, type XmlAttribute, type XmlReader } from './reader.js'
import { TreeBuilder } from './tree-builder.js'

/** XSD 1.0 part 1 §2.6.3: allowed on any element, and of no weight here. */
const SCHEMA_HINTS = ['schemaLocation', 'noNamespaceSchemaLocation']

/**
 * Reads one document as the tree its message, or the value of one field, has in JSON: what an element is, is known from
 * the plan, never from how it looks. Whatever is not in the plan is refused, or passed over, as it is met.
 *
 * Throws StatusError INVALID_ARGUMENT: what the reader does, WRONG_ROOT_ELEMENT, UNKNOWN_FIELD, DUPLICATE_FIELD,
 * MALFORMED_FIELD with the field's path.
 */
export class XmlDecoder {
  readonly reader: XmlReader
  readonly plans: XmlPlans
  readonly #ignoresUnknown: boolean
  readonly #path: PathStep[] = []
  #depth = 0

  constructor(reader: XmlReader, plans: XmlPlans, ignoresUnknown: boolean) {
    this.reader = reader
    this.plans = plans
    this.#ignoresUnknown = ignoresUnknown
  }

  /** A document whose root element is a message's. */
  message(plan: MessagePlan): TreeNode {
    const { tag, value } = this.plans.rootOf(plan)
    this.reader.begin()
    if (!this.#isAt(tag)) throw this.#wrongRoot(tag)
    const node = this.value(value)
    this.reader.finish()
    return node
  }

  /** A document whose root element is a field's: round the items of a list, else the value itself. */
  field(plan: FieldPlan): TreeNode {
    const { tag, field } = this.plans.rootField(plan)
    this.reader.begin()
    if (!this.#isAt(tag) && !this.#isAtProtoName(field, tag)) throw this.#wrongRoot(tag)
    this.#path.push(plan.jsonName)
    const isPlainList = plan.shape === 'list' && field.item === undefined
    const node = isPlainList ? this.#items(field, field.tag, encodeName(plan.name)) : this.#fieldValue(field)
    this.reader.finish()
    return node
  }

  /** The value in the current element. */
  value(plan: XmlValuePlan): TreeNode {
    switch (plan.form) {
      case 'text':
        return this.isNil(plan.reserved) ? TreeNode.null : textNode(plan.text, this.text())
      case 'message':
        return this.members(plan.message)
      default:
        return readSpecial(plan.form, plan, this)
    }
  }

  /**
   * The fields in the current element: its attributes, then its elements to the end tag; null where it is nil.
   *
   * @param first a member of the object before those: `@type` of an Any
   */
  members(plan: XmlMessagePlan, first?: readonly [key: string, value: TreeNode]): TreeNode {
    const members = new TreeBuilder()
    if (first !== undefined) members.add(first[0], first[1])
    if (this.reader.attributes.length > 0 && this.#readAttributes(plan.reserved, plan, members)) return TreeNode.null
    this.enter()
    while (this.nextElement()) {
      const { localName, namespace } = this.reader
      const field = plan.element(namespace, localName)
      if (field === undefined) {
        this.unknown(() => plan.elementNames())
        continue
      }
      this.#path.push(field.field.jsonName)
      this.#addField(field, members)
      this.#path.pop()
    }
    this.leave()
    return members.finish()
  }

  #addField(field: XmlFieldPlan, members: TreeBuilder): void {
    const key = field.field.jsonName
    if (field.field.shape === 'list' && field.item === undefined) {
      this.#addItem(field, members)
    } else {
      if (members.has(key)) throw this.duplicate('the element stands twice')
      members.add(key, this.#fieldValue(field))
    }
  }

  #addItem(field: XmlFieldPlan, members: TreeBuilder): void {
    const key = field.field.jsonName
    let items = members.list(key)
    this.#path.push(items?.length ?? 0)
    const item = this.value(field.value)
    this.#path.pop()
    if (items === undefined) {
      if (members.has(key)) throw this.malformed('a list that is nil has items')
      // One element that is nil is the list that is null, as `"tags": null` is in JSON.
      if (item.isNull && !elementTakesNull(field.field.element)) {
        members.add(key, item)
        return
      }
      items = members.addList(key)
    }
    items.push(item)
  }

  /** The whole value of a field in the one element it has. */
  #fieldValue(field: XmlFieldPlan): TreeNode {
    switch (field.field.shape) {
      case 'list':
        return this.#items(field, field.item!, field.item!.localName)
      case 'map':
        return this.#entries(field)
      default:
        return this.value(field.value)
    }
  }

  /** The items of a list within the current element, which is round them. */
  #items(field: XmlFieldPlan, item: XmlTag, otherName: string): TreeNode {
    if (this.isNil()) return TreeNode.null
    const items: TreeNode[] = []
    while (this.nextElement()) {
      const { localName, namespace } = this.reader
      if (namespace !== item.namespace || (localName !== item.localName && localName !== otherName)) {
        this.unknown(() => [item.localName])
        continue
      }
      this.#path.push(items.length)
      items.push(this.value(field.value))
      this.#path.pop()
    }
    return TreeNode.array(items)
  }

  /** `<entry key="…">value</entry>` within the current element. */
  #entries(field: XmlFieldPlan): TreeNode {
    if (this.isNil()) return TreeNode.null
    const isText = field.field.mapKey!.type === ScalarType.STRING
    const entries = new TreeBuilder()
    while (this.nextElement()) {
      if (!this.isElement('entry', field.tag.namespace)) {
        this.unknown(() => ['entry'])
        continue
      }
      const sent = this.attribute('key')
      if (sent === undefined) throw this.malformed('an entry without the attribute "key"')
      const key = isText ? sent : trimSpace(sent)
      this.#path.push(key)
      if (entries.has(key)) throw this.duplicate('the key stands twice')
      entries.add(key, this.value(field.value))
      this.#path.pop()
    }
    return entries.finish()
  }

  /** Goes on to the next element in the current one; false behind its end tag. */
  nextElement(): boolean {
    const content = this.reader.next()
    if (content === Content.Text) throw this.malformed(`text beside elements, at ${this.reader.place()}`)
    return content === Content.Element
  }

  /** The text of the current element. */
  text(): string {
    const text = this.reader.text()
    if (text === undefined) throw this.malformed(`an element where the value is text, at ${this.reader.place()}`)
    return text
  }

  isElement(localName: string, namespace: string): boolean {
    return this.reader.localName === localName && this.reader.namespace === namespace
  }

  /** The value of an attribute, without namespace, of the element begun last. */
  attribute(localName: string): string | undefined {
    for (const attribute of this.reader.attributes) {
      if (attribute.localName === localName && attribute.namespace === '') return attribute.value
    }
    return undefined
  }

  /** True for an element that is nil: it is read to its end then. `own`: the attributes it may have. */
  isNil(own: ReservedAttributes = []): boolean {
    return this.reader.attributes.length > 0 && this.#readAttributes(own, undefined, undefined)
  }

  /**
   * Goes through the attributes of the element begun last: those of a message are added to its members, hints where a
   * schema is are passed over, what is left is unknown.
   *
   * @param own attributes that whoever calls reads
   * @returns true for an element that is nil (XSD 1.0 part 1 §2.6.2); it is read to its end then
   */
  #readAttributes(
    own: ReservedAttributes,
    plan: XmlMessagePlan | undefined,
    members: TreeBuilder | undefined,
  ): boolean {
    let isNil = false
    let isEmpty = true
    for (const attribute of this.reader.attributes) {
      const { localName, namespace } = attribute
      if (namespace === '' && own.includes(localName)) continue
      if (namespace === XSI_NAMESPACE && SCHEMA_HINTS.includes(localName)) continue
      if (namespace === XSI_NAMESPACE && localName === 'nil') {
        isNil = this.#readNil(attribute)
        continue
      }
      const field = plan?.attribute(namespace, localName)
      if (field !== undefined) {
        members!.add(field.field.jsonName, textNode(field.value.text, attribute.value))
        isEmpty = false
      } else if (!this.#ignoresUnknown) {
        const known = plan?.attributes.map(({ tag }) => tag.localName) ?? []
        throw this.#unknown('attribute', localName, namespace, known)
      }
    }
    if (!isNil) return false
    if (!isEmpty || this.reader.next() !== Content.End)
      throw this.malformed('an element that is nil has something in it')
    return true
  }

  #readNil({ value }: XmlAttribute): boolean {
    const text = trimSpace(value)
    if (text === 'true' || text === '1') return true
    if (text === 'false' || text === '0') return false
    throw this.malformed(`xsi:nil is true or false, not ${quote(text)}`)
  }

  /** The element begun last is not in the plan: refused, or passed over with all that is in it. */
  unknown(known: () => readonly string[]): void {
    if (this.#ignoresUnknown) {
      this.reader.skip(MAX_DEPTH - this.#depth)
      return
    }
    throw this.#unknown('element', this.reader.localName, this.reader.namespace, known())
  }

  #unknown(what: string, localName: string, namespace: string, known: readonly string[]): StatusError {
    const why = known.includes(localName) ? ` in ${describeNamespace(namespace)}` : suggestName(localName, known)
    this.#path.push(localName)
    return this.error('UNKNOWN_FIELD', `no such ${what}${why}, at ${this.reader.elementPlace()}`)
  }

  /** Begins a message, Struct or ListValue; each takes one of the 100 levels. */
  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw depthExceeded()
  }

  leave(): void {
    this.#depth--
  }

  /** Runs `read` for the part of a value that the step names. */
  within<T>(step: PathStep, read: () => T): T {
    this.#path.push(step)
    const value = read()
    this.#path.pop()
    return value
  }

  malformed(description: string): StatusError {
    return this.error('MALFORMED_FIELD', description)
  }

  duplicate(description: string): StatusError {
    return this.error('DUPLICATE_FIELD', `${description}, at ${this.reader.elementPlace()}`)
  }

  error(reason: TranscodeReason, description: string): StatusError {
    const field = formatPath(this.#path)
    return transcodeError(reason, `${field === '' ? 'the body' : field}: ${description}`, field)
  }

  #isAt({ localName, namespace }: XmlTag): boolean {
    return this.isElement(localName, namespace)
  }

  #isAtProtoName({ field }: XmlFieldPlan, { namespace, localName }: XmlTag): boolean {
    // Not where the name is one that an option gives.
    return localName === encodeName(field.jsonName) && this.isElement(encodeName(field.name), namespace)
  }

  #wrongRoot(root: XmlTag): StatusError {
    const { localName, namespace } = this.reader
    const shown = (name: string, uri: string): string =>
      uri === '' ? `<${shorten(name)}>` : `<${shorten(name)} xmlns=${quote(uri)}>`
    return transcodeError(
      'WRONG_ROOT_ELEMENT',
      `the root element is ${shown(localName, namespace)}, not ${shown(root.localName, root.namespace)}`,
    )
  }
}

function describeNamespace(namespace: string): string {
  return namespace === '' ? 'no namespace' : `the namespace ${quote(namespace)}`
}
