import {
  bodyTooLarge,
  codingsOf,
  decodeBodyNow,
  findRoute,
  methodNotAllowed,
  negotiateRequest,
  negotiateResponse,
  noRoute,
  parseRequestTarget,
  requireUnary,
  type Route,
} from '../exchange/index.js'
import type { Binding } from '../mapping/index.js'
import { canonicalPath } from '../routing/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { StatusError, codeName } from '../status/index.js'
import type { RequestTrace } from '../transcode/index.js'

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
  /** Routes that did not take it, though not for much. */
  readonly near: readonly (RouteText & { readonly reason: string })[]
  readonly parts: RequestTrace['parts']
  /** The request message as JSON; null where there is none. */
  readonly message: unknown
  /** The gateway's own answer, where that is no error: to OPTIONS. */
  readonly answer: { readonly httpStatus: number; readonly allow: readonly string[] } | null
  readonly refused: Refusal | null
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
}

/** How many near misses are told where a route matches, and where none does. */
const NEAR = { matched: 3, missed: 5 }

/** Takes a request as far as the gateway would before it calls the upstream. */
export function explainRequest(dry: DryRequest, snapshot: Snapshot): Explanation {
  const nothing = { route: null, near: [], parts: [], message: null, answer: null, refused: null }
  let found: Partial<Explanation> = {}
  try {
    const target = parseRequestTarget(dry.target, dry.headers.get('host') ?? '')
    const match = findRoute(snapshot, dry.method, target)
    const limit = match.kind === 'match' ? NEAR.matched : NEAR.missed
    const isPath = target.path !== '*'
    const near = isPath ? snapshot.router.near(dry.method, target.host, canonicalPath(target.path), limit) : []
    const prefixes = new Map(snapshot.routes.map(({ route, prefix }) => [route, prefix]))
    const textOf = (route: Route): RouteText => routeText(route, prefixes.get(route) ?? '')
    found = { near: near.map(({ entry, reason }) => ({ ...textOf(entry.value), reason })) }
    if (match.kind === 'notFound') throw noRoute(dry.method, target.path, snapshot.awaitedReflection)
    if (match.kind === 'match') {
      found = { ...found, route: textOf(match.value) }
      found = { ...found, ...bind(match.value, match.captures, target.query, dry) }
    } else if (dry.method === 'OPTIONS') {
      found = { ...found, answer: { httpStatus: 204, allow: match.allow } }
    } else {
      throw methodNotAllowed(dry.method, match.allow)
    }
  } catch (error) {
    found = { ...found, refused: refusalOf(error) }
  }
  return { request: `${dry.method} ${dry.target}`, ...nothing, ...found }
}

/** @throws StatusError in the order in which the exchange would */
function bind(
  route: Route,
  captures: readonly string[],
  query: string,
  dry: DryRequest,
): Pick<Explanation, 'parts' | 'message'> {
  requireUnary(route)
  const { plan } = route
  const { headers } = dry
  const contentType = headers.get('content-type')
  const hasBody = dry.body.length > 0
  const codings = hasBody ? codingsOf(headers.get('content-encoding')) : []
  const format =
    hasBody && !plan.takesHttpBody ? negotiateRequest(contentType, dry.method, plan.bodyFormats) : undefined
  const wishes = plan.readWishes(query)
  if (!plan.givesHttpBody && wishes.format === undefined) negotiateResponse(headers.get('accept'), format)
  if (dry.body.length > route.maxRequestBytes) throw bodyTooLarge(route.maxRequestBytes)
  const body = decodeBodyNow(dry.body, codings, route.maxRequestBytes)
  const { parts, json } = plan.traceRequest({ captures, query, body, format, contentType: contentType ?? '' })
  return { parts, message: JSON.parse(json) }
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof StatusError)) throw error
  const allow = error.headers[0] === 'allow' ? `: it is served for ${error.headers[1]!}` : ''
  const { httpStatus, code, reason, message } = error
  return { httpStatus, code: codeName(code), reason, message: `${message}${allow}` }
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
