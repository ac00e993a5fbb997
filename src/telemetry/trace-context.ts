/**
 * W3C Trace Context and Baggage as requests bring them: https://www.w3.org/TR/trace-context/ and
 * https://www.w3.org/TR/baggage/. Read by hand, since every request may have them and any byte may be in them.
 */

/** `00-` 32 digits `-` 16 digits `-` 2 digits. */
const TRACEPARENT_LENGTH = 55
const TRACE_ID_START = 3
const TRACE_ID_END = 35
const SPAN_ID_START = 36
const SPAN_ID_END = 52
const FLAGS_START = 53

const DASH = 45

/** A header as node:http gives it: repeated ones are joined, which no `traceparent` survives. */
type Header = string | readonly string[] | undefined

/**
 * Whether a `traceparent` can be used. Versions to come are read by their first four fields (§3.2.4 "Versioning of
 * traceparent"); ids of zeros, version ff and upper-case digits are invalid.
 */
export function isTraceparent(header: Header): header is string {
  if (typeof header !== 'string' || header.length < TRACEPARENT_LENGTH) return false
  const hasDashes =
    header.charCodeAt(TRACE_ID_START - 1) === DASH &&
    header.charCodeAt(TRACE_ID_END) === DASH &&
    header.charCodeAt(SPAN_ID_END) === DASH
  if (!hasDashes) return false
  const version = digitsOf(header, 0, TRACE_ID_START - 1)
  if (version < 0 || header.startsWith('ff')) return false
  // Only versions after 00 may have further fields.
  if (header.length > TRACEPARENT_LENGTH && (version === 0 || header.charCodeAt(TRACEPARENT_LENGTH) !== DASH))
    return false
  return (
    digitsOf(header, TRACE_ID_START, TRACE_ID_END) > 0 &&
    digitsOf(header, SPAN_ID_START, SPAN_ID_END) > 0 &&
    digitsOf(header, FLAGS_START, TRACEPARENT_LENGTH) >= 0
  )
}

/** The trace id of a `traceparent`, 32 digits; undefined: it has none that can be used. For logs without tracing, too. */
export function traceIdOf(header: Header): string | undefined {
  return isTraceparent(header) ? traceIdIn(header) : undefined
}

/** @param traceparent one that `isTraceparent` takes */
export function traceIdIn(traceparent: string): string {
  return traceparent.slice(TRACE_ID_START, TRACE_ID_END)
}

/** The id of the caller's span, 16 digits. @param traceparent one that `isTraceparent` takes */
export function parentSpanIdIn(traceparent: string): string {
  return traceparent.slice(SPAN_ID_START, SPAN_ID_END)
}

/** Whether the caller may have recorded its part. @param traceparent one that `isTraceparent` takes */
export function isSampled(traceparent: string): boolean {
  return (DIGITS[traceparent.charCodeAt(FLAGS_START + 1)]! & 1) === 1
}

/** Values of lower-case hexadecimal digits by character; NO_DIGIT for all others of ASCII. */
const NO_DIGIT = 128
const DIGITS = new Uint8Array(128).fill(NO_DIGIT)
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value

/** The bits of all digits put together: 0 where they are zeros; -1 where not all are digits. One look at each, no branch. */
function digitsOf(text: string, from: number, to: number): number {
  let bits = 0
  let characters = 0
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i)
    characters |= c
    bits |= DIGITS[c & 127]!
  }
  return characters > 127 || bits >= NO_DIGIT ? -1 : bits
}

/** §3.3.1.1: "There can be a maximum of 32 list-members in a list." */
const MAX_TRACESTATE_MEMBERS = 32
/** §3.3.1.5: what has to be kept; what is longer is cut by whole members, those over 128 characters first. */
const MAX_TRACESTATE_LENGTH = 512
const LONG_MEMBER_LENGTH = 128

/** `key = lcalpha 0*255( lcalpha / DIGIT / "_" / "-" / "*" / "/" )`, and level 1's `tenant@system`. */
const TRACESTATE_KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/
/** `value = 0*255(chr) nblk-chr`, chr being printable ASCII but `,` and `=`. */
const TRACESTATE_VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * What of a `tracestate` goes on; undefined: nothing. One that breaks its grammar is dropped whole (§3.3.1: it "does not
 * affect the parsing of traceparent").
 */
export function tracestateOf(header: Header): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(',')
  if (text === undefined || text === '') return undefined
  const members: string[] = []
  for (const part of text.split(',', MAX_TRACESTATE_MEMBERS * 2)) {
    const member = part.trim()
    // Empty ones are allowed, and mean nothing.
    if (member === '') continue
    const at = member.indexOf('=')
    if (at < 0 || !TRACESTATE_KEY.test(member.slice(0, at)) || !TRACESTATE_VALUE.test(member.slice(at + 1))) {
      return undefined
    }
    members.push(member)
  }
  if (members.length === 0 || members.length > MAX_TRACESTATE_MEMBERS) return undefined
  return shortened(members)
}

function shortened(members: readonly string[]): string | undefined {
  let length = members.reduce((sum, member) => sum + member.length + 1, -1)
  let kept = members
  if (length > MAX_TRACESTATE_LENGTH) {
    kept = members.filter((member) => {
      if (length <= MAX_TRACESTATE_LENGTH || member.length <= LONG_MEMBER_LENGTH) return true
      length -= member.length + 1
      return false
    })
    while (length > MAX_TRACESTATE_LENGTH) {
      length -= kept.at(-1)!.length + 1
      kept = kept.slice(0, -1)
    }
  }
  return kept.length === 0 ? undefined : kept.join(',')
}

/** W3C Baggage §3.3.2: at least so much is passed on by everybody. */
const MAX_BAGGAGE_LENGTH = 8192
/** Of the earlier drafts; the recommendation asks for 64 at least. */
const MAX_BAGGAGE_MEMBERS = 180

/** What of a `baggage` goes on, its first members as they came; undefined: nothing. */
export function baggageOf(header: Header): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(',')
  if (text === undefined || !isPrintable(text)) return undefined
  let members = 0
  let end = 0
  for (let start = 0; start < text.length && members < MAX_BAGGAGE_MEMBERS; members++) {
    const comma = text.indexOf(',', start)
    const memberEnd = comma < 0 ? text.length : comma
    if (memberEnd > MAX_BAGGAGE_LENGTH) break
    if (!isBaggageMember(text.slice(start, memberEnd))) return undefined
    end = memberEnd
    start = memberEnd + 1
  }
  return end === 0 ? undefined : text.slice(0, end)
}

/** `key "=" value *( ";" property )`: a key that is a token, and no quote, `\` or white space in the value. */
function isBaggageMember(member: string): boolean {
  return /^[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[ \t]*[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*[ \t]*(?:;[^"\\,]*)?$/.test(
    member,
  )
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if ((c < 32 && c !== 9) || c > 126) return false
  }
  return true
}
