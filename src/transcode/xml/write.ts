import { ScalarType } from '@bufbuild/protobuf'
import { ValueError } from '../errors/transcode-error.js'
import { TypeCode, type EnumElement, type FieldPlan, type MessagePlan } from '../plan/types.js'
import type { Escapes } from '../text/escapes.js'
import { placed } from '../text/placed.js'
import { readyText, type ReadyText } from '../text/ready-text.js'
import { TextWriter } from '../text/text-writer.js'
import * as writeStringModule from '../text/write-string.js'
import { writeString } from '../text/write-string.js'
import { writeDuration, writeTimestamp } from '../text/write-time.js'
import { formatFieldMask } from '../values/field-mask.js'
import { doubleText, floatText } from '../values/float.js'
import { readAny, readPaths, readTime, TimeParts } from '../wire/known-ranges.js'
import { WireError } from '../wire/reader.js'
import type { MessageSegments } from '../wire/segments.js'
import { formatCodePoint } from './characters.js'
import { escapeAttribute, escapeText, unwritable } from './escape.js'
import * as escapesModule from './escapes.js'
import type { XmlMessagePlan, XmlPlans, XmlTag, XmlValuePlan } from './plan.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { BYTES, DOUBLE, FLOAT, STRING } = ScalarType
const { Enum, Group, Message } = TypeCode
const { NOT_UTF8, WRITTEN } = writeStringModule
const { ATTRIBUTE_ESCAPES, TEXT_ESCAPES } = escapesModule

/** What is written before every document. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

const QUOTE = 0x22
const SLASH = 0x2f
const GREATER = 0x3e

const DECLARATION = readyText(XML_DECLARATION)
const ENTRY_KEY = readyText('<entry key="')
const ENTRY_END = readyText('</entry>')
const FIELD_NAME = readyText('<field name="')
const FIELD_END = readyText('</field>')
const TYPE_ATTRIBUTE = readyText(' type="')
const VALUE_START = readyText('<value')
const VALUE_END = readyText('</value>')
const NULL_VALUE = readyText('<nullValue/>')

/** The elements that the kinds of a Value are, by their field numbers. */
const KINDS: readonly (readonly [start: ReadyText, end: ReadyText] | undefined)[] = [
  undefined,
  undefined,
  ...['numberValue', 'stringValue', 'boolValue', 'structValue', 'listValue'].map(
    (name) => [readyText(`<${name}`), readyText(`</${name}>`)] as const,
  ),
]

/** An element whose value is a message of the reader's own bytes: a detail of an error. */
interface PackedRoot {
  readonly name: string
  readonly typeUrl: string
  readonly namespace: string
}

/**
 * Writes messages as XML, compact, from their wire bytes. One writer writes one document after the other.
 *
 * A start tag is written up to its attributes, then they, then `>`; where nothing comes between it and the end tag, the
 * element is made an empty one. A message that has attributes is collected, since they come first whatever their numbers.
 *
 * What has no XML form is a StatusError INTERNAL, UNREPRESENTABLE_VALUE (500): the bytes were well-formed, the value is
 * wrong, or holds a character that XML 1.0 cannot. Bytes that do not decode, those of an Any too, are a WireError.
 */
export class XmlWriter extends TextWriter {
  readonly #xml: XmlPlans
  #field: FieldPlan | undefined = undefined
  #packed: PackedRoot | undefined = undefined
  #rootTag: XmlTag | undefined = undefined
  /** How the message looks whose fields are being written; undefined: they are of a Struct or ListValue. */
  #current: XmlMessagePlan | undefined = undefined
  /** How the value looks that is next, where it is a message. */
  #next: XmlValuePlan | undefined = undefined
  /** Where what stands in the element began that was written last. */
  #inside = 0
  #escapes: Escapes = TEXT_ESCAPES
  readonly #time = new TimeParts()

  constructor(plans: XmlPlans, emitsDefaults: boolean) {
    super(plans.table, 'XML')
    this.#xml = plans
    this.emitsDefaults = emitsDefaults
  }

  /** A document whose root element is the message's. */
  write(plan: MessagePlan, bytes: Uint8Array): Buffer {
    this.#field = undefined
    this.#packed = undefined
    return this.text(plan, bytes)
  }

  /**
   * A document whose root element is the field's: round the items of a list, else the value itself; of a field that is
   * not there, what it holds then.
   */
  writeField(plan: MessagePlan, field: FieldPlan, bytes: Uint8Array): Buffer {
    this.#field = field
    this.#packed = undefined
    return this.text(plan, bytes)
  }

  /** An element that is an Any which packs the message. */
  writePacked(packed: PackedRoot, plan: MessagePlan, bytes: Uint8Array): Buffer {
    this.#field = undefined
    this.#packed = packed
    return this.text(plan, bytes)
  }

  protected override document(plan: MessagePlan): void {
    const { out } = this
    this.#escapes = TEXT_ESCAPES
    this.#current = undefined
    if (this.#packed !== undefined) {
      const { name, typeUrl, namespace } = this.#packed
      out.string(`<${name}`)
      this.#anyContent(typeUrl, plan, namespace, [])
      this.#close(readyText(`</${name}>`))
      return
    }
    out.ready(DECLARATION)
    if (this.#field !== undefined) {
      this.#fieldDocument(plan, this.#field)
      return
    }
    const { tag, value } = this.#xml.rootOf(plan)
    out.ready(tag.start)
    this.#messageContent(value, plan)
    this.#close(tag.end)
  }

  #fieldDocument(plan: MessagePlan, field: FieldPlan): void {
    const { tag, message } = this.#xml.rootField(field)
    this.#rootTag = tag
    this.#current = message
    this.out.ready(tag.start)
    if (field.shape !== 'singular') this.out.byte(GREATER)
    try {
      this.fieldOfAll(plan, field)
    } catch (error) {
      throw placed(error, field.jsonName)
    }
  }

  protected override root(field: FieldPlan, end: number): void {
    this.#content(this.#current!.fieldOf(field).value, field, end)
    this.#close(this.#rootTag!.end)
  }

  protected override finishRoot(_field: FieldPlan, inside: number): void {
    this.#inside = inside
    this.#close(this.#rootTag!.end)
  }

  protected override singular(field: FieldPlan, end: number): void {
    const xml = this.#current!.fieldOf(field)
    if (xml.attribute === undefined) {
      this.#element(xml.tag, xml.value, field, end)
      return
    }
    this.out.ready(xml.attribute)
    this.#escapes = ATTRIBUTE_ESCAPES
    this.value(field, end)
    this.#escapes = TEXT_ESCAPES
    this.out.byte(QUOTE)
  }

  protected override begin(field: FieldPlan): void {
    const xml = this.#current!.fieldOf(field)
    if (xml.item === undefined && field.shape === 'list') return
    this.out.ready(xml.tag.start)
    this.out.byte(GREATER)
  }

  protected override finish(field: FieldPlan, inside: number): void {
    const xml = this.#current!.fieldOf(field)
    if (xml.item === undefined && field.shape === 'list') return
    this.#inside = inside
    this.#close(xml.tag.end)
  }

  protected override item(field: FieldPlan, end: number): void {
    if (this.#current === undefined) {
      this.out.ready(VALUE_START)
      this.out.byte(GREATER)
      this.value(field, end)
      this.out.ready(VALUE_END)
      return
    }
    const xml = this.#current.fieldOf(field)
    this.#element(xml.item ?? xml.tag, xml.value, field, end)
  }

  protected override mapKey(field: FieldPlan, end: number): void {
    const { type } = field.mapKey!
    this.out.ready(this.#current === undefined ? FIELD_NAME : ENTRY_KEY)
    if (type === STRING) this.#string(field, end, ATTRIBUTE_ESCAPES, this.#current === undefined)
    else this.integer(type)
    this.out.byte(QUOTE)
  }

  protected override mapValue(field: FieldPlan, end: number): void {
    if (this.#current === undefined) {
      this.out.byte(GREATER)
      this.value(field, end)
      this.out.ready(FIELD_END)
      return
    }
    this.#content(this.#current.fieldOf(field).value, field, end)
    this.#close(ENTRY_END)
  }

  #element(tag: XmlTag, plan: XmlValuePlan, field: FieldPlan, end: number): void {
    this.out.ready(tag.start)
    this.#content(plan, field, end)
    this.#close(tag.end)
  }

  /** Ends an element: an empty one where nothing was written since `#inside`. */
  #close(end: ReadyText): void {
    const { out } = this
    if (out.length > this.#inside) {
      out.ready(end)
      return
    }
    out.buffer[out.length - 1] = SLASH
    out.byte(GREATER)
  }

  /** All that stands between the name in a start tag and the end tag. */
  #content(plan: XmlValuePlan, field: FieldPlan, end: number): void {
    this.#next = plan
    if (plan.form === 'message' || plan.form === 'any') {
      this.value(field, end)
      return
    }
    this.out.byte(GREATER)
    const inside = this.out.length
    this.value(field, end)
    this.#inside = inside
  }

  /** The same of a message that goes from here to the reader's end. */
  #messageContent(value: XmlValuePlan, plan: MessagePlan): void {
    this.#next = value
    if (value.form === 'message' || value.form === 'any') {
      this.message(plan, 0)
      return
    }
    this.out.byte(GREATER)
    const inside = this.out.length
    this.message(plan, 0)
    this.#inside = inside
  }

  protected override object(plan: MessagePlan, group: number): void {
    this.#object(this.#next!.message, plan, group)
  }

  #object(xml: XmlMessagePlan, plan: MessagePlan, group: number): void {
    const outer = this.#current
    this.#current = xml
    if (xml.attributes.length > 0) {
      this.members(plan, group, true)
    } else {
      this.out.byte(GREATER)
      const inside = this.out.length
      this.members(plan, group)
      this.#inside = inside
    }
    this.#current = outer
  }

  protected override segments(message: MessageSegments): void {
    const xml = this.#current!
    if (xml.attributes.length === 0) {
      super.segments(message)
      return
    }
    const fields = this.emitsDefaults ? message.presentOrImplicit() : message.present()
    for (const field of fields) {
      if (xml.fieldOf(field).attribute !== undefined) this.segment(field, message.get(field))
    }
    this.out.byte(GREATER)
    const inside = this.out.length
    for (const field of fields) {
      if (xml.fieldOf(field).attribute === undefined) this.segment(field, message.get(field))
    }
    this.#inside = inside
  }

  /** A value: as text, or what `object` and `special` write of a message. */
  protected override value(field: FieldPlan, end: number): void {
    switch (field.type) {
      case STRING:
        this.#string(field, end, this.#escapes, false)
        return
      case Message:
      case Group:
        if (field.element.kind === 'message') this.submessage(field.element.message, field, end)
        return
      case Enum:
        this.#enum(field.element as EnumElement)
        return
      case BYTES:
        this.out.base64(this.bytes, this.position, end)
        return
      case DOUBLE:
        this.out.ascii(doubleText(this.double()))
        return
      case FLOAT:
        this.out.ascii(floatText(this.float()))
        return
      default:
        this.integer(field.type)
    }
  }

  /** @param isKey of a Struct, whose keys are named so */
  #string(field: FieldPlan, end: number, escapes: Escapes, isKey: boolean): void {
    const result = writeString(this.out, this, end, escapes)
    if (result === WRITTEN) return
    if (result !== NOT_UTF8) throw unwritableCharacter(result)
    if (field.validatesUtf8) throw new WireError(`${field.jsonName} is not UTF-8`)
    throw new ValueError(isKey ? 'a key is not UTF-8' : 'the string is not UTF-8')
  }

  #enum({ enum: plan }: EnumElement): void {
    const number = this.uint32() | 0
    const name = plan.names.get(number)
    if (name === undefined) this.out.integer(number)
    else if (isWord(name)) this.out.ascii(name)
    else this.#text(name)
  }

  /** A text that is a string already. */
  #text(text: string): void {
    const unit = unwritable(text)
    if (unit !== -1) throw unwritableCharacter(unit)
    this.out.string(this.#escapes === TEXT_ESCAPES ? escapeText(text) : escapeAttribute(text))
  }

  protected override special(plan: MessagePlan, ranges: readonly number[]): void {
    switch (plan.form) {
      case 'timestamp':
        readTime(this, ranges, this.depth, this.#time)
        writeTimestamp(this.out, this.#time)
        return
      case 'duration':
        readTime(this, ranges, this.depth, this.#time)
        writeDuration(this.out, this.#time)
        return
      case 'fieldMask':
        this.#text(formatFieldMask(readPaths(plan, this, ranges, this.depth)))
        return
      case 'wrapper':
        this.wrapped(plan, ranges)
        return
      case 'any':
        this.#any(plan, ranges)
        return
      case 'value':
        this.#kind(plan, ranges)
        return
      default: {
        const outer = this.#current
        this.#current = undefined
        this.content(plan, ranges)
        this.#current = outer
      }
    }
  }

  #kind(plan: MessagePlan, ranges: readonly number[]): void {
    const { out } = this
    const kind = this.findOnly(plan, ranges)
    if (kind === undefined) throw new ValueError('a Value without a kind')
    const tags = KINDS[kind.number]
    if (tags === undefined) {
      out.ready(NULL_VALUE)
      return
    }
    out.ready(tags[0])
    out.byte(GREATER)
    const inside = out.length
    if (kind.type === DOUBLE) {
      const number = this.double()
      // As in JSON: what a Value holds there is written the same way everywhere.
      if (!Number.isFinite(number)) throw new ValueError(`${number} is no number a Value can be in XML`)
      out.ascii(doubleText(number))
    } else {
      this.value(kind, this.end)
    }
    this.#inside = inside
    this.#close(tags[1])
  }

  #any(plan: MessagePlan, ranges: readonly number[]): void {
    const { namespace, reserved } = this.#next!
    const any = readAny(plan, this, ranges, this.depth)
    if (any.typeUrl === '' && any.start === any.end) {
      this.out.byte(GREATER)
      this.#inside = this.out.length
      return
    }
    const packed = this.packedPlan(any.typeUrl)
    this.goToPacked(packed, any)
    this.#anyContent(any.typeUrl, packed, namespace, reserved)
  }

  /**
   * A message packed in an Any, from here to the reader's end: the attribute `type`, and its fields, or its special form
   * in an element `value`.
   */
  #anyContent(typeUrl: string, packed: MessagePlan, namespace: string, reserved: readonly string[]): void {
    const { out } = this
    out.ready(TYPE_ATTRIBUTE)
    this.#escapes = ATTRIBUTE_ESCAPES
    this.#text(typeUrl)
    this.#escapes = TEXT_ESCAPES
    out.byte(QUOTE)
    if (packed.form === undefined) {
      this.#object(this.#xml.message(packed, namespace, [...reserved, 'type']), packed, 0)
      return
    }
    out.byte(GREATER)
    const inside = out.length
    out.ready(VALUE_START)
    try {
      this.#messageContent(this.#xml.valueOf(packed, namespace), packed)
    } catch (error) {
      throw placed(error, 'value')
    }
    this.#close(VALUE_END)
    this.#inside = inside
  }
}

function unwritableCharacter(unit: number): ValueError {
  return new ValueError(`the character ${formatCodePoint(unit)}, which XML 1.0 cannot hold`)
}

/** ASCII letters, digits and underscores, as the names of enums are: nothing to escape. */
function isWord(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    const lower = code | 0x20
    if (!((lower >= 0x61 && lower <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x5f)) return false
  }
  return true
}
