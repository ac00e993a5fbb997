import { existsSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'
import { text } from 'node:stream/consumers'
import { loadConfigFile, parseAddress, type AdminConfig } from '../config/index.js'
import { LoadError, Problems } from '../problems/index.js'
import { DEFAULT_FILE } from './source.js'
import { UsageError } from './usage-error.js'

export interface AdminOptions {
  readonly config?: string
  readonly admin?: string
  readonly token?: string
}

/** Where a running gateway's admin port is. */
export interface AdminAddress {
  /** `http://127.0.0.1:9901` */
  readonly origin: string
  readonly token: string | undefined
}

const DEFAULT_PORT = 9901
const TIMEOUT_MS = 5000

/**
 * The admin port the options mean: `--admin` (a URL or HOST:PORT), or that of the configuration file, or where there is
 * none the default. The token is `--token`, or the file's.
 */
export function adminOf({ config, admin, token }: AdminOptions): AdminAddress {
  // A file that is only there by default is not asked when the flags say all.
  const hasFile = config !== undefined || (admin === undefined && existsSync(DEFAULT_FILE))
  const written = hasFile ? readAdmin(config ?? DEFAULT_FILE) : undefined
  const origin = admin === undefined ? originOf(written) : readOrigin(admin)
  return { origin, token: token ?? written?.token }
}

function readAdmin(path: string): AdminConfig {
  const problems = new Problems()
  const config = loadConfigFile(path, { env: process.env, keepsWrongParts: true }, problems)
  // What else is wrong with it is not asked here.
  const errors = problems.errors.filter(
    ({ selector }) => config === undefined || selector?.startsWith('admin') === true,
  )
  if (config === undefined || errors.length > 0) throw new LoadError(errors)
  return config.admin
}

function originOf(written: AdminConfig | undefined): string {
  const { host, port } = written ?? { host: '127.0.0.1', port: DEFAULT_PORT }
  if (port === 0) {
    throw new UsageError('the configuration lets the system choose the admin port: give --admin, as serve printed it')
  }
  return `http://${hostToAsk(host)}:${port}`
}

/** What is bound to all addresses is reached on this machine's own. */
function hostToAsk(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function readOrigin(text: string): string {
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text)) throw new UsageError(`--admin: ${JSON.stringify(text)} is not a URL`)
    return new URL(text).origin
  }
  const reading = parseAddress(text)
  if ('wrong' in reading) throw new UsageError(`--admin: ${reading.wrong}: ${reading.advice}, or a URL`)
  return `http://${hostToAsk(reading.host ?? '127.0.0.1')}:${reading.port}`
}

/**
 * The JSON a page of the admin port answers.
 * @throws Error with what to do where there is no answer, or no good one
 */
export async function askAdmin({ origin, token }: AdminAddress, path: string): Promise<unknown> {
  const { status, body } = await getText(origin, path, token)
  if (status === 401) {
    throw new Error(`the admin port at ${origin} wants a token: give --token, or --config with admin.token`)
  }
  const json = parse(body)
  if (status === 200 && json !== undefined) return json
  const reason = typeof json === 'object' && json !== null && 'error' in json ? String(json.error) : ''
  throw new Error(
    `${origin}${path} answers ${status}${reason === '' ? ': is that a protobridge admin port?' : `: ${reason}`}`,
  )
}

/** Not by fetch, which has a list of ports it does not go to. */
function getText(origin: string, path: string, token: string | undefined): Promise<{ status: number; body: string }> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const options = {
    headers: { accept: 'application/json', ...authorization },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(
        new Error(
          `no answer from the gateway's admin port at ${origin}: ${reasonOf(error)}: is it running? --admin URL says where`,
        ),
      )
    const get = origin.startsWith('https:') ? httpsGet : httpGet
    const request = get(`${origin}${path}`, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), fail)
    })
    request.on('error', fail)
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A name with several addresses fails with a list of reasons. */
function reasonOf(error: Error): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `none within ${TIMEOUT_MS} ms`
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error]
  return first instanceof Error ? first.message : error.message
}
