import { ScalarType } from '@bufbuild/protobuf'
import { planOfTypeUrl } from '../decode/any-type.js'
import type { BoundMessage } from '../decode/bound-message.js'
import * as readText from '../decode/read-text.js'
import { Kind, type ElementTable, type MessageTable } from '../decode/tables.js'
import { writeTextContent } from '../decode/write-text.js'
import { FieldError, fieldErrorOf, leaving } from '../errors/field-error.js'
import type { MessagePlan } from '../plan/types.js'
import { MIN_SECONDS, secondsOf } from '../values/timestamp.js'
import * as knownTags from '../wire/known-tags.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { tagOf } from '../wire/writer.js'
import { AnyTypes } from './any-types.js'
import { CH, isDigit } from './characters.js'
import { JsonScalars } from './json-scalars.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { DOUBLE } = ScalarType
const { JSON_TEXT } = readText
const { Any, Duration, FieldMask, ListValue, Struct, Timestamp, Value, Wrapper } = Kind
const { BOOL_VALUE, FIRST, LIST_VALUE, NANOS, NULL_VALUE, NUMBER_VALUE, SECOND, SECONDS, STRING_VALUE, STRUCT_VALUE } =
  knownTags
const { CloseBrace, CloseBracket, Colon, LowerF, LowerN, LowerT, Minus, OpenBrace, OpenBracket, Point, Quote, Zero } =
  CH

/** The key of an Any's type. */
export const TYPE_KEY = '@type'
/** `"2026-01-31T12:30:00Z"` without its end. */
const TIME_SIZE = 20
const NANO_DIGITS = 9

/**
 * The well-known types whose JSON is not an object of their fields (protobuf.dev ProtoJSON). Field numbers are those of
 * google/protobuf/*.proto, which the plan has checked.
 */
export abstract class JsonSpecials extends JsonScalars {
  readonly #anyTypes = new AnyTypes()

  /** Writes the fields of the object at the position. See `JsonDecoder`. */
  protected abstract message(table: MessageTable, bound: BoundMessage | undefined, isPacked: boolean): void

  protected override begin(body: Uint8Array): void {
    super.begin(body)
    this.#anyTypes.clear()
  }

  /** Writes the content of a message that has a special form from the value at the position. */
  protected special(element: ElementTable): void {
    switch (element.kind) {
      case Any:
        this.#any()
        return
      case Timestamp:
        this.#timestamp(element)
        return
      case Duration:
        this.#text(element, 'a duration such as "1.5s"')
        return
      case FieldMask:
        this.#text(element, 'a FieldMask in a string')
        return
      case Struct:
        this.#struct()
        return
      case Value:
        this.#value()
        return
      case ListValue:
        this.#listValue()
        return
      case Wrapper: {
        const type = element.scalar as ScalarType
        this.scalar(type, element, this.peek(), tagOf(1, wireTypeOf(type)), false)
      }
    }
  }

  #timestamp(element: ElementTable): void {
    if (this.peek() === Quote && this.#utcTime()) return
    this.#text(element, 'an RFC 3339 time')
  }

  /** A type whose form is one text, from the string at the position. */
  #text(element: ElementTable, expected: string): void {
    if (this.peek() !== Quote) throw this.misfit(expected)
    const { at } = this
    const text = this.string()
    try {
      writeTextContent(this.out, element, text, JSON_TEXT)
    } catch (error) {
      throw fieldErrorOf(error, 'MALFORMED_FIELD', at)
    }
  }

  /** A time in UTC that exists, as most are sent; false where it is written in another way, or wrong. */
  #utcTime(): boolean {
    const { bytes, end, out } = this
    const start = this.at + 1
    let at = start + TIME_SIZE - 1
    if (at + 2 > end) return false
    const hasMarks =
      bytes[start + 4] === Minus &&
      bytes[start + 7] === Minus &&
      bytes[start + 10] === 0x54 &&
      bytes[start + 13] === Colon &&
      bytes[start + 16] === Colon
    if (!hasMarks) return false
    const seconds = secondsOf(
      twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2),
      twoDigits(bytes, start + 5),
      twoDigits(bytes, start + 8),
      twoDigits(bytes, start + 11),
      twoDigits(bytes, start + 14),
      twoDigits(bytes, start + 17),
    )
    let nanos = 0
    if (bytes[at] === Point) {
      let digits = 0
      for (at++; digits < NANO_DIGITS && at < end && isDigit(bytes[at]!); digits++) {
        nanos = nanos * 10 + bytes[at++]! - Zero
      }
      if (digits === 0) return false
      for (; digits < NANO_DIGITS; digits++) nanos *= 10
    }
    // Before year 1, or in a month that does not exist.
    if (at + 1 >= end || bytes[at] !== 0x5a || bytes[at + 1] !== Quote || !(seconds >= MIN_SECONDS)) return false
    if (seconds !== 0) {
      out.tag(SECONDS)
      out.varint(seconds)
    }
    if (nanos !== 0) {
      out.tag(NANOS)
      out.uint32(nanos)
    }
    this.at = at + 2
    return true
  }

  #struct(): void {
    if (this.peek() !== OpenBrace) throw this.misfit('an object')
    this.enter()
    this.at++
    if (this.peek() === CloseBrace) {
      this.at++
      this.leave()
      return
    }
    const { out } = this
    let keyAt = -1
    this.keys.open()
    try {
      do {
        keyAt = -1
        this.expectKey()
        const { at } = this
        out.tag(FIRST)
        const entry = out.begin()
        this.stringKey()
        keyAt = at
        this.colon()
        out.tag(SECOND)
        const value = out.begin()
        this.#value()
        out.endShort(value)
        out.end(entry)
      } while (!this.isLast(CloseBrace))
    } catch (error) {
      throw keyAt === -1 ? error : this.leavingKey(error, keyAt)
    }
    this.keys.close()
    this.leave()
  }

  /** Writes the key at the position as the key of an entry. */
  protected stringKey(): void {
    const { out, bytes } = this
    const keyAt = this.at
    this.makeRoom()
    out.tag(FIRST)
    const mark = out.length++
    this.copyString()
    const { length } = out
    // As long as it stands in the text, it has no escape.
    const isPlain = this.at - keyAt - 2 === length - mark - 1
    const isNew = isPlain
      ? this.keys.add(bytes, keyAt + 1, this.at - 1)
      : this.keys.addText(bytes, out.buffer.toString('utf8', mark + 1, length))
    if (!isNew) throw this.duplicate(keyAt)
    out.endShort(mark)
  }

  #listValue(): void {
    if (this.peek() !== OpenBracket) throw this.misfit('an array')
    this.enter()
    this.at++
    if (this.peek() === CloseBracket) {
      this.at++
      this.leave()
      return
    }
    const { out } = this
    let index = 0
    try {
      do {
        out.tag(FIRST)
        const value = out.begin()
        this.#value()
        out.endShort(value)
        index++
      } while (!this.isLast(CloseBracket))
    } catch (error) {
      throw leaving(fieldErrorOf(error, 'MALFORMED_FIELD', this.at), index)
    }
    this.leave()
  }

  #value(): void {
    const { out } = this
    const byte = this.peek()
    this.makeRoom()
    switch (byte) {
      case LowerN:
        this.null()
        out.tag(NULL_VALUE)
        out.uint32(0)
        return
      case LowerT:
      case LowerF:
        out.tag(BOOL_VALUE)
        out.uint32(this.bool() ? 1 : 0)
        return
      case OpenBrace:
      case OpenBracket: {
        out.tag(byte === OpenBrace ? STRUCT_VALUE : LIST_VALUE)
        const mark = out.begin()
        if (byte === OpenBrace) this.#struct()
        else this.#listValue()
        out.endShort(mark)
        return
      }
      case Quote: {
        out.tag(STRING_VALUE)
        const mark = out.begin()
        this.copyString()
        out.endShort(mark)
        return
      }
      default: {
        const value = this.double(DOUBLE)
        out.tag(NUMBER_VALUE)
        out.double(value)
      }
    }
  }

  /** `{"@type": "…/full.Name", …}`; with `value` where the type has a special form itself. */
  #any(): void {
    if (this.peek() !== OpenBrace) throw this.misfit('an object')
    const start = this.at
    this.at++
    if (this.peek() === CloseBrace) {
      this.at++
      return
    }
    const firstAt = this.at
    this.enter()
    const { out } = this
    const plan = this.#anyType(start, firstAt)
    const written = out.length
    out.tag(SECOND)
    const mark = out.begin()
    this.at = firstAt
    if (plan.form === undefined) this.message(this.tables.message(plan), undefined, true)
    else this.#anyValue(plan, start)
    if (out.length === mark + 1) out.rewind(written)
    else out.end(mark)
    this.leave()
  }

  /** Writes the type's URL, wherever it stands in the object at `start`. */
  #anyType(start: number, firstAt: number): MessagePlan {
    const at = this.#anyTypes.find(this.bytes, start, firstAt, this.end)
    if (at === -1) throw new FieldError('MALFORMED_FIELD', 'an Any without "@type"', start)
    this.at = at
    try {
      if (this.peek() !== Quote) throw this.misfit('a string')
      const url = this.string()
      this.out.tag(FIRST)
      this.out.string(url)
      return planOfTypeUrl(url, this.plans)
    } catch (error) {
      throw leaving(fieldErrorOf(error, 'MALFORMED_FIELD', at), TYPE_KEY)
    }
  }

  /** The `value` of an Any whose type has a special form, and nothing beside it. The position is at the first key. */
  #anyValue(plan: MessagePlan, start: number): void {
    let hasValue = false
    let keyAt = -1
    this.keys.open()
    try {
      do {
        keyAt = -1
        this.expectKey()
        const { at } = this
        const key = this.string()
        this.at = at
        if (key !== TYPE_KEY && key !== 'value') {
          this.#unknownOfAny(key)
          continue
        }
        this.addKeyHere()
        keyAt = at
        this.colon()
        if (key === TYPE_KEY) {
          this.skipValue(this.depthLeft)
        } else {
          hasValue = true
          this.special(this.tables.root(plan))
        }
      } while (!this.isLast(CloseBrace))
    } catch (error) {
      throw keyAt === -1 ? error : this.leavingKey(error, keyAt)
    }
    this.keys.close()
    if (!hasValue) throw new FieldError('MALFORMED_FIELD', 'an Any of this type needs a "value"', start)
  }

  #unknownOfAny(key: string): void {
    if (!this.ignoresUnknown) {
      const only = 'an Any of this type has only "@type" and "value"'
      throw new FieldError('UNKNOWN_FIELD', only, this.at, [key])
    }
    this.skipMember(this.depthLeft)
  }
}

/** The number that two digits are; where they are none, one that is no part of a time. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - Zero
  const ones = bytes[at + 1]! - Zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -10_000
}
