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
const ZERO = 48
const LOWER_F = 102

/** A header as node:http gives it: repeated ones are joined, which no `traceparent` survives. */
type Header = string | readonly string[] | undefined

/**
 * Whether a `traceparent` can be used. Versions to come are read by their first four fields (§3.2.4 "Versioning of
 * traceparent"); ids of zeros, version ff and upper-case digits are invalid.
 */
export function isTraceparent(header: Header): header is string {
  if (typeof header !== 'string' || header.length < TRACEPARENT_LENGTH) return false
  if (!areHexDigits(header, 0, 2) || header.charCodeAt(2) !== DASH) return false
  if (header.length > TRACEPARENT_LENGTH) {
    // Only versions after 00 may have further fields.
    if (header.startsWith('00') || header.charCodeAt(TRACEPARENT_LENGTH) !== DASH) return false
  }
  if (header.charCodeAt(0) === LOWER_F && header.charCodeAt(1) === LOWER_F) return false
  return (
    areHexDigits(header, TRACE_ID_START, TRACE_ID_END) &&
    header.charCodeAt(TRACE_ID_END) === DASH &&
    areHexDigits(header, SPAN_ID_START, SPAN_ID_END) &&
    header.charCodeAt(SPAN_ID_END) === DASH &&
    areHexDigits(header, FLAGS_START, TRACEPARENT_LENGTH) &&
    !areZeros(header, TRACE_ID_START, TRACE_ID_END) &&
    !areZeros(header, SPAN_ID_START, SPAN_ID_END)
  )
}

/** The trace id of a `traceparent`, 32 digits; undefined: it has none that can be used. For logs without tracing, too. */
export function traceIdOf(header: Header): string | undefined {
  return isTraceparent(header) ? header.slice(TRACE_ID_START, TRACE_ID_END) : undefined
}

/** The id of the caller's span, 16 digits. @param traceparent one that `isTraceparent` takes */
export function parentSpanIdOf(traceparent: string): string {
  return traceparent.slice(SPAN_ID_START, SPAN_ID_END)
}

/** Whether the caller may have recorded its part. @param traceparent one that `isTraceparent` takes */
export function isSampled(traceparent: string): boolean {
  return (hexDigit(traceparent.charCodeAt(FLAGS_START + 1)) & 1) === 1
}

function areHexDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (hexDigit(text.charCodeAt(i)) < 0) return false
  return true
}

function areZeros(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) !== ZERO) return false
  return true
}

/** Of a lower-case digit; -1: it is none. */
function hexDigit(c: number): number {
  if (c >= ZERO && c <= 57) return c - ZERO
  return c >= 97 && c <= LOWER_F ? c - 87 : -1
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
