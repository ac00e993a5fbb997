import { JsonTokens } from './tokens.js'

const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COMMA = 0x2c
const COLON = 0x3a
const QUOTE = 0x22
/** `"@type"`, as it is most often written. */
const TYPE_KEY = Buffer.from('"@type"')

/** An object the scan is in: where it begins; -1 for an array. */
interface Open {
  readonly start: number
  awaitsKey: boolean
  isType: boolean
}

/**
 * Where the `@type` of the objects of one text stands, which may be behind all else in them. The first one that does not
 * stand first is looked through to its end, with all that is in it: Anys within Anys are not looked through again.
 */
export class AnyTypes {
  static readonly EMPTY = -1
  /** By the place of the object's brace, that of the value. */
  readonly #found = new Map<number, number>()
  /** What lies before has been looked through. */
  #scanned = 0

  /**
   * @param start of the object's brace
   * @returns where the value of its `@type` begins; EMPTY for an object without keys; undefined where there is none
   */
  typeOf(bytes: Buffer, start: number): number | undefined {
    const tokens = new JsonTokens(bytes)
    tokens.to = start + 1
    const first = tokens.next()
    if (first === CLOSE_BRACE) return AnyTypes.EMPTY
    if (first === QUOTE && isTypeKey(bytes, tokens) && tokens.next() === COLON && tokens.next() !== -1)
      return tokens.from
    if (start >= this.#scanned) this.#scanned = scan(bytes, start, this.#found)
    return this.#found.get(start)
  }
}

function isTypeKey(bytes: Buffer, tokens: JsonTokens): boolean {
  const size = tokens.to - tokens.from
  if (size === TYPE_KEY.length) return bytes.compare(TYPE_KEY, 0, size, tokens.from, tokens.to) === 0
  if (size < TYPE_KEY.length || bytes.indexOf(0x5c, tokens.from) >= tokens.to) return false
  return textOf(tokens) === '@type'
}

/** undefined where the token is no string that JSON has. */
function textOf(tokens: JsonTokens): string | undefined {
  try {
    return tokens.string()
  } catch {
    return undefined
  }
}

/**
 * Adds the object at a place and every one in it; what is not JSON ends the scan, and is told by whoever reads it.
 *
 * @returns where the scan ended
 */
function scan(bytes: Buffer, from: number, found: Map<number, number>): number {
  const tokens = new JsonTokens(bytes)
  tokens.to = from
  const stack: Open[] = []
  for (let token = tokens.next(); token !== -1; token = tokens.next()) {
    const top = stack[stack.length - 1]
    if (top?.isType === true && token !== COLON) {
      if (!found.has(top.start)) found.set(top.start, tokens.from)
      top.isType = false
    }
    if (token === OPEN_BRACE) stack.push({ start: tokens.from, awaitsKey: true, isType: false })
    else if (token === OPEN_BRACKET) stack.push({ start: -1, awaitsKey: false, isType: false })
    else if (token === CLOSE_BRACE || token === CLOSE_BRACKET) stack.pop()
    else if (token === COMMA && top !== undefined) top.awaitsKey = top.start !== -1
    else if (token === QUOTE && top?.awaitsKey === true) {
      top.awaitsKey = false
      top.isType = isTypeKey(bytes, tokens)
    }
    if (stack.length === 0) break
  }
  return tokens.to
}
