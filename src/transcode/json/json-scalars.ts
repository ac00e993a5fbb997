import { ScalarType } from '@bufbuild/protobuf'
import * as nameTable from '../decode/name-table.js'
import { mixHash } from '../decode/name-table.js'
import { readScalarText, requireEnumNumber, unknownEnum } from '../decode/read-text.js'
import type { ElementTable } from '../decode/tables.js'
import { writeEnum, writeTagged } from '../decode/write-text.js'
import { quote, ValueError } from '../errors/transcode-error.js'
import { decodeBase64 } from '../values/base64.js'
import { parseFloating } from '../values/float.js'
import { parseEnumNumber, parseInteger } from '../values/integer.js'
import { CH, isDigit } from './characters.js'
import { JsonText } from './json-text.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const {
  BOOL,
  BYTES,
  DOUBLE,
  FIXED32,
  FIXED64,
  FLOAT,
  INT32,
  INT64,
  SFIXED32,
  SFIXED64,
  SINT32,
  SINT64,
  STRING,
  UINT32,
  UINT64,
} = ScalarType
const { HASH_START } = nameTable
const { LowerE, LowerF, LowerN, LowerT, Minus, Nine, Point, Quote, Zero } = CH

/** Digits of which every number is exact in a double. */
const EXACT_DIGITS = 15
/** Powers of ten that a double holds exactly: a quotient of two exact doubles is the double nearest to the value. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
/** So many digits always fit into 64 bits without a sign. */
const LONG_DIGITS = 19
const BILLION = 1e9
const BILLION_DIGITS = 9
const MAX_INT32 = 0x7fffffff
const MIN_INT32 = -0x80000000
const MAX_UINT32 = 0xffffffff

/**
 * Scalars and enums: from the bytes of the text to those of the wire, where the value is as most are; the others by the
 * conversions every text format has.
 */
export class JsonScalars extends JsonText {
  /** What the digits read last say; `isExact` tells whether they do. */
  #magnitude = 0

  /**
   * Writes the scalar at the position.
   *
   * @param first its first byte, at which the position is
   * @param tag 0: none, as in a packed list
   * @param keepsDefault false: a value that is its type's default is not written
   */
  protected scalar(type: ScalarType, element: ElementTable, first: number, tag: number, keepsDefault: boolean): void {
    switch (type) {
      case STRING:
        this.stringField(first, tag, keepsDefault)
        return
      case BYTES:
        this.#bytesField(element, first, tag, keepsDefault)
        return
      case BOOL:
        this.#boolField(first, tag, keepsDefault)
        return
      case DOUBLE:
      case FLOAT:
        this.#floatField(type, first, tag, keepsDefault)
        return
      default:
        this.#integerField(type, first, tag, keepsDefault)
    }
  }

  protected stringField(first: number, tag: number, keepsDefault: boolean): void {
    if (first !== Quote) throw this.misfit('a string')
    this.makeRoom()
    const { out } = this
    const start = out.length
    if (tag !== 0) out.tag(tag)
    const mark = out.length++
    this.copyString()
    if (!keepsDefault && out.length === mark + 1) out.rewind(start)
    else out.endShort(mark)
  }

  #bytesField(element: ElementTable, first: number, tag: number, keepsDefault: boolean): void {
    if (first !== Quote) throw this.misfit('base64 in a string')
    this.makeRoom()
    const { out, bytes } = this
    const start = out.length
    if (tag !== 0) out.tag(tag)
    const { width } = element
    const mark = out.begin(width)
    const from = this.at + 1
    const to = bytes.indexOf(Quote, from)
    const written = to === -1 ? -1 : decodeBase64(bytes, from, to, out.buffer, out.length)
    if (written === -1) {
      // What is no base64 as it stands may be so with its escapes, or is not JSON.
      out.rewind(mark)
      const at = this.at
      const text = this.string()
      out.bytes(this.#converted(at, () => readScalarText(BYTES, text) as Uint8Array))
      if (!keepsDefault && out.length === mark + 1) out.rewind(start)
      return
    }
    this.at = to + 1
    out.length = written
    if (!keepsDefault && written === mark + width) out.rewind(start)
    else element.width = out.end(mark, width)
  }

  #boolField(first: number, tag: number, keepsDefault: boolean): void {
    if (first !== LowerT && first !== LowerF) throw this.misfit('a bool')
    const value = this.bool()
    if (!value && !keepsDefault) return
    this.makeRoom()
    if (tag !== 0) this.out.tag(tag)
    this.out.uint32(value ? 1 : 0)
  }

  /**
   * Reads an integer of few digits, quoted or not, and stands behind it: its magnitude is then in `#magnitude`. Where the
   * value is anything else it stands where it stood.
   *
   * @returns 1, or -1 for one with a minus; 0 for anything else
   */
  #plainInteger(first: number): number {
    const { bytes, end } = this
    const isQuoted = first === Quote
    let at = isQuoted ? this.at + 1 : this.at
    const isNegative = at < end && bytes[at] === Minus
    if (isNegative) at++
    const digits = at
    let magnitude = 0
    let byte = 0
    while (at < end) {
      byte = bytes[at]!
      if (byte < Zero || byte > Nine) break
      magnitude = magnitude * 10 + (byte - Zero)
      at++
    }
    const count = at - digits
    if (count === 0 || count > EXACT_DIGITS || (count > 1 && bytes[digits] === Zero)) return 0
    if (isQuoted) {
      if (at >= end || byte !== Quote) return 0
      at++
    } else if (at < end && (byte === Point || (byte | 0x20) === LowerE)) {
      return 0
    }
    this.#magnitude = magnitude
    this.at = at
    return isNegative ? -1 : 1
  }

  #integerField(type: ScalarType, first: number, tag: number, keepsDefault: boolean): void {
    const start = this.at
    const sign = this.#plainInteger(first)
    const value = sign === -1 ? -this.#magnitude : this.#magnitude
    if (sign === 0 || !isInRange(type, value)) {
      this.at = start
      if (!this.#longInteger(type, first, tag)) this.#otherInteger(type, first, tag, keepsDefault)
      return
    }
    if (value === 0 && !keepsDefault) return
    this.makeRoom()
    const { out } = this
    if (tag !== 0) out.tag(tag)
    switch (type) {
      case SINT32:
      case SINT64:
        out.varint(value < 0 ? -2 * value - 1 : 2 * value)
        return
      case FIXED32:
      case SFIXED32:
        out.fixed32(value)
        return
      case FIXED64:
      case SFIXED64:
        out.fixed(value)
        return
      default:
        out.varint(value)
    }
  }

  /**
   * Writes a 64-bit integer of more digits than a double holds, such as ids and nanoseconds have.
   *
   * @returns false where it is anything else, and nothing is written
   */
  #longInteger(type: ScalarType, first: number, tag: number): boolean {
    if (type !== INT64 && type !== UINT64 && type !== FIXED64 && type !== SFIXED64) return false
    const { bytes, end } = this
    const isQuoted = first === Quote
    const from = isQuoted ? this.at + 1 : this.at
    let at = from
    while (at < end && isDigit(bytes[at]!)) at++
    const count = at - from
    if (count <= EXACT_DIGITS || count > LONG_DIGITS || bytes[from] === Zero) return false
    const next = at < end ? bytes[at]! : 0
    if (isQuoted ? next !== Quote : next === Point || (next | 0x20) === LowerE) return false
    const upper = this.#digitsAt(from, at - BILLION_DIGITS)
    const lower = this.#digitsAt(at - BILLION_DIGITS, at)
    // upper × 10^9 + lower, upper in two parts of which each product is exact.
    const high = Math.floor(upper / 0x10000)
    const tens = high * BILLION
    const sum = (upper - high * 0x10000) * BILLION + lower + (tens % 0x10000) * 0x10000
    const lowHalf = sum >>> 0
    const highHalf = Math.floor(tens / 0x10000) + Math.floor(sum / 0x100000000)
    if (highHalf > MAX_INT32 && (type === INT64 || type === SFIXED64)) return false
    this.at = isQuoted ? at + 1 : at
    this.makeRoom()
    const { out } = this
    if (tag !== 0) out.tag(tag)
    if (type === INT64 || type === UINT64) out.varintOf(lowHalf, highHalf)
    else {
      out.fixed32(lowHalf)
      out.fixed32(highHalf)
    }
    return true
  }

  #digitsAt(from: number, to: number): number {
    let value = 0
    for (let at = from; at < to; at++) value = value * 10 + this.bytes[at]! - Zero
    return value
  }

  /** One with many digits, a fraction of zeros, an exponent or escapes; or none, or none of the type. */
  #otherInteger(type: ScalarType, first: number, tag: number, keepsDefault: boolean): void {
    const isQuoted = first === Quote
    const at = this.at
    const text = isQuoted ? this.string() : this.#numberText()
    const value = this.#converted(at, () => parseInteger(type, text, isQuoted))
    this.makeRoom()
    writeTagged(this.out, type, tag, keepsDefault, value)
  }

  /** The number at the position as its text. */
  #numberText(): string {
    const byte = this.peek()
    if (byte !== Minus && !isDigit(byte)) throw this.misfit('a number')
    return this.number()
  }

  #floatField(type: ScalarType.DOUBLE | ScalarType.FLOAT, first: number, tag: number, keepsDefault: boolean): void {
    const value = first === Quote ? this.#quotedFloat(type) : this.double(type)
    if (!keepsDefault && Object.is(value, 0)) return
    this.makeRoom()
    const { out } = this
    if (tag !== 0) out.tag(tag)
    if (type === DOUBLE) out.double(value)
    else out.float(value)
  }

  #quotedFloat(type: ScalarType): number {
    const { at } = this
    const text = this.string()
    return this.#converted(at, () => parseFloating(type, text, true, true))
  }

  /**
   * The number at the position. Few digits with few of them behind the point are an integer over a power of ten, both
   * exact; such a quotient is rounded once, so it is what the whole text stands for (Clinger 1990).
   */
  protected double(type: ScalarType.DOUBLE | ScalarType.FLOAT): number {
    const { bytes, end } = this
    let { at } = this
    const isNegative = at < end && bytes[at] === Minus
    if (isNegative) at++
    const digits = at
    let magnitude = 0
    let byte = 0
    let fraction = 0
    while (at < end) {
      byte = bytes[at]!
      if (byte < Zero || byte > Nine) break
      magnitude = magnitude * 10 + (byte - Zero)
      at++
    }
    let count = at - digits
    const hasLeadingZero = count > 1 && bytes[digits] === Zero
    if (count > 0 && byte === Point) {
      const point = at++
      while (at < end) {
        byte = bytes[at]!
        if (byte < Zero || byte > Nine) break
        magnitude = magnitude * 10 + (byte - Zero)
        at++
      }
      fraction = at - point - 1
      count = fraction === 0 ? 0 : count + fraction
    }
    const isPlain = count > 0 && count <= EXACT_DIGITS && !hasLeadingZero && (at === end || (byte | 0x20) !== LowerE)
    if (isPlain) {
      this.at = at
      const value = magnitude / POWERS[fraction]!
      return isNegative ? -value : value
    }
    return this.#otherDouble(type)
  }

  /** With many digits, an exponent; or none, or none of the type. */
  #otherDouble(type: ScalarType): number {
    const { at } = this
    const text = this.#numberText()
    return this.#converted(at, () => parseFloating(type, text, false, false))
  }

  /**
   * Writes the enum's name or number at the position.
   *
   * @returns false where it stays unset: an unknown name, where unknown ones are ignored
   */
  protected enumField(element: ElementTable, first: number, tag: number, keepsDefault: boolean): boolean {
    const { names, plan } = element.enum!
    let number: number | undefined
    if (first === Quote) {
      const { bytes, end, stops } = this
      const from = this.at + 1
      let hash = HASH_START
      let at = from
      while (at < end && stops[bytes[at]!] === 0) hash = mixHash(hash, bytes[at++]!)
      number = at < end && bytes[at] === Quote ? names.find(bytes, from, at, hash) : undefined
      if (number === undefined) number = this.#otherName(element)
      else this.at = at + 1
      if (number === undefined) return false
    } else if (first === LowerN && plan.isNullValue) {
      this.null()
      number = plan.zero
    } else {
      number = this.#enumNumber(element, first)
    }
    this.makeRoom()
    return writeEnum(this.out, element, tag, keepsDefault, number)
  }

  /** A name with escapes, or one the enum does not have. */
  #otherName(element: ElementTable): number | undefined {
    const { plan } = element.enum!
    const { at } = this
    const name = this.string()
    const number = plan.numbers.get(name)
    if (number !== undefined || this.ignoresUnknown) return number
    return this.#converted(at, () => {
      throw unknownEnum(plan, name, quote(name))
    })
  }

  #enumNumber(element: ElementTable, first: number): number {
    const { plan } = element.enum!
    const { at } = this
    if (first === Minus || isDigit(first)) {
      const number = parseEnumNumber(this.number())
      if (number !== undefined) {
        return this.#converted(at, () => requireEnumNumber(plan, number, this.ignoresUnknown))
      }
      this.at = at
    }
    throw this.misfit(`a value of the enum ${plan.desc.name}`)
  }

  /** Runs a conversion of the value that began at `at`; where there is something wrong with it, that is the place. */
  #converted<T>(at: number, conversion: () => T): T {
    try {
      return conversion()
    } catch (error) {
      if (error instanceof ValueError) this.at = at
      throw error
    }
  }
}

/** True for an integer of few digits that the type holds. */
function isInRange(type: ScalarType, value: number): boolean {
  switch (type) {
    case INT32:
    case SINT32:
    case SFIXED32:
      return value >= MIN_INT32 && value <= MAX_INT32
    case UINT32:
    case FIXED32:
      return value >= 0 && value <= MAX_UINT32
    case UINT64:
    case FIXED64:
      return value >= 0
    default:
      return true
  }
}
