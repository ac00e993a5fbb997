import Negotiator from 'negotiator'
import { Code, StatusError } from '../status/index.js'
import { BoundedCache } from '../cache/index.js'
import { Reason } from './reasons.js'

/** Content codings of requests (RFC 9110 §8.4.1). */
export type ContentCoding = 'gzip' | 'deflate' | 'br'

/** Content codings of responses, the preferred first where the client weighs them alike. */
export type ResponseCoding = 'br' | 'gzip'

/** More than one coding is hardly ever sent; each is a whole pass over the body. */
const MAX_CODINGS = 3

const NONE: readonly ContentCoding[] = []
const BY_NAME: ReadonlyMap<string, ContentCoding> = new Map([
  ['gzip', 'gzip'],
  // RFC 9110 §8.4.1.3: to be taken as gzip.
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
])

/** Refusals are kept, not thrown, so that they can be cached. */
const requestCodings = new BoundedCache(readContentEncoding)

function readContentEncoding(header: string): { readonly codings: readonly ContentCoding[] | 'unsupported' } {
  const codings: ContentCoding[] = []
  for (const element of header.split(',')) {
    const name = element.trim().toLowerCase()
    // RFC 9110 §5.6.1: empty elements of a list are ignored.
    if (name === '' || name === 'identity') continue
    const coding = BY_NAME.get(name)
    if (coding === undefined) return { codings: 'unsupported' }
    codings.push(coding)
  }
  return { codings: codings.length > MAX_CODINGS ? 'unsupported' : codings }
}

/**
 * The codings of a request body, in the order they were applied; most often none.
 * @throws StatusError 415 with what would do in Accept-Encoding (RFC 9110 §15.5.16)
 */
export function codingsOf(header: string | undefined): readonly ContentCoding[] {
  if (header === undefined || header === '') return NONE
  const { codings } = requestCodings.get(header)
  if (codings !== 'unsupported') return codings
  throw new StatusError(
    Code.InvalidArgument,
    `the Content-Encoding of the request is not supported: send gzip, deflate or br, at most ${MAX_CODINGS} in a row, or the body plain`,
    {
      reason: Reason.UnsupportedEncoding,
      httpStatus: 415,
      headers: ['accept-encoding', 'gzip, deflate, br'],
    },
  )
}

/** What an Accept-Encoding header asks for. */
export interface CodingChoice {
  /** The coding to use; undefined: the body plain, because the client prefers that or takes nothing we have. */
  readonly coding: ResponseCoding | undefined
  /** False where the client refuses a plain body (`identity;q=0`). */
  readonly takesPlain: boolean
}

const RESPONSE_CODINGS: readonly string[] = ['br', 'gzip'] satisfies ResponseCoding[]
const PLAIN: CodingChoice = { coding: undefined, takesPlain: true }
const codingChoices = new BoundedCache(readAcceptEncoding)

/** RFC 9110 §12.5.3: the coding of the highest weight; of those with equal weight, ours in our order, before none. */
function readAcceptEncoding(header: string): CodingChoice {
  const ranges = header.split(',').map((range) => range.trim().replace(/^x-gzip(?=\s*(?:;|$))/i, 'gzip'))
  // Of equal weights the negotiator takes what the client names first; browsers name gzip first, and mean nothing by it.
  ranges.sort((a, b) => rankOf(a) - rankOf(b))
  const negotiator = new Negotiator({ headers: { 'accept-encoding': ranges.join(',') } })
  const accepted = negotiator.encodings([...RESPONSE_CODINGS, 'identity'])
  const [first] = accepted
  const coding = first === 'br' || first === 'gzip' ? first : undefined
  return { coding, takesPlain: accepted.includes('identity') }
}

function rankOf(range: string): number {
  const rank = RESPONSE_CODINGS.indexOf(range.split(';', 1)[0]!.trim().toLowerCase())
  return rank < 0 ? RESPONSE_CODINGS.length : rank
}

/** The coding of a response. Without the header nothing is compressed: such clients are seldom able to read it. */
export function negotiateCoding(header: string | undefined): CodingChoice {
  return header === undefined || header === '' ? PLAIN : codingChoices.get(header)
}
