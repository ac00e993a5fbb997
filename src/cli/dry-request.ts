import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { DryRequest } from './dry-run.js'
import { UsageError } from './usage-error.js'

/** How a request is told to `explain`. */
export interface RequestOptions {
  readonly body?: string
  readonly header: readonly string[]
}

/**
 * The request that the arguments of `explain` tell.
 * @param request `METHOD /path?query`
 * @throws UsageError
 */
export function readDryRequest(request: string, options: RequestOptions): DryRequest {
  const match = /^(\S+)\s+(\S+)$/.exec(request.trim())
  if (match === null) throw new UsageError("write the request as 'METHOD /path?query', e.g. 'GET /v1/shelves/1'")
  const headers = readHeaders(options.header)
  const { bytes, contentType } = readBodyOption(options.body)
  if (contentType !== undefined && !headers.has('content-type')) headers.set('content-type', contentType)
  return { method: match[1]!, target: match[2]!, headers, body: bytes }
}

/** Names are lower-cased; of one that is given again the values are a list, as node:http has it. */
function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new UsageError(`--header "${line}": write it as 'Name: value'`)
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    const earlier = headers.get(name)
    if (earlier === undefined) headers.set(name, value)
    else if (!SINGLE_HEADERS.has(name)) headers.set(name, `${earlier}, ${value}`)
  }
  return headers
}

/** The first counts where they come again. */
const SINGLE_HEADERS: ReadonlySet<string> = new Set(['content-type', 'host'])

/** The Content-Type that a file's name stands for, where none is given. */
const TYPES_BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['.json', 'application/json'],
  ['.xml', 'application/xml'],
  ['.form', 'application/x-www-form-urlencoded'],
  ['.bin', 'application/x-protobuf'],
])

/**
 * `@NAME` is a file of any name. So is what ends as one that a format is told by and has no `=`, which a form has: no text
 * of JSON or XML ends so. Anything else is the body itself.
 */
function readBodyOption(body: string | undefined): { readonly bytes: Buffer; readonly contentType?: string } {
  if (body === undefined) return { bytes: Buffer.alloc(0) }
  const isMarked = body.startsWith('@')
  const contentType = TYPES_BY_EXTENSION.get(extname(body).toLowerCase())
  if (!isMarked && (contentType === undefined || body.includes('='))) return { bytes: Buffer.from(body) }
  try {
    const bytes = readFileSync(isMarked ? body.slice(1) : body)
    return contentType === undefined ? { bytes } : { bytes, contentType }
  } catch (error) {
    throw new UsageError(`--body ${body}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
