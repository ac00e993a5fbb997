import Negotiator from 'negotiator'
import { Code, StatusError } from '../status/index.js'
import {
  FORMAT_NAMES,
  formatForContentType,
  mediaTypesOf,
  parseMediaType,
  problemTypeOf,
  type FormatName,
  type RequestFormatName,
  type TranscodeReason,
} from '../transcode/index.js'
import { BoundedCache } from '../cache/index.js'
import { Reason } from './reasons.js'

/** What a response is written in, and the media type it is labelled with: the one of the format's that was asked for. */
export interface ResponseType {
  readonly format: FormatName
  readonly mediaType: string
}

/** The same of an error: as a google.rpc.Status, or as an RFC 9457 problem document. */
export interface ErrorType extends ResponseType {
  readonly isProblem: boolean
}

/** What an Accept header asks for. */
interface AcceptChoice {
  /** Acceptable types, the preferred first; empty: nothing we have is acceptable. */
  readonly types: readonly ResponseType[]
  /** The client does not mind which: `*\/*` leads, or only a wildcard reaches us. */
  readonly isIndifferent: boolean
  /** The type of problem documents, where the client prefers that to every type of a response. */
  readonly problem: ErrorType | undefined
}

/** Every media type a response can have; the most usual first, since ties go to the first. */
const RESPONSE_TYPES: ReadonlyMap<string, ResponseType> = new Map(
  FORMAT_NAMES.flatMap((format) =>
    mediaTypesOf(format).map((mediaType) => [mediaType, { format, mediaType }] as const),
  ),
)

const PROBLEM_TYPES: ReadonlyMap<string, ErrorType> = new Map(
  FORMAT_NAMES.flatMap((format) => {
    const mediaType = problemTypeOf(format)
    return mediaType === undefined ? [] : [[mediaType, { format, mediaType, isProblem: true }] as const]
  }),
)

const acceptChoices = new BoundedCache(readAccept)
const ANYTHING = readAccept('*/*')
const JSON_TYPE = responseTypeOf('json')

/** RFC 9110 §12.5.1; a list with `text/html` is a browser's and gets JSON (rulings, "response type"). */
function readAccept(header: string): AcceptChoice {
  const accept = header.split(',').map(withoutParameters).join(',')
  const negotiator = new Negotiator({ headers: { accept } })
  const [preferred] = negotiator.mediaTypes([...RESPONSE_TYPES.keys(), ...PROBLEM_TYPES.keys()])
  const problem = preferred === undefined ? undefined : PROBLEM_TYPES.get(preferred)
  const ranges = negotiator.mediaTypes()
  if (ranges.includes('text/html')) return { types: [responseTypeOf('json')], isIndifferent: false, problem }
  const mediaTypes = negotiator.mediaTypes([...RESPONSE_TYPES.keys()])
  const types = mediaTypes.map((mediaType) => RESPONSE_TYPES.get(mediaType)!)
  const isIndifferent = ranges[0] === '*/*' || (mediaTypes[0] !== undefined && !ranges.includes(mediaTypes[0]))
  return { types, isIndifferent, problem }
}

/**
 * A media range without parameters but for its weight. RFC 9110 §12.5.1 has them compared; but what `charset`, `version`
 * and their like ask for is either what is sent anyhow or nothing we could tell apart.
 */
function withoutParameters(range: string): string {
  const [type = '', ...parameters] = range.split(';')
  const weight = parameters.find((parameter) => parameter.trim().toLowerCase().startsWith('q='))
  return weight === undefined ? type : `${type};${weight}`
}

function choiceOf(accept: string | undefined): AcceptChoice {
  return accept === undefined || accept === '' || accept === '*/*' ? ANYTHING : acceptChoices.get(accept)
}

function typeOf(
  { types, isIndifferent }: AcceptChoice,
  requestFormat: RequestFormatName | undefined,
): ResponseType | undefined {
  if (isIndifferent && requestFormat !== undefined) {
    for (const type of types) if (type.format === requestFormat) return type
  }
  return types[0]
}

/** The type a format is labelled with where none was asked for (`$alt`, or by default). */
export function responseTypeOf(format: FormatName): ResponseType {
  return RESPONSE_TYPES.get(mediaTypesOf(format)[0]!)!
}

/**
 * The type of a response: what Accept prefers, else the request's own, else JSON.
 * @throws StatusError 406 where nothing acceptable can be made
 */
export function negotiateResponse(
  accept: string | undefined,
  requestFormat: RequestFormatName | undefined,
): ResponseType {
  const type = typeOf(choiceOf(accept), requestFormat)
  if (type !== undefined) return type
  throw new StatusError(
    Code.InvalidArgument,
    `nothing acceptable: responses are ${[...RESPONSE_TYPES.keys()].join(', ')}`,
    {
      reason: Reason.NotAcceptable,
      httpStatus: 406,
    },
  )
}

/** The type of an error, which is always written: in JSON where nothing is acceptable. */
export function negotiateError(accept: string | undefined, requestFormat: RequestFormatName | undefined): ErrorType {
  const choice = choiceOf(accept)
  return choice.problem ?? { ...(typeOf(choice, requestFormat) ?? JSON_TYPE), isProblem: false }
}

/** A parsed Content-Type; the error is kept, not thrown, so that it can be cached and the header left unread. */
type RequestType = { readonly format: RequestFormatName } | { readonly error: 'type' | 'charset' }

const requestTypes = new BoundedCache(readContentType)

function readContentType(header: string): RequestType {
  const mediaType = parseMediaType(header)
  const format = mediaType === undefined ? undefined : formatForContentType(mediaType.type)
  if (format === undefined) return { error: 'type' }
  const charset = mediaType?.charset
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') return { error: 'charset' }
  return { format }
}

/**
 * The format of a request body.
 *
 * @param bodyFormats those that what the method's body is has a form in; JSON is always one
 * @throws StatusError 415, with the types that would do in Accept-Post or Accept-Patch (RFC 5789 §3.1)
 */
export function negotiateRequest(
  header: string | undefined,
  httpMethod: string,
  bodyFormats: readonly RequestFormatName[],
): RequestFormatName {
  if (header === undefined || header === '' || header === 'application/json') return 'json'
  const type = requestTypes.get(header)
  if ('format' in type) {
    if (bodyFormats.includes(type.format)) return type.format
    const reason: TranscodeReason = 'UNSUPPORTED_BODY'
    throw unsupported('the body of this method cannot be sent in its Content-Type', reason, httpMethod, bodyFormats)
  }
  if (type.error === 'type') {
    const message = 'the Content-Type of the request is not supported'
    throw unsupported(message, Reason.UnsupportedMediaType, httpMethod, bodyFormats)
  }
  throw new StatusError(Code.InvalidArgument, 'the charset of a request must be UTF-8', {
    reason: Reason.UnsupportedCharset,
    httpStatus: 415,
  })
}

function unsupported(
  message: string,
  reason: string,
  httpMethod: string,
  bodyFormats: readonly RequestFormatName[],
): StatusError {
  const types = bodyFormats.flatMap(mediaTypesOf).join(', ')
  return new StatusError(Code.InvalidArgument, `${message}: send ${types}`, {
    reason,
    httpStatus: 415,
    headers: [httpMethod === 'PATCH' ? 'accept-patch' : 'accept-post', types],
  })
}
