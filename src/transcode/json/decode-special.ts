import { ScalarType } from '@bufbuild/protobuf'
import { transcodeError } from '../errors/transcode-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { ScalarElement } from '../plan/types.js'
import { planOfTypeUrl } from '../tree/any-type.js'
import type { BoundMessage } from '../tree/bound-message.js'
import { parseDuration } from '../values/duration.js'
import { parseFieldMask } from '../values/field-mask.js'
import { parseTimestamp, type SecondsAndNanos } from '../values/timestamp.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { tagOf, WireType } from '../wire/writer.js'
import { JsonScalarDecoder } from './decode-scalar.js'
import { AnyTypes } from './any-types.js'
import type { JsonReadPlan, JsonReadPlans } from './read-plan.js'
import { CH, SeenKeys } from './scanner.js'

export const TYPE_KEY = '@type'

const TAG_1 = tagOf(1, WireType.LengthDelimited)
const TAG_2 = tagOf(2, WireType.LengthDelimited)
const SECONDS = tagOf(1, WireType.Varint)
const NANOS = tagOf(2, WireType.Varint)
/** The kinds of a Value (struct.proto). */
const NULL_VALUE = tagOf(1, WireType.Varint)
const NUMBER_VALUE = tagOf(2, WireType.Fixed64)
const STRING_VALUE = tagOf(3, WireType.LengthDelimited)
const BOOL_VALUE = tagOf(4, WireType.Varint)
const STRUCT_VALUE = tagOf(5, WireType.LengthDelimited)
const LIST_VALUE = tagOf(6, WireType.LengthDelimited)

/** Reads the well-known types whose JSON is not an object of their fields. Field numbers are those the plan has checked. */
export abstract class JsonSpecialDecoder extends JsonScalarDecoder {
  protected readonly table: PlanTable
  protected readonly plans: JsonReadPlans
  /** Of the Anys of the text whose type does not stand first. */
  private anyTypes: AnyTypes | undefined = undefined

  constructor(table: PlanTable, plans: JsonReadPlans, ignoresUnknown: boolean) {
    super(ignoresUnknown)
    this.table = table
    this.plans = plans
  }

  /** Writes the object at the position as a message, without tag and length. */
  protected abstract message(read: JsonReadPlan, bound: BoundMessage | undefined, isAny: boolean): void

  protected forgetAnys(): void {
    this.anyTypes = undefined
  }

  /** Writes the value at the position as one of its type, without tag and length. */
  protected specialForm(read: JsonReadPlan): void {
    const start = this.at
    switch (read.form) {
      case 'timestamp': {
        const text = this.textOf('an RFC 3339 time')
        try {
          this.secondsAndNanos(parseTimestamp(text))
        } catch (error) {
          throw this.valueError(error, start)
        }
        return
      }
      case 'duration': {
        const text = this.textOf('a duration such as "1.5s"')
        try {
          this.secondsAndNanos(parseDuration(text))
        } catch (error) {
          throw this.valueError(error, start)
        }
        return
      }
      case 'fieldMask':
        return this.fieldMask()
      case 'wrapper': {
        const { out } = this
        const { type } = read.plan.fields[0]!.element as ScalarElement
        const before = out.length
        out.uint32(tagOf(1, wireTypeOf(type)))
        if (this.scalar(type)) out.length = before
        return
      }
      case 'struct':
        return this.struct()
      case 'listValue':
        return this.listValue()
      case 'value':
        return this.value()
      case 'any':
        return this.any()
      default:
        this.message(read, undefined, false)
    }
  }

  private secondsAndNanos({ seconds, nanos }: SecondsAndNanos): void {
    const { out } = this
    if (seconds !== 0n) {
      out.uint32(SECONDS)
      out.varint64(seconds)
    }
    if (nanos !== 0) {
      out.uint32(NANOS)
      out.int32(nanos)
    }
  }

  private fieldMask(): void {
    const start = this.at
    const text = this.textOf('a FieldMask in a string')
    try {
      for (const path of parseFieldMask(text, false)) {
        this.out.uint32(TAG_1)
        this.out.string(path)
      }
    } catch (error) {
      throw this.valueError(error, start)
    }
  }

  private struct(): void {
    if (this.bytes[this.at] !== CH.OpenBrace) throw this.notA('an object')
    const { out } = this
    this.enter()
    if (!this.begin(CH.CloseBrace)) {
      const keys = new SeenKeys()
      do {
        this.requireKey()
        const start = this.at
        const key = this.string()
        if (!keys.add(key)) throw this.duplicateKey(key, start)
        this.colon()
        out.uint32(TAG_1)
        const entry = out.begin()
        out.uint32(TAG_1)
        out.string(key)
        out.uint32(TAG_2)
        const value = out.begin()
        this.value()
        out.end(value)
        out.end(entry)
      } while (!this.isLast(CH.CloseBrace))
    }
    this.leave()
  }

  private listValue(): void {
    if (this.bytes[this.at] !== CH.OpenBracket) throw this.notA('an array')
    const { out } = this
    this.enter()
    if (!this.begin(CH.CloseBracket)) {
      do {
        out.uint32(TAG_1)
        const value = out.begin()
        this.value()
        out.end(value)
      } while (!this.isLast(CH.CloseBracket))
    }
    this.leave()
  }

  /** google.protobuf.Value: what JSON has, as what it is. */
  protected value(): void {
    const { out } = this
    switch (this.bytes[this.at]) {
      case CH.Quote:
        out.uint32(STRING_VALUE)
        this.copyString()
        return
      case CH.OpenBrace: {
        out.uint32(STRUCT_VALUE)
        const mark = out.begin()
        this.struct()
        out.end(mark)
        return
      }
      case CH.OpenBracket: {
        out.uint32(LIST_VALUE)
        const mark = out.begin()
        this.listValue()
        out.end(mark)
        return
      }
      case 0x6e:
        this.null()
        out.uint32(NULL_VALUE)
        out.uint32(0)
        return
      case 0x74:
        this.true()
        out.uint32(BOOL_VALUE)
        out.uint32(1)
        return
      case 0x66:
        this.false()
        out.uint32(BOOL_VALUE)
        out.uint32(0)
        return
      default:
        this.requireNumber()
        out.uint32(NUMBER_VALUE)
        this.scalar(ScalarType.DOUBLE)
    }
  }

  /** `{"@type": "…/full.Name", …}`; with `value` where the type has a special form itself. */
  private any(): void {
    const { bytes, out } = this
    if (bytes[this.at] !== CH.OpenBrace) throw this.notA('an object')
    const start = this.at
    const types = (this.anyTypes ??= new AnyTypes())
    const place = types.typeOf(bytes, start)
    if (place === AnyTypes.EMPTY) {
      this.begin(CH.CloseBrace)
      return
    }
    if (place === undefined) {
      // What is not JSON at all is told as that.
      this.skipValue()
      throw this.error('MALFORMED_FIELD', start, 'an Any without "@type"')
    }
    const read = this.typeAt(place)
    this.enter()
    out.uint32(TAG_1)
    this.at = place
    this.copyString()
    this.at = start
    const before = out.length
    out.uint32(TAG_2)
    const mark = out.begin()
    if (read.form === undefined) this.message(read, undefined, true)
    else this.packedSpecial(read)
    if (out.length === mark + 1) out.length = before
    else out.end(mark)
    this.leave()
  }

  /** The type that the string at the place names. */
  private typeAt(place: number): JsonReadPlan {
    this.at = place
    if (this.bytes[place] !== CH.Quote) throw this.notA('a string')
    const typeUrl = this.string()
    try {
      return this.plans.of(planOfTypeUrl(typeUrl, this.table))
    } catch (error) {
      throw this.valueError(error, place)
    }
  }

  /** The object of an Any whose type has a special form: `@type` and `value`, and nothing beside them. */
  private packedSpecial(read: JsonReadPlan): void {
    const start = this.at
    let hasValue = false
    this.begin(CH.CloseBrace)
    const keys = new SeenKeys()
    do {
      this.requireKey()
      const keyStart = this.at
      const key = this.string()
      if (!keys.add(key)) throw this.duplicateKey(key, keyStart)
      this.colon()
      if (key === 'value') {
        hasValue = true
        this.specialForm(read)
      } else {
        if (key !== TYPE_KEY && !this.ignoresUnknown) {
          throw this.error('UNKNOWN_FIELD', keyStart, 'an Any of this type has only "@type" and "value"', [key])
        }
        this.skipValue()
      }
    } while (!this.isLast(CH.CloseBrace))
    if (!hasValue) throw this.error('MALFORMED_FIELD', start, 'an Any of this type needs a "value"')
  }

  protected notUtf8(): Error {
    return transcodeError('MALFORMED_JSON', 'the body is not UTF-8')
  }
}
