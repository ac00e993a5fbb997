import { readFileSync } from 'node:fs'
import { negotiateRequest, parseRequestTarget, type Route } from '../exchange/index.js'
import type { Binding } from '../mapping/index.js'
import { canonicalPath, type CanonicalPath } from '../routing/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { StatusError, codeName } from '../status/index.js'
import type { RequestTrace } from '../transcode/index.js'
import { withSnapshot } from './load-once.js'
import { sourceOf, type SourceOptions } from './source.js'
import { UsageError } from './usage-error.js'

interface ExplainOptions extends SourceOptions {
  readonly body?: string
  readonly header: readonly string[]
  readonly json?: boolean
}

/** What `explain` found out, as `--json` prints it. */
interface Explanation {
  readonly request: string
  readonly route: RouteText | undefined
  readonly near: readonly (RouteText & { readonly reason: string })[]
  readonly parts: RequestTrace['parts']
  /** The request message, as JSON text. */
  readonly message: string | undefined
  readonly refused: { readonly httpStatus: number; readonly code: string; readonly message: string } | undefined
}

interface RouteText {
  readonly method: string
  readonly path: string
  readonly rpc: string
  /** `annotation at library.proto:12:5`. */
  readonly source: string
}

interface DryRequest {
  readonly method: string
  readonly target: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** `protobridge explain`: a dry run of one request. Exit 0 where it would be sent upstream, 1 where it is refused. */
export async function explain(request: string, options: ExplainOptions): Promise<void> {
  const dry = readRequest(request, options)
  const explanation = await withSnapshot(sourceOf(options), (snapshot) => explainRequest(dry, snapshot))
  console.log(options.json === true ? JSON.stringify(explanation, null, 2) : format(explanation))
  if (explanation.refused !== undefined) process.exitCode = 1
}

function readRequest(request: string, { body, header }: ExplainOptions): DryRequest {
  const match = /^(\S+)\s+(\S+)$/.exec(request.trim())
  if (match === null) throw new UsageError("write the request as 'METHOD /path?query', e.g. 'GET /v1/shelves/1'")
  const headers = new Map<string, string>()
  for (const line of header) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new UsageError(`--header "${line}": write it as 'Name: value'`)
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return { method: match[1]!, target: match[2]!, headers, body: readBodyOption(body) }
}

function readBodyOption(body: string | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0)
  if (!body.startsWith('@')) return Buffer.from(body)
  try {
    return readFileSync(body.slice(1))
  } catch (error) {
    throw new UsageError(`--body ${body}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function explainRequest(dry: DryRequest, { router, routes }: Snapshot): Explanation {
  const nothing = {
    request: `${dry.method} ${dry.target}`,
    route: undefined,
    near: [],
    parts: [],
    message: undefined,
    refused: undefined,
  }
  const prefixes = new Map(routes.map(({ route, prefix }) => [route, prefix]))
  let path: CanonicalPath
  let target
  try {
    target = parseRequestTarget(dry.target, dry.headers.get('host') ?? '')
    path = canonicalPath(target.path)
  } catch (error) {
    return { ...nothing, refused: refusalOf(error) }
  }
  const match = router.match(dry.method, target.host, path)
  const near = router.near(dry.method, target.host, path, 5).map(({ entry, reason }) => ({
    ...routeText(entry.value, prefixes.get(entry.value) ?? ''),
    reason,
  }))
  if (match.kind === 'notFound') {
    return {
      ...nothing,
      near,
      refused: { httpStatus: 404, code: 'NOT_FOUND', message: 'no route has this host and path' },
    }
  }
  if (match.kind === 'methodNotAllowed') {
    const message = `the path is served for ${match.allow.join(', ')} only`
    return { ...nothing, near, refused: { httpStatus: 405, code: 'UNIMPLEMENTED', message } }
  }
  const route = routeText(match.value, prefixes.get(match.value) ?? '')
  try {
    const { parts, json } = trace(match.value, match.captures, target.query, dry)
    return { ...nothing, route, near, parts, message: json }
  } catch (error) {
    return { ...nothing, route, near, refused: refusalOf(error) }
  }
}

function trace(route: Route, captures: readonly string[], query: string, dry: DryRequest): RequestTrace {
  const { plan } = route
  const contentType = dry.headers.get('content-type')
  const hasBody = dry.body.length > 0
  const format = hasBody && !plan.takesHttpBody ? negotiateRequest(contentType, dry.method) : undefined
  return plan.traceRequest({ captures, query, body: dry.body, format, contentType: contentType ?? '' })
}

function refusalOf(error: unknown): Explanation['refused'] {
  if (!(error instanceof StatusError)) throw error
  return { httpStatus: error.httpStatus, code: codeName(error.code), message: error.message }
}

function routeText({ binding, rpcName }: Route, prefix: string): RouteText {
  return {
    method: binding.httpMethod,
    path: prefix + binding.template.source,
    rpc: rpcName,
    source: sourceText(binding),
  }
}

function sourceText({ source, position }: Binding): string {
  const name = source === 'mapping' ? 'mapping file' : source
  return source === 'automatic' ? name : `${name} at ${position.file}:${position.line}:${position.column}`
}

function format({ request, route, near, parts, message, refused }: Explanation): string {
  const lines = [request, '']
  if (route !== undefined) {
    lines.push(`matches   ${route.method} ${route.path}`, `calls     ${route.rpc}`, `by        ${route.source}`)
  }
  if (parts.length > 0) {
    lines.push('', 'binds')
    for (const { from, field, text } of parts)
      lines.push(
        `  ${field} from the ${from === 'patch' ? 'fields of the body' : from}${text === undefined ? '' : `: ${JSON.stringify(text)}`}`,
      )
  }
  if (message !== undefined) lines.push('', 'message', indent(message))
  if (refused !== undefined) lines.push('', `refused   ${refused.httpStatus} ${refused.code}: ${refused.message}`)
  if (near.length > 0) {
    lines.push('', route === undefined ? 'nearest' : 'also near')
    for (const { method, path, rpc, reason } of near) lines.push(`  ${method} ${path} (${rpc}): ${reason}`)
  }
  return lines.join('\n')
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
