import { ScalarType } from '@bufbuild/protobuf'
import { BoundMessage, type BoundLeaf } from '../decode/bound-message.js'
import { mergeWithin } from '../decode/check-bound.js'
import * as nameTable from '../decode/name-table.js'
import { mixHash } from '../decode/name-table.js'
import type { PresentPaths } from '../decode/present-paths.js'
import { readScalarText } from '../decode/read-text.js'
import { Kind, Shape, type ElementTable, type FieldTable, type MessageTable } from '../decode/tables.js'
import { writeTagged } from '../decode/write-text.js'
import type { PathStep } from '../errors/field-path.js'
import { suggestField } from '../errors/nearest.js'
import { FieldError, fieldErrorOf, leaving } from '../errors/field-error.js'
import { quote, shorten } from '../errors/transcode-error.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { WireWriter } from '../wire/writer.js'
import { CH } from './characters.js'
import * as jsonSpecials from './json-specials.js'
import { JsonSpecials } from './json-specials.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { List, Singular } = Shape
const { STRING } = ScalarType
const { HASH_START } = nameTable
const { Any, Duration, Enum, FieldMask, ListValue, Message, Struct, Timestamp, Value, Wrapper } = Kind
const { CloseBrace, CloseBracket, LowerN, OpenBrace, OpenBracket, Quote } = CH
const { TYPE_KEY } = jsonSpecials

/**
 * Writes a JSON body as wire bytes in one pass (protobuf.dev ProtoJSON): what is next is known from the plan, keys are
 * guessed by what came after the last one before, and what is only passed on is copied. Nothing is made of what is read.
 *
 * What the path and the query bind is merged in: what is bound twice with another value, two members of a oneof, and
 * whatever is not of its field's type is refused.
 */
export class JsonDecoder extends JsonSpecials {
  /**
   * Writes the request a body is.
   *
   * @returns the writer with the request's wire bytes; valid until the next is decoded
   * @throws StatusError INVALID_ARGUMENT with the field's path and its place in the body
   */
  decodeMessage(body: Uint8Array, request: MessagePlan, bound: BoundMessage | undefined): WireWriter {
    try {
      this.begin(body)
      const table = this.tables.message(request)
      if (request.form === undefined) this.message(table, bound, false)
      else this.special(this.tables.root(request))
      this.finish()
      return this.out
    } catch (error) {
      throw this.failed(error)
    }
  }

  /**
   * Writes the request one field of which a body is.
   *
   * @param present for the paths of what is present in the body; undefined where they are not wanted
   */
  decodeField(
    body: Uint8Array,
    request: MessagePlan,
    plan: FieldPlan,
    bound: BoundMessage | undefined,
    present: PresentPaths | undefined,
  ): WireWriter {
    try {
      this.begin(body)
      const table = this.tables.message(request)
      const base = this.open(table)
      const field = table.field(plan)
      try {
        if (present !== undefined && this.peek() === OpenBrace) {
          present.isMessage = true
          this.present = present
        }
        if (this.#fieldValue(field, bound?.entries.get(plan))) this.addValue(base, table, field)
        this.present = undefined
      } catch (error) {
        throw this.#leaving(error, field.jsonName)
      }
      if (bound !== undefined) this.addBound(base, table, bound)
      this.close(table, base)
      this.finish()
      return this.out
    } catch (error) {
      throw this.failed(error)
    }
  }

  /** True for `{}`, with any space round and in it. */
  isEmptyObject(body: Uint8Array): boolean {
    try {
      this.begin(body)
      if (this.peek() !== OpenBrace) return false
      this.at++
      if (this.peek() !== CloseBrace) return false
      this.at++
      return this.peek() === -1
    } catch {
      return false
    } finally {
      this.release()
    }
  }

  /**
   * Writes the fields of the object at the position.
   *
   * @param isPacked the object is an Any: `@type` is no field. The position is behind its brace
   */
  protected override message(table: MessageTable, bound: BoundMessage | undefined, isPacked: boolean): void {
    if (!isPacked) {
      if (this.peek() !== OpenBrace) throw this.misfit('an object')
      this.at++
    }
    const base = this.open(table)
    if (this.peek() === CloseBrace) {
      this.at++
    } else {
      this.#members(table, base, bound, isPacked)
    }
    if (bound !== undefined) this.addBound(base, table, bound)
    this.close(table, base)
  }

  #members(table: MessageTable, base: number, bound: BoundMessage | undefined, isPacked: boolean): void {
    const firstAt = this.at
    const isMerged = bound !== undefined || this.present !== undefined
    let field: FieldTable | undefined = undefined
    let guess = table.first
    let others: OtherMembers | undefined = undefined
    try {
      do {
        const before: FieldTable | undefined = field
        field = undefined
        let keyAt = this.at
        if (guess !== undefined && !isPacked && this.#isKey(guess.key)) {
          field = guess
        } else {
          this.expectKey()
          keyAt = this.at
          const found = this.#findField(table, isPacked)
          if (found === undefined) {
            this.at = keyAt
            this.#otherMember(table, isPacked, (others ??= new OtherMembers()))
            continue
          }
          if (before === undefined) table.first = found
          else before.next = found
          field = found
        }
        guess = field.next
        const isFirst = field.isExtension ? (others ??= new OtherMembers()).add(field) : this.addKey(base, field)
        if (!isFirst) throw this.#twice(field, firstAt, keyAt)
        const isSet = isMerged ? this.#merged(field, bound) : this.field(field)
        if (isSet && (isMerged || field.isTracked) && !this.addValue(base, table, field))
          throw this.#conflict(base, table, field, keyAt)
      } while (!this.isLast(CloseBrace))
    } catch (error) {
      throw field === undefined ? error : this.#leaving(error, field.jsonName)
    }
    if (others?.hasKeys === true) this.keys.close()
  }

  /** Goes behind the key, and its colon, where it stands at the position as it is most often written. */
  #isKey(key: Uint8Array): boolean {
    const { bytes, at } = this
    const size = key.length
    if (at + size > this.end) return false
    for (let i = 0; i < size; i++) if (bytes[at + i] !== key[i]) return false
    this.at = at + size
    return true
  }

  /** The field that the key at the position names; the position then is behind the colon. undefined: it names none. */
  #findField(table: MessageTable, isPacked: boolean): FieldTable | undefined {
    const { bytes, end, stops } = this
    const from = this.at + 1
    let hash = HASH_START
    let at = from
    while (at < end && stops[bytes[at]!] === 0) hash = mixHash(hash, bytes[at++]!)
    let field: FieldTable | undefined
    if (at < end && bytes[at] === Quote && bytes[from] !== OpenBracket && !isPacked) {
      field = table.names.find(bytes, from, at, hash)
      this.at = at + 1
    } else {
      const key = this.string()
      field = isPacked && key === TYPE_KEY ? undefined : table.byName(key)
    }
    if (field !== undefined) this.colon()
    return field
  }

  /** A member that is none of the message's fields. */
  #otherMember(table: MessageTable, isPacked: boolean, others: OtherMembers): void {
    const { at } = this
    if (!this.ignoresUnknown) {
      const key = this.string()
      if (!isPacked || key !== TYPE_KEY) {
        throw new FieldError('UNKNOWN_FIELD', `no such field${suggestField(key, table.plan)}`, at, [key])
      }
      this.at = at
    }
    if (!others.hasKeys) {
      others.hasKeys = true
      this.keys.open()
    }
    this.skipMember(this.depthLeft)
  }

  /** @param keyAt where the key of the value is that is one too many */
  #conflict(base: number, table: MessageTable, field: FieldTable, keyAt: number): FieldError {
    this.at = keyAt
    this.string()
    this.colon()
    this.peek()
    return this.conflict(base, table, field, this.at)
  }

  #twice(field: FieldTable, firstAt: number, keyAt: number): FieldError {
    this.at = keyAt
    const key = this.string()
    const isSpelledTwice = this.hasKeyBefore(key, firstAt, keyAt)
    this.at = keyAt
    const { jsonName, name } = field.plan
    const why = isSpelledTwice
      ? `the key ${quote(key)} stands twice in its object`
      : `given as both ${jsonName} and ${name}`
    return new FieldError('DUPLICATE_FIELD', why, keyAt)
  }

  /** Writes a field that the path or the query may say something of, or that belongs to an update mask. */
  #merged(field: FieldTable, bound: BoundMessage | undefined): boolean {
    const present = this.beginField(field)
    const isSet = this.#fieldValue(field, bound?.entries.get(field.plan))
    this.endField(field, present)
    return isSet
  }

  /** Writes a field from the value at the position and what the path and the query bind of it. */
  #fieldValue(field: FieldTable, bound: BoundMessage | BoundLeaf | undefined): boolean {
    if (bound === undefined) return this.field(field)
    if (this.peek() === LowerN && !field.takesNull) {
      this.null()
      return false
    }
    if (bound instanceof BoundMessage) {
      const { element } = field
      if (element.kind !== Message) return this.#specialWithin(field, bound)
      const mark = this.beginMessage(element.tag, element.endTag, 1)
      this.message(element.message, bound, false)
      this.endMessage(mark, element.endTag, 1)
      return true
    }
    const { at } = this
    const start = this.out.length
    const isSet = this.field(field)
    if (isSet && !this.isSameAsLeaf(field, bound, start)) {
      this.at = at
      const says = `the ${bound.origin} says ${shorten(bound.texts[0] ?? '')}, the body says ${this.describe()}`
      throw new FieldError('FIELD_BOUND_TWICE', says, at)
    }
    return isSet
  }

  #specialWithin(field: FieldTable, bound: BoundMessage): boolean {
    const start = this.out.length
    const isSet = this.field(field)
    if (isSet) mergeWithin(this, field, start, bound)
    return isSet
  }

  /**
   * Writes the field from the value at the position.
   *
   * @returns false where it stays unset: null, or an unknown name of an enum that is ignored
   */
  protected field(field: FieldTable): boolean {
    const first = this.peek()
    if (first === LowerN && !field.takesNull) {
      this.null()
      return false
    }
    if (field.shape === Singular) return this.element(field.element, first, field.element.tag, field.keepsDefault)
    if (field.shape === List) this.#list(field)
    else this.#map(field)
    return true
  }

  /**
   * Writes the value at the position, which is not null but where null is a value.
   *
   * @param first its first byte, at which the position is
   * @param tag 0: none, as in a packed list
   */
  protected element(element: ElementTable, first: number, tag: number, keepsDefault: boolean): boolean {
    switch (element.kind) {
      case STRING:
        this.stringField(first, tag, keepsDefault)
        return true
      case Enum:
        return this.enumField(element, first, tag, keepsDefault)
      case Message:
      case Any:
      case Timestamp:
      case Duration:
      case FieldMask:
      case Struct:
      case Value:
      case ListValue:
      case Wrapper:
        this.#submessage(element, tag)
        return true
      default:
        this.scalar(element.kind, element, first, tag, keepsDefault)
        return true
    }
  }

  #submessage(element: ElementTable, tag: number): void {
    const { width, endTag } = element
    const mark = this.beginMessage(tag, endTag, width)
    if (element.kind === Message) this.message(element.message, undefined, false)
    else this.special(element)
    const needed = this.endMessage(mark, endTag, width)
    if (needed !== width) element.width = needed
  }

  #list(field: FieldTable): void {
    if (this.peek() !== OpenBracket) throw this.misfit('an array')
    this.at++
    if (this.peek() === CloseBracket) {
      this.at++
      return
    }
    const { out } = this
    const { element, isPacked } = field
    const start = out.length
    const { width } = element
    let mark = 0
    if (isPacked) {
      out.tag(field.groupTag)
      mark = out.begin(width)
    }
    const tag = isPacked ? 0 : element.tag
    let index = 0
    try {
      do {
        const first = this.peek()
        if (first === LowerN && !element.takesNull) throw this.misfit('an item of a list')
        this.element(element, first, tag, true)
        index++
      } while (!this.isLast(CloseBracket))
    } catch (error) {
      throw this.#leaving(error, index)
    }
    if (!isPacked) return
    // A packed list without items, all of which were skipped, is not on the wire at all.
    if (out.length === mark + width) out.rewind(start)
    else element.width = out.end(mark, width)
  }

  #map(field: FieldTable): void {
    if (this.peek() !== OpenBrace) throw this.misfit('an object')
    this.at++
    if (this.peek() === CloseBrace) {
      this.at++
      return
    }
    const { out } = this
    const firstAt = this.at
    const value = field.mapValue!
    let keyAt = -1
    this.keys.open()
    try {
      do {
        keyAt = -1
        this.expectKey()
        const start = out.length
        out.tag(field.groupTag)
        const mark = out.begin()
        const at = this.at
        this.#mapKey(field.mapKey!, firstAt)
        keyAt = at
        this.colon()
        const first = this.peek()
        if (first === LowerN && !value.takesNull) throw this.misfit('the value of a map entry')
        if (this.element(value, first, value.tag, true)) out.endShort(mark)
        else out.rewind(start)
      } while (!this.isLast(CloseBrace))
    } catch (error) {
      throw keyAt === -1 ? error : this.leavingKey(error, keyAt)
    }
    this.keys.close()
  }

  /** A map's key is always a string in JSON, and reads as the text of its type. */
  #mapKey(key: ElementTable, firstAt: number): void {
    if (key.kind === STRING) {
      this.stringKey()
      return
    }
    const { at } = this
    const text = this.string()
    try {
      const value = readScalarText(key.kind, text)
      if (!this.keys.addText(this.bytes, String(value))) throw this.#keyTwice(text, firstAt, at)
      writeTagged(this.out, key.kind, key.tag, true, value)
    } catch (error) {
      throw leaving(fieldErrorOf(error, 'MALFORMED_FIELD', at), text)
    }
  }

  #keyTwice(key: string, firstAt: number, keyAt: number): FieldError {
    const behind = this.at
    const isSpelledTwice = this.hasKeyBefore(key, firstAt, keyAt)
    this.at = behind
    const why = isSpelledTwice
      ? `the key ${quote(key)} stands twice in its object`
      : 'the key stands twice, in two spellings'
    return new FieldError('DUPLICATE_FIELD', why, keyAt)
  }

  #leaving(error: unknown, step: PathStep): unknown {
    return leaving(fieldErrorOf(error, 'MALFORMED_FIELD', this.at), step)
  }
}

/** What a message has beside its fields: extensions, `@type`, and names that are ignored. */
class OtherMembers {
  /** Keys of it are kept with those of the open objects. */
  hasKeys = false
  #extensions: Set<FieldTable> | undefined = undefined

  /** False where the message has the extension already. */
  add(extension: FieldTable): boolean {
    const extensions = (this.#extensions ??= new Set())
    const { size } = extensions
    extensions.add(extension)
    return extensions.size > size
  }
}
