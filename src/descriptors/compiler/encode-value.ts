import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { isDelimited, isPacked, type FieldScope } from './features.js'
import { integerBounds, isIntegerType } from './scalar-values.js'
import { nearestName } from '../../problems/index.js'
import { fieldOf, isUnresolved, type FileEntry, type MessageSymbol, type Pool } from './pool.js'
import type { AggregateField, OptionValue } from './syntax.js'

/** A value that does not fit its field; reported with its offset. */
export class ValueError extends Error {
  readonly offset: number
  readonly advice: string | undefined

  constructor(offset: number, message: string, advice?: string) {
    super(message)
    this.offset = offset
    this.advice = advice
  }
}

/** A field found by name, and where it is declared. */
export interface FoundField {
  readonly field: FieldDescriptorProto
  readonly scope: FieldScope
}

const WIRE_TYPES = new Map<Type, WireType>([
  [Type.DOUBLE, WireType.Bit64],
  [Type.FIXED64, WireType.Bit64],
  [Type.SFIXED64, WireType.Bit64],
  [Type.FLOAT, WireType.Bit32],
  [Type.FIXED32, WireType.Bit32],
  [Type.SFIXED32, WireType.Bit32],
  [Type.STRING, WireType.LengthDelimited],
  [Type.BYTES, WireType.LengthDelimited],
  [Type.MESSAGE, WireType.LengthDelimited],
])

/** Any-expansions are allowed with these (TextFormat). */
const ANY_PREFIXES = ['type.googleapis.com/', 'type.googleprod.com/']

/** Writes option values, given in the text format, in the wire format of the types they are of. */
export class ValueEncoder {
  readonly #pool: Pool
  readonly #file: FileEntry

  /** @param file the file in which the values stand: its imports decide which extensions may be named */
  constructor(pool: Pool, file: FileEntry) {
    this.#pool = pool
    this.#file = file
  }

  /**
   * Writes one value of a field with its tag, never packed.
   * @param isText inside an aggregate, where the text format takes more: enum numbers, `1` for true
   * @throws ValueError
   */
  field(out: BinaryWriter, found: FoundField, value: OptionValue, isText: boolean): void {
    const { field } = found
    if (isDelimited(field, found.scope)) {
      out.tag(field.number, WireType.StartGroup)
      out.raw(this.#message(field, value))
      out.tag(field.number, WireType.EndGroup)
    } else {
      out.tag(field.number, WIRE_TYPES.get(field.type) ?? WireType.Varint)
      this.#value(out, field, value, isText)
    }
  }

  /** Content of a message of type `symbol` written as an aggregate. */
  aggregate(symbol: MessageSymbol, value: OptionValue & { kind: 'message' }): Uint8Array {
    const any = value.fields.find(({ kind }) => kind === 'any')
    if (any !== undefined) return this.#any(symbol, value.fields, any)
    const occurrences = new Map<number, { found: FoundField; values: { value: OptionValue; start: number }[] }>()
    const oneofs = new Map<number, FieldDescriptorProto>()
    for (const part of value.fields) {
      const found = this.#find(symbol, part)
      const { field } = found
      const items = part.value.kind === 'list' ? part.value.items : [part.value]
      if (part.value.kind === 'list' && field.label !== Label.REPEATED)
        throw new ValueError(part.value.start, `\`${part.text}\` is not repeated and takes no list`)
      let occurrence = occurrences.get(field.number)
      if (occurrence === undefined) occurrences.set(field.number, (occurrence = { found, values: [] }))
      else if (field.label !== Label.REPEATED)
        throw new ValueError(part.start, `\`${part.text}\` is given twice but is not repeated`)
      for (const item of items) occurrence.values.push({ value: item, start: part.start })
      if (part.kind === 'field' && Object.hasOwn(field, 'oneofIndex')) {
        const other = oneofs.get(field.oneofIndex)
        if (other !== undefined && other !== field)
          throw new ValueError(part.start, `\`${field.name}\` and \`${other.name}\` are members of one oneof`)
        oneofs.set(field.oneofIndex, field)
      }
    }
    this.#checkRequired(symbol, occurrences, value.start)
    const out = new BinaryWriter()
    const isMessageSet = symbol.proto.options?.messageSetWireFormat === true
    // As protoc serializes it: in the order of the field numbers.
    for (const { found, values } of [...occurrences.values()].sort(
      (a, b) => a.found.field.number - b.found.field.number,
    )) {
      if (values.length === 0) continue
      if (isMessageSet && found.field.extendee !== '') this.#messageSetItem(out, found.field, values[0]!.value)
      else if (isPacked(found.field, found.scope)) {
        const packed = new BinaryWriter()
        for (const { value: item } of values) this.#value(packed, found.field, item, true)
        out.tag(found.field.number, WireType.LengthDelimited).bytes(packed.finish())
      } else for (const { value: item } of values) this.field(out, found, item, true)
    }
    return out.finish()
  }

  /** MessageSet: each extension is a group 1 of its number (2) and its bytes (3). */
  #messageSetItem(out: BinaryWriter, field: FieldDescriptorProto, value: OptionValue): void {
    out.tag(1, WireType.StartGroup)
    out.tag(2, WireType.Varint).uint32(field.number)
    out.tag(3, WireType.LengthDelimited).bytes(this.#message(field, value))
    out.tag(1, WireType.EndGroup)
  }

  #find(symbol: MessageSymbol, part: AggregateField): FoundField {
    if (part.kind === 'extension') {
      const result = this.#pool.resolve(this.#file, symbol.fullName, part.text, 'extension', true)
      if (isUnresolved(result) || result.kind !== 'extension') {
        const undeclared = isUnresolved(result) ? result.undeclared : undefined
        throw new ValueError(
          part.start,
          `extension \`[${part.text}]\` does not exist`,
          undeclared === undefined ? undefined : `add \`import "${undeclared.name}";\``,
        )
      }
      if (result.proto.extendee !== `.${symbol.fullName}`)
        throw new ValueError(part.start, `\`[${part.text}]\` does not extend \`${symbol.fullName}\``)
      part.resolved = result.fullName
      return { field: result.proto, scope: { file: result.file, message: result.parent } }
    }
    const field = fieldOf(symbol, part.text) ?? groupField(symbol, part.text)
    if (field === undefined) {
      const near = nearestName(
        part.text,
        symbol.proto.field.map(({ name }) => name),
      )
      throw new ValueError(
        part.start,
        `message \`${symbol.fullName}\` has no field \`${part.text}\``,
        near === undefined ? undefined : `did you mean \`${near}\`?`,
      )
    }
    part.resolved = field.name
    return { field, scope: { file: symbol.file, message: symbol } }
  }

  #any(symbol: MessageSymbol, fields: readonly AggregateField[], any: AggregateField): Uint8Array {
    if (symbol.fullName !== 'google.protobuf.Any')
      throw new ValueError(
        any.start,
        `\`[${any.text}]\` is allowed in a google.protobuf.Any only, not in \`${symbol.fullName}\``,
      )
    if (fields.length > 1) throw new ValueError(any.start, 'nothing else may stand beside an expanded Any')
    const prefix = ANY_PREFIXES.find((allowed) => any.text.startsWith(allowed))
    if (prefix === undefined)
      throw new ValueError(any.start, `type URL \`${any.text}\` must begin with ${ANY_PREFIXES.join(' or ')}`)
    const result = this.#pool.resolve(this.#file, '', `.${any.text.slice(prefix.length)}`, 'type', true)
    if (isUnresolved(result) || result.kind !== 'message')
      throw new ValueError(any.start, `message \`${any.text.slice(prefix.length)}\` does not exist or is not imported`)
    if (any.value.kind !== 'message') throw new ValueError(any.value.start, 'an expanded Any takes a value in braces')
    any.resolved = any.text
    const content = this.aggregate(result, any.value)
    const out = new BinaryWriter().tag(1, WireType.LengthDelimited).string(any.text)
    // An empty value is the default of `bytes` and not written.
    if (content.length > 0) out.tag(2, WireType.LengthDelimited).bytes(content)
    return out.finish()
  }

  #message(field: FieldDescriptorProto, value: OptionValue): Uint8Array {
    if (value.kind !== 'message')
      throw new ValueError(value.start, `\`${field.name}\` is a message: its value stands in braces`)
    const symbol = this.#pool.message(field.typeName.slice(1))
    if (symbol === undefined) throw new ValueError(value.start, `the type of \`${field.name}\` is not known`)
    return this.aggregate(symbol, value)
  }

  #value(out: BinaryWriter, field: FieldDescriptorProto, value: OptionValue, isText: boolean): void {
    const { type } = field
    if (isIntegerType(type)) return this.#integer(out, field, value)
    switch (type) {
      case Type.DOUBLE:
      case Type.FLOAT: {
        const number = floatValue(field, value)
        if (type === Type.FLOAT) out.float(Math.fround(number))
        else out.double(number)
        return
      }
      case Type.BOOL:
        out.bool(boolValue(field, value, isText))
        return
      case Type.STRING:
      case Type.BYTES:
        if (value.kind !== 'string') throw new ValueError(value.start, `\`${field.name}\` takes a string in quotes`)
        out.bytes(value.value)
        return
      case Type.ENUM:
        out.int32(this.#enum(field, value, isText))
        return
      default:
        out.bytes(this.#message(field, value))
    }
  }

  #integer(out: BinaryWriter, field: FieldDescriptorProto, value: OptionValue): void {
    if (value.kind !== 'integer' && !(value.kind === 'float' && Object.is(value.value, -0)))
      throw new ValueError(value.start, `\`${field.name}\` takes an integer`)
    const integer = value.kind === 'integer' ? value.value : 0n
    const [least, most] = integerBounds(field.type)
    if (integer < least || integer > most)
      throw new ValueError(value.start, `${integer} is out of range: \`${field.name}\` takes ${least} to ${most}`)
    switch (field.type) {
      case Type.INT32:
        return void out.int32(Number(integer))
      case Type.SINT32:
        return void out.sint32(Number(integer))
      case Type.SFIXED32:
        return void out.sfixed32(Number(integer))
      case Type.UINT32:
        return void out.uint32(Number(integer))
      case Type.FIXED32:
        return void out.fixed32(Number(integer))
      case Type.INT64:
        return void out.int64(integer)
      case Type.SINT64:
        return void out.sint64(integer)
      case Type.SFIXED64:
        return void out.sfixed64(integer)
      case Type.UINT64:
        return void out.uint64(integer)
      default:
        return void out.fixed64(integer)
    }
  }

  #enum(field: FieldDescriptorProto, value: OptionValue, isText: boolean): number {
    const symbol = this.#pool.enum(field.typeName.slice(1))
    if (symbol === undefined) throw new ValueError(value.start, `the type of \`${field.name}\` is not known`)
    if (isText && value.kind === 'integer') {
      const number = Number(value.value)
      if (symbol.proto.value.some((known) => known.number === number)) return number
      throw new ValueError(value.start, `enum \`${symbol.fullName}\` has no value ${number}`)
    }
    if (value.kind !== 'identifier' || value.isNegative)
      throw new ValueError(value.start, `\`${field.name}\` takes the name of a value of enum \`${symbol.fullName}\``)
    const known = symbol.proto.value.find(({ name }) => name === value.text)
    if (known !== undefined) return known.number
    const near = nearestName(
      value.text,
      symbol.proto.value.map(({ name }) => name),
    )
    throw new ValueError(
      value.start,
      `enum \`${symbol.fullName}\` has no value \`${value.text}\``,
      near === undefined ? undefined : `did you mean \`${near}\`?`,
    )
  }

  #checkRequired(symbol: MessageSymbol, given: ReadonlyMap<number, unknown>, offset: number): void {
    for (const field of symbol.proto.field)
      if (field.label === Label.REQUIRED && !given.has(field.number))
        throw new ValueError(offset, `required field \`${field.name}\` of \`${symbol.fullName}\` is missing`)
  }
}

/** The text format names a group by its type. */
function groupField(symbol: MessageSymbol, name: string): FieldDescriptorProto | undefined {
  const field = fieldOf(symbol, name.toLowerCase())
  const isGroup = field !== undefined && (field.type === Type.GROUP || field.type === Type.MESSAGE)
  return isGroup && field.typeName.endsWith(`.${name}`) && field.name === name.toLowerCase() ? field : undefined
}

function floatValue(field: FieldDescriptorProto, value: OptionValue): number {
  if (value.kind === 'integer' || value.kind === 'float') return Number(value.value)
  if (value.kind === 'identifier') {
    const text = value.text.toLowerCase()
    if (text === 'nan') return NaN
    if (text === 'inf' || text === 'infinity') return value.isNegative ? -Infinity : Infinity
  }
  throw new ValueError(value.start, `\`${field.name}\` takes a number`)
}

function boolValue(field: FieldDescriptorProto, value: OptionValue, isText: boolean): boolean {
  if (value.kind === 'identifier' && !value.isNegative) {
    if (value.text === 'true' || (isText && (value.text === 't' || value.text === 'True'))) return true
    if (value.text === 'false' || (isText && (value.text === 'f' || value.text === 'False'))) return false
  }
  if (isText && value.kind === 'integer' && (value.value === 0n || value.value === 1n)) return value.value === 1n
  throw new ValueError(value.start, `\`${field.name}\` takes \`true\` or \`false\``)
}
