import { ScalarType } from '@bufbuild/protobuf'
import type { StatusError } from '../../status/index.js'
import { BoundMessage, type BoundLeaf } from '../decode/bound-message.js'
import { mergeWithin } from '../decode/check-bound.js'
import type { MessageWriter } from '../decode/message-writer.js'
import type { PresentPaths } from '../decode/present-paths.js'
import * as readText from '../decode/read-text.js'
import { readScalarText } from '../decode/read-text.js'
import { Kind, Shape, type ElementTable, type FieldTable, type MessageTable } from '../decode/tables.js'
import { writeEnum, writeTagged, writeText, writeTextContent } from '../decode/write-text.js'
import { suggestName } from '../errors/nearest.js'
import { FieldError, fieldErrorOf, leaving } from '../errors/field-error.js'
import type { PathStep } from '../errors/field-path.js'
import { quote, shorten, transcodeError } from '../errors/transcode-error.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import { trimSpace } from './characters.js'
import { writeSpecial } from './decode-special.js'
import { valueText } from './decode-text.js'
import { ItemRun } from './item-run.js'
import { encodeName } from './names.js'
import { XSI_NAMESPACE } from './namespaces.js'
import type { ReservedAttributes, XmlFieldPlan, XmlMessagePlan, XmlPlans, XmlTag, XmlValuePlan } from './plan.js'
import { Content, type XmlAttribute, type XmlReader } from './reader.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { List, Singular } = Shape
const { STRING } = ScalarType
const { XML_TEXT } = readText
const { Enum } = Kind

/** XSD 1.0 part 1 §2.6.3: allowed on any element, and of no weight here. */
const SCHEMA_HINTS = ['schemaLocation', 'noNamespaceSchemaLocation']

/** What became of a value: it is written; its field stays unset (an unknown enum name that is skipped); it is nil. */
export const Outcome = { Set: 0, Unset: 1, Nil: 2 } as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** A message whose start tag is being read. */
interface OpenMessage {
  readonly plan: XmlMessagePlan
  readonly table: MessageTable
  readonly base: number
  readonly bound: BoundMessage | undefined
}

/** What the path and the query bind of one field. */
type Bound = BoundMessage | BoundLeaf | undefined

/**
 * Writes one document as wire bytes while it is read: what an element is, is known from the plan, never from how it looks.
 * Whatever is not in the plan is refused, or passed over, as it is met. What the path and the query bind is merged in.
 *
 * Throws StatusError INVALID_ARGUMENT: what the reader does, WRONG_ROOT_ELEMENT; FieldError and ValueError: UNKNOWN_FIELD,
 * DUPLICATE_FIELD, MALFORMED_FIELD and what `MessageWriter` does.
 */
export class XmlDecoder {
  readonly reader: XmlReader
  readonly plans: XmlPlans
  readonly writer: MessageWriter
  /** Of the value read last, where it is one text: for errors. */
  #lastText = ''

  constructor(reader: XmlReader, plans: XmlPlans, writer: MessageWriter) {
    this.reader = reader
    this.plans = plans
    this.writer = writer
  }

  /** A document whose root element is the request's. */
  message(request: MessagePlan, bound: BoundMessage | undefined): void {
    const { tag, value } = this.plans.rootOf(request)
    this.reader.begin()
    if (!this.#isAt(tag)) throw this.#wrongRoot(tag)
    const { tables } = this.writer
    const isSet =
      request.form === undefined
        ? this.members(value.message, tables.message(request), bound)
        : this.content(value, tables.root(request))
    if (!isSet) throw this.malformed('null is not an object')
    this.reader.finish()
  }

  /** A document whose root element is that of a field of the request: round the items of a list, else the value itself. */
  field(
    request: MessagePlan,
    plan: FieldPlan,
    bound: BoundMessage | undefined,
    present: PresentPaths | undefined,
  ): void {
    const { tag, field: xml } = this.plans.rootField(plan)
    this.reader.begin()
    if (!this.#isAt(tag) && !this.#isAtProtoName(xml, tag)) throw this.#wrongRoot(tag)
    const { writer } = this
    const table = writer.tables.message(request)
    const field = table.field(plan)
    const base = writer.open(table)
    writer.present = present
    try {
      const isPlainList = field.shape === List && xml.item === undefined
      const outcome = isPlainList
        ? this.#items(field, xml, xml.tag, encodeName(plan.name))
        : this.#fieldValue(field, xml, bound?.entries.get(plan))
      if (present !== undefined) present.isMessage = outcome !== Outcome.Nil
      writer.present = undefined
      if (outcome === Outcome.Set && !writer.addValue(base, table, field)) throw writer.conflict(base, table, field)
    } catch (error) {
      throw this.leaving(error, field.jsonName)
    }
    if (bound !== undefined) writer.addBound(base, table, bound)
    writer.close(table, base)
    this.reader.finish()
  }

  /**
   * Writes the value in the current element.
   *
   * @param tag 0: none, as in a packed list
   * @param keepsDefault false: a value that is its type's default is not written
   */
  value(
    plan: XmlValuePlan,
    element: ElementTable,
    tag: number,
    keepsDefault: boolean,
    bound: BoundMessage | undefined,
  ): Outcome {
    if (plan.form === 'text') return this.#text(plan, element, tag, keepsDefault)
    const { writer } = this
    const start = writer.out.length
    const { width, endTag } = element
    const mark = writer.beginMessage(tag, endTag, width)
    const isSet =
      plan.form === 'message' ? this.members(plan.message, element.message, bound) : writeSpecial(plan.form, plan, this)
    if (!isSet) {
      writer.out.rewind(start)
      return Outcome.Nil
    }
    element.width = writer.endMessage(mark, endTag, width)
    return Outcome.Set
  }

  /** Writes the content of a message that has a special form, without tag and length; false where it is nil. */
  content(plan: XmlValuePlan, element: ElementTable): boolean {
    if (plan.form !== 'text') return writeSpecial(plan.form as Exclude<typeof plan.form, 'message'>, plan, this)
    if (this.isNil(plan.reserved)) return false
    writeTextContent(this.writer.out, element, valueText(plan.text, this.text()), XML_TEXT)
    return true
  }

  #text(plan: XmlValuePlan, element: ElementTable, tag: number, keepsDefault: boolean): Outcome {
    const { writer } = this
    if (this.isNil(plan.reserved)) {
      if (element.kind !== Enum || !element.takesNull) return Outcome.Nil
      writeEnum(writer.out, element, tag, keepsDefault, element.enum!.plan.zero)
      return Outcome.Set
    }
    return this.#textValue(valueText(plan.text, this.text()), element, tag, keepsDefault)
  }

  #textValue(text: string, element: ElementTable, tag: number, keepsDefault: boolean): Outcome {
    this.#lastText = text
    const isSet = writeText(this.writer, element, tag, keepsDefault, text, XML_TEXT)
    return isSet ? Outcome.Set : Outcome.Unset
  }

  /**
   * Writes the fields in the current element: its attributes, then its elements to the end tag.
   *
   * @returns false where it is nil
   */
  members(plan: XmlMessagePlan, table: MessageTable, bound: BoundMessage | undefined): boolean {
    const { writer, reader } = this
    const base = writer.open(table)
    if (reader.attributes.length > 0 && this.#readAttributes(plan.reserved, { plan, table, base, bound })) {
      writer.drop(base)
      return false
    }
    let items: ItemRun | undefined
    let extensions: Set<FieldTable> | undefined
    while (this.nextElement()) {
      const xml = plan.element(reader.namespace, reader.localName)
      if (xml === undefined) {
        this.unknown(() => plan.elementNames())
        continue
      }
      const field = table.field(xml.field)
      try {
        const isItem = field.shape === List && xml.item === undefined
        if (!isItem) items?.end()
        const isFirst = field.isExtension ? addTo((extensions ??= new Set()), field) : writer.addKey(base, field)
        if (!isFirst && !isItem) throw this.duplicate('the element stands twice')
        const present = writer.beginField(field, isFirst)
        const outcome = isItem
          ? this.#item(field, xml, (items ??= new ItemRun(writer)))
          : this.#fieldValue(field, xml, bound?.entries.get(field.plan))
        writer.endField(field, present)
        if (outcome === Outcome.Set && !writer.addValue(base, table, field)) throw writer.conflict(base, table, field)
      } catch (error) {
        throw this.leaving(error, field.jsonName)
      }
    }
    items?.end()
    if (bound !== undefined) writer.addBound(base, table, bound)
    writer.close(table, base)
    return true
  }

  /** An item of a list that has no element round its items. */
  #item(field: FieldTable, xml: XmlFieldPlan, items: ItemRun): Outcome {
    const { element, isPacked } = field
    const index = items.begin(field)
    if (index === -1) throw this.malformed('a list that is nil has items')
    try {
      const outcome = this.value(xml.value, element, isPacked ? 0 : element.tag, true, undefined)
      if (outcome !== Outcome.Nil) {
        items.added()
        return Outcome.Set
      }
      if (index > 0) throw this.malformed('null is not an item of a list')
      // One element that is nil is the list that is null, as `"tags": null` is in JSON.
      items.addedNil()
      return Outcome.Nil
    } catch (error) {
      throw this.leaving(error, index)
    }
  }

  /** The whole value of a field in the one element it has. */
  #fieldValue(field: FieldTable, xml: XmlFieldPlan, bound: Bound): Outcome {
    const { element, keepsDefault } = field
    if (field.shape === Singular) {
      const isWithin = bound instanceof BoundMessage
      if (isWithin && xml.value.form === 'message')
        return this.value(xml.value, element, element.tag, keepsDefault, bound)
      const start = this.writer.out.length
      const outcome = this.value(xml.value, element, element.tag, keepsDefault, undefined)
      if (bound === undefined || outcome !== Outcome.Set) return outcome
      if (isWithin) mergeWithin(this.writer, field, start, bound)
      else this.#requireSame(field, start, bound)
      return outcome
    }
    return field.shape === List ? this.#items(field, xml, xml.item!, xml.item!.localName) : this.#entries(field, xml)
  }

  /** The items of a list within the current element, which is round them. */
  #items(field: FieldTable, xml: XmlFieldPlan, item: XmlTag, otherName: string): Outcome {
    if (this.isNil()) return Outcome.Nil
    const { reader } = this
    const { element, isPacked } = field
    const run = new ItemRun(this.writer)
    let index = run.begin(field)
    while (this.nextElement()) {
      const { localName, namespace } = reader
      if (namespace !== item.namespace || (localName !== item.localName && localName !== otherName)) {
        this.unknown(() => [item.localName])
        continue
      }
      try {
        const outcome = this.value(xml.value, element, isPacked ? 0 : element.tag, true, undefined)
        if (outcome === Outcome.Nil) throw this.malformed('null is not an item of a list')
      } catch (error) {
        throw this.leaving(error, index)
      }
      index++
    }
    run.end()
    return Outcome.Set
  }

  /** `<entry key="…">value</entry>` within the current element. */
  #entries(field: FieldTable, xml: XmlFieldPlan): Outcome {
    if (this.isNil()) return Outcome.Nil
    const isText = field.mapKey!.kind === STRING
    /** The keys by what they stand for, each as it was sent. */
    const keys = new Map<string, string>()
    while (this.nextElement()) {
      if (!this.isElement('entry', xml.tag.namespace)) {
        this.unknown(() => ['entry'])
        continue
      }
      const sent = this.attribute('key')
      if (sent === undefined) throw this.malformed('an entry without the attribute "key"')
      const key = isText ? sent : trimSpace(sent)
      try {
        this.#entry(field, xml, key, keys)
      } catch (error) {
        throw this.leaving(error, key)
      }
    }
    return Outcome.Set
  }

  #entry(field: FieldTable, xml: XmlFieldPlan, text: string, keys: Map<string, string>): void {
    const { out } = this.writer
    const { kind, tag } = field.mapKey!
    const value = field.mapValue!
    const key = readScalarText(kind, text)
    const name = String(key)
    const known = keys.get(name)
    if (known === text) throw this.duplicate('the key stands twice')
    if (known !== undefined) throw new FieldError('DUPLICATE_FIELD', 'the key stands twice, in two spellings')
    keys.set(name, text)
    const start = out.length
    out.tag(field.groupTag)
    const mark = out.begin()
    writeTagged(out, kind, tag, true, key)
    const outcome = this.value(xml.value, value, value.tag, true, undefined)
    if (outcome === Outcome.Nil) throw this.malformed('null is not the value of a map entry')
    if (outcome === Outcome.Set) out.end(mark)
    else out.rewind(start)
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
    return this.reader.attributes.length > 0 && this.#readAttributes(own, undefined)
  }

  /**
   * Goes through the attributes of the element begun last: those of a message are written, hints where a schema is are
   * passed over, what is left is unknown.
   *
   * @param own attributes that whoever calls reads
   * @returns true for an element that is nil (XSD 1.0 part 1 §2.6.2); it is read to its end then
   */
  #readAttributes(own: ReservedAttributes, message: OpenMessage | undefined): boolean {
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
      const xml = message?.plan.attribute(namespace, localName)
      if (xml !== undefined) {
        this.#attributeField(message!, xml, attribute.value)
        isEmpty = false
      } else if (!this.writer.ignoresUnknown) {
        const known = message?.plan.attributes.map(({ tag }) => tag.localName) ?? []
        throw this.#unknown('attribute', localName, namespace, known)
      }
    }
    if (!isNil) return false
    if (!isEmpty || this.reader.next() !== Content.End)
      throw this.malformed('an element that is nil has something in it')
    return true
  }

  #attributeField({ table, base, bound }: OpenMessage, xml: XmlFieldPlan, sent: string): void {
    const { writer } = this
    const field = table.field(xml.field)
    const { element } = field
    try {
      writer.addKey(base, field)
      const present = writer.beginField(field)
      const start = writer.out.length
      const outcome = this.#textValue(valueText(xml.value.text, sent), element, element.tag, field.keepsDefault)
      const leaf = bound?.entries.get(field.plan)
      if (leaf !== undefined && !(leaf instanceof BoundMessage) && outcome === Outcome.Set) {
        this.#requireSame(field, start, leaf)
      }
      writer.endField(field, present)
      if (outcome === Outcome.Set && !writer.addValue(base, table, field)) throw writer.conflict(base, table, field)
    } catch (error) {
      throw this.leaving(error, field.jsonName)
    }
  }

  /** The path or the query binds the same field: with another value it is refused. */
  #requireSame(field: FieldTable, start: number, bound: BoundLeaf): void {
    if (this.writer.isSameAsLeaf(field, bound, start)) return
    const says = `the ${bound.origin} says ${shorten(bound.texts[0]!)}, the body says ${quote(this.#lastText)}`
    throw new FieldError('FIELD_BOUND_TWICE', says)
  }

  #readNil({ value }: XmlAttribute): boolean {
    const text = trimSpace(value)
    if (text === 'true' || text === '1') return true
    if (text === 'false' || text === '0') return false
    throw this.malformed(`xsi:nil is true or false, not ${quote(text)}`)
  }

  /** The element begun last is not in the plan: refused, or passed over with all that is in it. */
  unknown(known: () => readonly string[]): void {
    if (this.writer.ignoresUnknown) {
      this.reader.skip(this.writer.depthLeft)
      return
    }
    throw this.#unknown('element', this.reader.localName, this.reader.namespace, known())
  }

  #unknown(what: string, localName: string, namespace: string, known: readonly string[]): FieldError {
    const why = known.includes(localName) ? ` in ${describeNamespace(namespace)}` : suggestName(localName, known)
    const message = `no such ${what}${why}, at ${this.reader.elementPlace()}`
    return new FieldError('UNKNOWN_FIELD', message, -1, [localName])
  }

  /** Runs `read` for the part of a value that the step names. */
  within<T>(step: PathStep, read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw this.leaving(error, step)
    }
  }

  /** An error that leaves the part of a value that the step names. */
  leaving(error: unknown, step: PathStep): unknown {
    return leaving(fieldErrorOf(error, 'MALFORMED_FIELD'), step)
  }

  malformed(description: string): FieldError {
    return new FieldError('MALFORMED_FIELD', description)
  }

  duplicate(description: string): FieldError {
    return new FieldError('DUPLICATE_FIELD', `${description}, at ${this.reader.elementPlace()}`)
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

function addTo(fields: Set<FieldTable>, field: FieldTable): boolean {
  const { size } = fields
  fields.add(field)
  return fields.size > size
}
