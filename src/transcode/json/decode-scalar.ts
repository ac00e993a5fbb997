import { ScalarType } from '@bufbuild/protobuf'
import type { PathStep } from '../errors/field-path.js'
import { formatPath } from '../errors/field-path.js'
import { quote, transcodeError, ValueError } from '../errors/transcode-error.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { TranscodeReason } from '../reasons.js'
import { TreeNode } from '../tree/node.js'
import { describeNode, readEnum, readScalar } from '../tree/read-scalar.js'
import { isDefaultScalar, writeScalar } from '../wire/scalar-value.js'
import { WireWriter } from '../wire/writer.js'
import { pathTo, placeOf } from './locate.js'
import type { JsonReadField } from './read-plan.js'
import { CH, isDigit, JsonScanner } from './scanner.js'
import { writeSafeInteger } from './write-numbers.js'

/** Digits that a double holds exactly, whatever they are. */
const SAFE_DIGITS = 15
/** Powers of ten that doubles are exactly: a quotient of a safe integer and one of them is rounded once, so correctly. */
const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
const NO_WRITER = new WireWriter(0)
/** Strings shorter than this have a length of one byte. */
const SHORT_STRING = 0x7f
/** By byte: 1 where a run of a string's plain characters ends (RFC 8259 §7). */
const ENDS_RUN = new Uint8Array(256)
ENDS_RUN.fill(1, 0, CH.Space)
ENDS_RUN[CH.Quote] = 1
ENDS_RUN[CH.Backslash] = 1
const NO_STEPS: readonly PathStep[] = []

/** Reads scalars from JSON's bytes straight to the wire; what is unusual goes through `values/`, as text. */
export abstract class JsonScalarDecoder extends JsonScanner {
  protected out = NO_WRITER
  /** What the body is. */
  protected content: MessagePlan | FieldPlan | undefined = undefined
  protected readonly ignoresUnknown: boolean

  constructor(ignoresUnknown: boolean) {
    super()
    this.ignoresUnknown = ignoresUnknown
  }

  /**
   * Writes the value at the position as a scalar of the type, without its tag.
   *
   * @returns true where it is the type's default
   */
  protected scalar(type: ScalarType): boolean {
    switch (type) {
      case ScalarType.STRING:
        if (this.bytes[this.at] !== CH.Quote) return this.anyScalar(type)
        return this.copyString()
      case ScalarType.BOOL:
        return this.bool()
      case ScalarType.BYTES:
        return this.anyScalar(type)
      case ScalarType.DOUBLE:
      case ScalarType.FLOAT:
        return this.floating(type)
      default:
        return this.integer(type)
    }
  }

  /** Copies the string at the position with its length before it; true where it is empty. */
  protected copyString(): boolean {
    const { bytes, out } = this
    const start = this.at + 1
    out.reserve(SHORT_STRING + 1)
    const { buffer, length } = out
    // Of most strings the length is one byte, and they are copied as they are looked through.
    let to = length + 1
    let at = start
    const limit = start + SHORT_STRING
    while (at < limit) {
      const byte = bytes[at]!
      if (ENDS_RUN[byte] !== 0) break
      buffer[to++] = byte
      at++
    }
    if (bytes[at] === CH.Quote && at < limit) {
      const size = at - start
      buffer[length] = size
      out.length = to
      this.at = at + 1
      return size === 0
    }
    return this.copyLongString(start, at)
  }

  /** The same for one that is longer, or has escapes; `at`: so far there is no end, and no escape. */
  private copyLongString(start: number, at: number): boolean {
    const { bytes, out } = this
    let end = at
    while (ENDS_RUN[bytes[end]!] === 0) end++
    const byte = bytes[end]
    if (byte === CH.Backslash) return this.copyEscapedString(start, end)
    if (byte !== CH.Quote) throw this.inString(end)
    this.at = end + 1
    const size = end - start
    out.uint32(size)
    out.reserve(size)
    bytes.copy(out.buffer, out.length, start, end)
    out.length += size
    return false
  }

  private copyEscapedString(start: number, first: number): boolean {
    const { bytes, out } = this
    const mark = out.beginWide(1)
    const from = out.length
    // An escape is never shorter than what it stands for, so the rest of the text is room enough.
    out.reserve(first - start)
    bytes.copy(out.buffer, out.length, start, first)
    out.length += first - start
    let at = first
    for (;;) {
      const byte = bytes[at]!
      if (byte === CH.Quote) break
      if (byte === CH.Backslash) {
        this.at = at
        this.putCodePoint(this.escape())
        at = this.at
        continue
      }
      if (!(byte >= CH.Space)) throw this.inString(at)
      out.reserve(1)
      out.buffer[out.length++] = byte
      at++
    }
    this.at = at + 1
    const isEmpty = out.length === from
    out.endWide(mark, 1)
    return isEmpty
  }

  private putCodePoint(code: number): void {
    const { out } = this
    out.reserve(4)
    const { buffer } = out
    if (code < 0x80) {
      buffer[out.length++] = code
    } else if (code < 0x800) {
      buffer[out.length++] = 0xc0 | (code >> 6)
      buffer[out.length++] = 0x80 | (code & 0x3f)
    } else if (code < 0x10000) {
      buffer[out.length++] = 0xe0 | (code >> 12)
      buffer[out.length++] = 0x80 | ((code >> 6) & 0x3f)
      buffer[out.length++] = 0x80 | (code & 0x3f)
    } else {
      buffer[out.length++] = 0xf0 | (code >> 18)
      buffer[out.length++] = 0x80 | ((code >> 12) & 0x3f)
      buffer[out.length++] = 0x80 | ((code >> 6) & 0x3f)
      buffer[out.length++] = 0x80 | (code & 0x3f)
    }
  }

  private bool(): boolean {
    const byte = this.bytes[this.at]
    if (byte === 0x74) {
      this.true()
      this.out.uint32(1)
      return false
    }
    if (byte !== 0x66) return this.anyScalar(ScalarType.BOOL)
    this.false()
    this.out.uint32(0)
    return true
  }

  private integer(type: ScalarType): boolean {
    const { bytes } = this
    const isQuoted = bytes[this.at] === CH.Quote
    let at = isQuoted ? this.at + 1 : this.at
    const isNegative = bytes[at] === CH.Minus
    if (isNegative) at++
    const first = at
    let value = 0
    let byte = bytes[at]!
    while (isDigit(byte)) {
      value = value * 10 + (byte - CH.Zero)
      byte = bytes[++at]!
    }
    const digits = at - first
    const isPlain =
      digits > 0 &&
      digits <= SAFE_DIGITS &&
      (bytes[first] !== CH.Zero || digits === 1) &&
      (isQuoted ? byte === CH.Quote : byte !== CH.Point && (byte | 0x20) !== 0x65)
    // A 0 has no sign among integers.
    if (!isPlain || !writeSafeInteger(type, isNegative && value !== 0 ? -value : value, this.out)) {
      return this.anyScalar(type)
    }
    this.at = isQuoted ? at + 1 : at
    return value === 0
  }

  private floating(type: ScalarType): boolean {
    const { bytes } = this
    let at = this.at
    const isNegative = bytes[at] === CH.Minus
    if (isNegative) at++
    const first = at
    let value = 0
    let byte = bytes[at]!
    while (isDigit(byte)) {
      value = value * 10 + (byte - CH.Zero)
      byte = bytes[++at]!
    }
    let digits = at - first
    if (digits === 0 || (bytes[first] === CH.Zero && digits > 1)) return this.anyScalar(type)
    let decimals = 0
    if (byte === CH.Point) {
      const point = at
      byte = bytes[++at]!
      while (isDigit(byte)) {
        value = value * 10 + (byte - CH.Zero)
        byte = bytes[++at]!
      }
      decimals = at - point - 1
      if (decimals === 0) return this.anyScalar(type)
      digits += decimals
    }
    if (digits > SAFE_DIGITS || (byte | 0x20) === 0x65) return this.anyScalar(type)
    if (decimals > 0) value /= POWERS[decimals]!
    if (isNegative) value = -value
    this.at = at
    if (type === ScalarType.DOUBLE) this.out.double(value)
    else this.out.float(value)
    return value === 0 && !isNegative
  }

  /** The scalar at the position by way of its text, whatever it is. */
  private anyScalar(type: ScalarType): boolean {
    const start = this.at
    const node = this.leaf()
    try {
      const value = readScalar(type, node)
      writeScalar(type, value, this.out)
      return isDefaultScalar(value)
    } catch (error) {
      throw this.valueError(error, start)
    }
  }

  /** The number that an enum's value stands for; undefined: an unknown name, where those are ignored. */
  protected enumNumber(field: JsonReadField): number | undefined {
    const { bytes } = this
    const start = this.at
    if (bytes[start] === CH.Quote) {
      const end = this.hashString()
      const number = end === -1 ? undefined : field.enumNames.find(bytes, start + 1, end, this.hash)
      if (number !== undefined) {
        this.at = end + 1
        return number
      }
    }
    const node = this.leaf()
    try {
      return readEnum(field.enum, node, this.ignoresUnknown)
    } catch (error) {
      throw this.valueError(error, start)
    }
  }

  /** The value at the position, gone behind where it is no array or object; of those only what they are. */
  protected leaf(): TreeNode {
    switch (this.bytes[this.at]) {
      case CH.Quote:
        return TreeNode.string(this.string())
      case CH.OpenBrace:
        return TreeNode.object([], [])
      case CH.OpenBracket:
        return TreeNode.array([])
      case 0x6e:
        this.null()
        return TreeNode.null
      case 0x74:
        this.true()
        return TreeNode.true
      case 0x66:
        this.false()
        return TreeNode.false
      default:
        this.requireNumber()
        return TreeNode.number(this.number())
    }
  }

  /** The string at the position. @throws StatusError MALFORMED_FIELD `5 is not a duration …` */
  protected textOf(expected: string): string {
    if (this.bytes[this.at] === CH.Quote) return this.string()
    throw this.notA(expected)
  }

  /** `null is not an object`, of the value at the position. */
  protected notA(expected: string): Error {
    const start = this.at
    return this.error('MALFORMED_FIELD', start, `${describeNode(this.leaf())} is not ${expected}`)
  }

  /** What a conversion of `values/` threw, with where the value stands. */
  protected valueError(error: unknown, position: number): unknown {
    return error instanceof ValueError ? this.error('MALFORMED_FIELD', position, error.message) : error
  }

  protected override duplicateKey(key: string, start: number): Error {
    return this.error('DUPLICATE_FIELD', start, `the key ${quote(key)} stands twice in its object`, [key])
  }

  /**
   * `book.pages: 12.5 is not an int32, at line 3 column 14`
   *
   * @param position of the token that is wrong
   * @param more steps from there
   */
  protected error(
    reason: TranscodeReason,
    position: number,
    description: string,
    more: readonly PathStep[] = NO_STEPS,
  ): Error {
    const field = formatPath([...pathTo(this.bytes, position, this.content!), ...more])
    const place = placeOf(this.bytes, position)
    return transcodeError(reason, `${field === '' ? 'the body' : field}: ${description}, at ${place}`, field)
  }
}
