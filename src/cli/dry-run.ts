import {
  bodyTooLarge,
  codingsOf,
  decodeBodyNow,
  findRoute,
  methodNotAllowed,
  negotiateError,
  negotiateRequest,
  negotiateResponse,
  noRoute,
  parseRequestTarget,
  requireUnary,
  responseTypeOf,
  type Route,
} from '../exchange/index.js'
import type { Binding } from '../mapping/index.js'
import { canonicalPath } from '../routing/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { StatusError, codeName } from '../status/index.js'
import {
  FORMAT_NAMES,
  type FormatName,
  type RequestFormatName,
  type RequestTrace,
  type ResponseWishes,
} from '../transcode/index.js'
import { authorizationOf, type Authorization } from './authorization.js'
import { indentXml } from './xml-view.js'

/** A request that is never sent. */
export interface DryRequest {
  readonly method: string
  /** A path with its query, or an absolute URI. */
  readonly target: string
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** What would come of a request, as `explain --json` prints it. */
export interface Explanation {
  readonly request: string
  readonly route: RouteText | null
  /** Who may call it; null: nobody is asked. A dry run asks nobody either. */
  readonly auth: Authorization | null
  readonly body: BodyText | null
  /** Routes that did not take it, though not for much. */
  readonly near: readonly (RouteText & { readonly reason: string })[]
  readonly parts: RequestTrace['parts']
  /** The request message as JSON; null where there is none. */
  readonly message: unknown
  /** What the response would be written in; null where the request is refused, or the gateway answers itself. */
  readonly response: ResponseText | null
  /** The gateway's own answer, where that is no error: to OPTIONS. */
  readonly answer: { readonly httpStatus: number; readonly allow: readonly string[] } | null
  readonly refused: Refusal | null
}

/** What the body is read as. */
export interface BodyText {
  /** `raw`: as it is, into an HttpBody. */
  readonly format: RequestFormatName | 'raw'
  /** '' where none is given. */
  readonly contentType: string
  /** Its length, decompressed. */
  readonly bytes: number
  /** XML for people to read, once it is known to be good; null in other formats. */
  readonly document: string | null
}

export interface ResponseText {
  /** `raw`: as the service sends it, in an HttpBody. */
  readonly format: FormatName | 'raw'
  /** null where the service says it. */
  readonly mediaType: string | null
  /** Those there are to choose from, by Accept or $alt. */
  readonly formats: readonly (FormatName | 'raw')[]
}

export interface RouteText {
  readonly method: string
  readonly path: string
  readonly rpc: string
  readonly upstream: string
  /** `annotation at library.proto:12:5`. */
  readonly source: string
}

export interface Refusal {
  readonly httpStatus: number
  readonly code: string
  readonly reason: string
  readonly message: string
  /** The type of the error document. */
  readonly mediaType: string
}

/** How many near misses are told where a route matches, and where none does. */
const NEAR = { matched: 3, missed: 5 }

/** What is known of a request, as far as it got. */
interface Progress {
  found: Partial<Explanation>
  /** Of the body; with `wishes`, what the type of an error goes by. */
  format: RequestFormatName | undefined
  wishes: ResponseWishes | undefined
}

/** Takes a request as far as the gateway would before it calls the upstream. */
export function explainRequest(dry: DryRequest, snapshot: Snapshot): Explanation {
  const nothing = { route: null, auth: null, body: null, near: [], parts: [], message: null }
  const noAnswer = { response: null, answer: null, refused: null }
  const progress: Progress = { found: {}, format: undefined, wishes: undefined }
  try {
    explainTarget(dry, snapshot, progress)
  } catch (error) {
    progress.found = { ...progress.found, response: null, refused: refusalOf(error, dry, progress) }
  }
  return { request: `${dry.method} ${dry.target}`, ...nothing, ...noAnswer, ...progress.found }
}

/** @throws StatusError */
function explainTarget(dry: DryRequest, snapshot: Snapshot, progress: Progress): void {
  const target = parseRequestTarget(dry.target, dry.headers.get('host') ?? '')
  const match = findRoute(snapshot, dry.method, target)
  const limit = match.kind === 'match' ? NEAR.matched : NEAR.missed
  const isPath = target.path !== '*'
  const near = isPath ? snapshot.router.near(dry.method, target.host, canonicalPath(target.path), limit) : []
  const prefixes = new Map(snapshot.routes.map(({ route, prefix }) => [route, prefix]))
  const textOf = (route: Route): RouteText => routeText(route, prefixes.get(route) ?? '')
  progress.found = { near: near.map(({ entry, reason }) => ({ ...textOf(entry.value), reason })) }
  if (match.kind === 'notFound') throw noRoute(dry.method, target.path, snapshot.awaited)
  if (match.kind === 'match') {
    const auth = authorizationOf(snapshot.config, match.value.binding.method, dry.headers)
    progress.found = { ...progress.found, route: textOf(match.value), auth }
    bind(match.value, match.captures, target.query, dry, progress)
  } else if (dry.method === 'OPTIONS') {
    progress.found = { ...progress.found, answer: { httpStatus: 204, allow: match.allow } }
  } else {
    throw methodNotAllowed(dry.method, match.allow)
  }
}

/** @throws StatusError in the order in which the exchange would */
function bind(route: Route, captures: readonly string[], query: string, dry: DryRequest, progress: Progress): void {
  requireUnary(route)
  const { plan } = route
  const { headers } = dry
  const contentType = headers.get('content-type') ?? ''
  const hasBody = dry.body.length > 0
  const codings = hasBody ? codingsOf(headers.get('content-encoding')) : []
  const format =
    hasBody && !plan.takesHttpBody ? negotiateRequest(contentType, dry.method, plan.bodyFormats) : undefined
  progress.format = format
  const wishes = plan.readWishes(query)
  progress.wishes = wishes
  const response = responseText(route, wishes, headers.get('accept'), format)
  if (dry.body.length > route.maxRequestBytes) throw bodyTooLarge(route.maxRequestBytes)
  const body = decodeBodyNow(dry.body, codings, route.maxRequestBytes)
  const bodyText = { format: format ?? ('raw' as const), contentType, bytes: body.length, document: null }
  if (hasBody) progress.found = { ...progress.found, body: bodyText }
  const trace = (bytes: Buffer): RequestTrace =>
    plan.traceRequest({ captures, query, body: bytes, format, contentType })
  const { parts, json, message } = trace(body)
  progress.found = { ...progress.found, parts, message: JSON.parse(json), response }
  if (format === 'xml') {
    const meansTheSame = (indented: string): boolean =>
      Buffer.compare(trace(Buffer.from(indented)).message, message) === 0
    progress.found = { ...progress.found, body: { ...bodyText, document: documentText(body, meansTheSame) } }
  }
}

/** An XML body for people to read: an element a line where that means the same, else as it came. */
function documentText(body: Buffer, meansTheSame: (indented: string) => boolean): string {
  const document = body.toString('utf8').replace(/^\ufeff/, '')
  return indentXml(document, meansTheSame) ?? document
}

/** @throws StatusError 406 */
function responseText(
  { plan }: Route,
  wishes: ResponseWishes,
  accept: string | undefined,
  requestFormat: RequestFormatName | undefined,
): ResponseText {
  if (plan.givesHttpBody) return { format: 'raw', mediaType: null, formats: ['raw'] }
  const type = wishes.format === undefined ? negotiateResponse(accept, requestFormat) : responseTypeOf(wishes.format)
  return { ...type, formats: FORMAT_NAMES }
}

function refusalOf(error: unknown, dry: DryRequest, { format, wishes }: Progress): Refusal {
  if (!(error instanceof StatusError)) throw error
  const allow = error.headers[0] === 'allow' ? `: it is served for ${error.headers[1]!}` : ''
  const { httpStatus, code, reason, message } = error
  const type =
    wishes?.format === undefined ? negotiateError(dry.headers.get('accept'), format) : responseTypeOf(wishes.format)
  return { httpStatus, code: codeName(code), reason, message: `${message}${allow}`, mediaType: type.mediaType }
}

function routeText({ binding, rpcName, upstream }: Route, prefix: string): RouteText {
  return {
    method: binding.httpMethod,
    path: prefix + binding.template.source,
    rpc: rpcName,
    upstream: upstream.name,
    source: sourceText(binding),
  }
}

function sourceText({ source, position: { file, line, column } }: Binding): string {
  if (source === 'automatic') return source
  const name = source === 'mapping' ? 'mapping file' : source
  return `${name} at ${line === 0 ? file : `${file}:${line}:${column}`}`
}
