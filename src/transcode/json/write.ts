import { ScalarType } from '@bufbuild/protobuf'
import { ValueError } from '../errors/transcode-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import { TypeCode, type EnumElement, type FieldPlan, type MessageElement, type MessagePlan } from '../plan/types.js'
import { readyText } from '../text/ready-text.js'
import { TextWriter } from '../text/text-writer.js'
import * as writeStringModule from '../text/write-string.js'
import { writeString } from '../text/write-string.js'
import { writeDuration, writeTimestamp } from '../text/write-time.js'
import { formatFieldMask } from '../values/field-mask.js'
import { formatDouble, formatFloat } from '../values/float.js'
import { readAny, readPaths, readTime, TimeParts } from '../wire/known-ranges.js'
import { WireError } from '../wire/reader.js'
import { placed } from '../text/placed.js'
import * as escapesModule from './escapes.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { BOOL, BYTES, DOUBLE, FIXED64, FLOAT, INT32, INT64, SFIXED64, SINT64, STRING, UINT64 } = ScalarType
const { Enum, Group, Message } = TypeCode
const { WRITTEN } = writeStringModule
const { JSON_ESCAPES } = escapesModule

/** How messages are written as JSON. */
export interface JsonStyle {
  /** Fields without presence are written at their default too. */
  readonly emitDefaults: boolean
  readonly enumsAsIntegers: boolean
  readonly protoNames: boolean
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

const TRUE = readyText('true')
const FALSE = readyText('false')
const NULL = readyText('null')
const EMPTY_OBJECT = readyText('{}')
const VALUE_KEY = readyText(',"value":')
const TYPE_KEY = readyText('{"@type":')

/**
 * Writes messages as canonical ProtoJSON, compact, from their wire bytes. One writer writes one text after the other.
 *
 * Every member and item is written with a comma before it; the first one's is where the bracket goes when all are there.
 *
 * What has no JSON form is a StatusError INTERNAL, UNREPRESENTABLE_VALUE (500): the bytes were well-formed, the value is
 * wrong. Bytes that do not decode, those of an Any too, are a WireError.
 */
export class JsonWriter extends TextWriter {
  #usesProtoNames = false
  #style: JsonStyle = { emitDefaults: false, enumsAsIntegers: false, protoNames: false }
  /** The field that is the text; undefined: all of the message. */
  #field: FieldPlan | undefined = undefined
  /** The type URL of a message that is written as an Any has it. */
  #typeUrl: string | undefined = undefined
  readonly #time = new TimeParts()

  constructor(plans: PlanTable) {
    super(plans, 'JSON')
  }

  /** A message, which `bytes` are. */
  write(plan: MessagePlan, bytes: Uint8Array, style: JsonStyle): Buffer {
    this.#field = undefined
    this.#typeUrl = undefined
    this.#setStyle(style)
    return this.text(plan, bytes)
  }

  /** The value of one field of the message that `bytes` are: as it is unset where it is not there, null for a Value. */
  writeField(plan: MessagePlan, field: FieldPlan, bytes: Uint8Array, style: JsonStyle): Buffer {
    this.#field = field
    this.#typeUrl = undefined
    this.#setStyle(style)
    return this.text(plan, bytes)
  }

  /** An Any that packs the message. */
  writePacked(typeUrl: string, plan: MessagePlan, bytes: Uint8Array, style: JsonStyle): Buffer {
    this.#field = undefined
    this.#typeUrl = typeUrl
    this.#setStyle(style)
    return this.text(plan, bytes)
  }

  #setStyle(style: JsonStyle): void {
    this.#style = style
    this.emitsDefaults = style.emitDefaults
    this.#usesProtoNames = style.protoNames
  }

  protected override document(plan: MessagePlan): void {
    if (this.#field !== undefined) this.fieldOfAll(plan, this.#field)
    else if (this.#typeUrl !== undefined) this.#writePacked(this.#typeUrl, plan)
    else this.message(plan, 0)
  }

  protected override singular(field: FieldPlan, end: number): void {
    this.out.ready(this.#usesProtoNames ? field.protoKey : field.jsonKey)
    this.value(field, end)
  }

  protected override begin(field: FieldPlan): void {
    this.out.ready(this.#usesProtoNames ? field.protoKey : field.jsonKey)
  }

  protected override item(field: FieldPlan, end: number): void {
    this.out.byte(COMMA)
    this.value(field, end)
  }

  protected override finish(field: FieldPlan, inside: number): void {
    if (field.shape === 'list') this.#close(inside, OPEN_LIST, CLOSE_LIST)
    else this.#close(inside, OPEN_OBJECT, CLOSE_OBJECT)
  }

  protected override mapKey(field: FieldPlan, end: number): void {
    this.out.byte(COMMA)
    const { type } = field.mapKey!
    if (type === STRING) this.#string(field, end)
    else {
      this.out.byte(QUOTE)
      this.integer(type)
      this.out.byte(QUOTE)
    }
    this.out.byte(COLON)
  }

  protected override mapValue(field: FieldPlan, end: number): void {
    this.value(field, end)
  }

  protected override object(plan: MessagePlan, group: number): void {
    const inside = this.out.length
    this.members(plan, group)
    this.#close(inside, OPEN_OBJECT, CLOSE_OBJECT)
  }

  /** Ends what began at `inside`: its bracket is written over the first comma. */
  #close(inside: number, open: number, close: number): void {
    const { out } = this
    if (out.length === inside) out.byte(open)
    else out.buffer[inside] = open
    out.byte(close)
  }

  protected override root(field: FieldPlan, end: number): void {
    this.value(field, end)
  }

  protected override finishRoot(field: FieldPlan, inside: number): void {
    this.finish(field, inside)
  }

  /** Small, so that strings, which most values are, cost no call more. */
  protected override value(field: FieldPlan, end: number): void {
    if (field.type === STRING) this.#string(field, end)
    else this.#otherValue(field, end)
  }

  #otherValue(field: FieldPlan, end: number): void {
    switch (field.type) {
      case INT32:
        this.out.integer(this.uint32() | 0)
        return
      case BOOL:
        this.out.ready(this.bool() ? TRUE : FALSE)
        return
      case Message:
      case Group:
        this.submessage((field.element as MessageElement).message, field, end)
        return
      case Enum:
        this.#enum(field.element as EnumElement)
        return
      case BYTES:
        this.out.byte(QUOTE)
        this.out.base64(this.bytes, this.position, end)
        this.out.byte(QUOTE)
        return
      case DOUBLE:
        this.#double(this.double())
        return
      case FLOAT:
        this.#float(this.float())
        return
      case INT64:
      case UINT64:
      case SINT64:
      case FIXED64:
      case SFIXED64:
        // A double does not hold them.
        this.out.byte(QUOTE)
        this.integer(field.type)
        this.out.byte(QUOTE)
        return
      default:
        this.integer(field.type)
    }
  }

  #string(field: FieldPlan, end: number): void {
    if (writeString(this.out, this, end, JSON_ESCAPES) !== WRITTEN) throw notUtf8(field)
  }

  #enum({ enum: plan }: EnumElement): void {
    const number = this.uint32() | 0
    if (plan.isNullValue) {
      this.out.ready(NULL)
      return
    }
    const name = this.#style.enumsAsIntegers ? undefined : plan.quotedNames.get(number)
    if (name === undefined) this.out.integer(number)
    else this.out.ready(name)
  }

  #double(value: number): void {
    if (isPlainInteger(value)) this.out.integer(value)
    else this.out.ascii(formatDouble(value))
  }

  #float(value: number): void {
    // Larger ones may have fewer digits than an integer: 16777220 is as far from the next float as 16777216.
    if (isPlainInteger(value) && Math.abs(value) <= 0x1000000) this.out.integer(value)
    else this.out.ascii(formatFloat(value))
  }

  protected override special(plan: MessagePlan, ranges: readonly number[]): void {
    const { out } = this
    switch (plan.form) {
      case 'timestamp':
        readTime(this, ranges, this.depth, this.#time)
        out.byte(QUOTE)
        writeTimestamp(out, this.#time)
        out.byte(QUOTE)
        return
      case 'duration':
        readTime(this, ranges, this.depth, this.#time)
        out.byte(QUOTE)
        writeDuration(out, this.#time)
        out.byte(QUOTE)
        return
      case 'fieldMask':
        out.string(JSON.stringify(formatFieldMask(readPaths(plan, this, ranges, this.depth))))
        return
      case 'wrapper':
        this.wrapped(plan, ranges)
        return
      case 'value':
        this.#kind(plan, ranges)
        return
      case 'any':
        this.#any(plan, ranges)
        return
      default: {
        const inside = out.length
        this.content(plan, ranges)
        this.finish(plan.fields[0]!, inside)
      }
    }
  }

  #kind(plan: MessagePlan, ranges: readonly number[]): void {
    const kind = this.findOnly(plan, ranges)
    if (kind === undefined) throw new ValueError('a Value without a kind')
    if (kind.type !== DOUBLE) {
      this.value(kind, this.end)
      return
    }
    const number = this.double()
    if (!Number.isFinite(number)) throw new ValueError(`${number} is no number a Value can be in JSON`)
    this.#double(number)
  }

  #any(plan: MessagePlan, ranges: readonly number[]): void {
    const any = readAny(plan, this, ranges, this.depth)
    if (any.typeUrl === '' && any.start === any.end) {
      this.out.ready(EMPTY_OBJECT)
      return
    }
    const packed = this.packedPlan(any.typeUrl)
    this.goToPacked(packed, any)
    this.#writePacked(any.typeUrl, packed)
  }

  /** An Any whose packed message goes from here to the reader's end. */
  #writePacked(typeUrl: string, plan: MessagePlan): void {
    this.out.ready(TYPE_KEY)
    this.out.string(JSON.stringify(typeUrl))
    if (plan.form === undefined) {
      this.members(plan, 0)
    } else {
      this.out.ready(VALUE_KEY)
      try {
        this.message(plan, 0)
      } catch (error) {
        throw placed(error, 'value')
      }
    }
    this.out.byte(CLOSE_OBJECT)
  }
}

function notUtf8(field: FieldPlan): Error {
  if (field.validatesUtf8) return new WireError(`${field.jsonName} is not UTF-8`)
  return new ValueError('the string is not UTF-8')
}

/** An integer whose digits are its text, as long as a double counts by one. */
function isPlainInteger(value: number): boolean {
  if ((value | 0) === value) return value !== 0 || 1 / value > 0
  return Math.floor(value) === value && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
}
