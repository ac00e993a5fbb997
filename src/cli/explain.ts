import { readFileSync } from 'node:fs'
import { explainRequest, type DryRequest } from './dry-run.js'
import { explanationText } from './explanation-text.js'
import { withSnapshot } from './load-once.js'
import { sourceOf, type SourceOptions } from './source.js'
import { UsageError } from './usage-error.js'

interface ExplainOptions extends SourceOptions {
  readonly body?: string
  readonly header: readonly string[]
  readonly json?: boolean
}

/** `protobridge explain`: a dry run of one request. Exit 0 where it would be sent upstream, 1 where it is refused. */
export async function explain(request: string, options: ExplainOptions): Promise<void> {
  const dry = readRequest(request, options)
  const explanation = await withSnapshot(sourceOf(options), (snapshot) => explainRequest(dry, snapshot))
  console.log(options.json === true ? JSON.stringify(explanation, null, 2) : explanationText(explanation))
  if (explanation.refused !== null) process.exitCode = 1
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
