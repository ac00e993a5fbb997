import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BRIEF_AUDIENCE } from './client.js'
import type { Answer, Driver, Tally } from './driver.js'
import { readTrace, type Trace } from './trace-tree.js'

/*
 * What goes right and wrong in a stack, one thing at a time. Each scene puts right what it has put wrong, and tells what was
 * seen; the end-to-end test says what that has to be.
 */

const BOOK = '/v1/shelves/1/books/1'
const APPRAISAL = `${BOOK}:appraise`

/** Nothing is wrong: both gateways and both library servers answer. */
export function spread(driver: Driver): Promise<Tally> {
  return driver.load(BOOK, bothServe(driver))
}

/** One request through everything: balancer, token, limit, Consul, two services; what is left of it where one looks. */
export interface Journey {
  readonly answer: Answer
  readonly requestId: string
  /** undefined: the stack has no Jaeger, or the gateway does not trace. */
  readonly trace: Trace | undefined
  /** The line in the gateway's log; undefined: it has none. */
  readonly logLine: Readonly<Record<string, unknown>> | undefined
  /** Requests of the route that Prometheus counts; undefined: the stack has none. */
  readonly counted: number | undefined
}

/** How many services a traced journey goes through at least: the gateway, the library, the inventory. */
const SPANS = 4

export async function journey(driver: Driver): Promise<Journey> {
  const requestId = `journey-${Date.now()}`
  const answer = await driver.get(APPRAISAL, undefined, { 'x-request-id': requestId })
  const traceId = /^00-([0-9a-f]{32})-/.exec(answer.headers.get('traceresponse') ?? '')?.[1]
  let trace: Trace | undefined
  if (traceId !== undefined && !driver.state.leftOut.includes('jaeger')) {
    await driver.until('the trace in Jaeger', async () => {
      trace = await readTrace(driver.urls.jaeger, traceId)
      return (trace?.spans.length ?? 0) >= SPANS
    })
  }
  const gateway = answer.headers.get('x-gateway') ?? 'gateway-1'
  let logLine: Record<string, unknown> | undefined
  const findLine = (): boolean => {
    const lines = readFileSync(join(driver.state.folder, `${gateway}.log`), 'utf8').split('\n')
    const line = lines.find((each) => each.includes(requestId) && each.startsWith('{'))
    logLine = line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>)
    return logLine !== undefined
  }
  await driver.until('the line in the log', findLine, 3000).catch(() => undefined)
  return { answer, requestId, trace, logLine, counted: await countedBy(driver) }
}

/** What Prometheus says of the route, once it has scraped both gateways since. */
async function countedBy(driver: Driver): Promise<number | undefined> {
  if (driver.state.leftOut.includes('prometheus')) return undefined
  const query = 'sum(http_server_request_duration_seconds_count{http_route=~".*:appraise"})'
  let counted = 0
  const isCounted = async (): Promise<boolean> => {
    const url = `${driver.urls.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`
    const { data } = (await (await fetch(url)).json()) as {
      data?: { result: { value: [number, string] }[] }
    }
    counted = Number(data?.result[0]?.value[1] ?? 0)
    return counted > 0
  }
  await driver.until('Prometheus to count the request', isCounted, 10_000).catch(() => undefined)
  return counted
}

/** More appraisals than there are to be had in a minute: whichever gateway is asked. */
export interface Exhausted {
  readonly passed: number
  readonly refused: number
  /** Of a refusal. */
  readonly retryAfter: string | undefined
  readonly policy: string | undefined
  /** Which gateways let requests pass, and which refused. */
  readonly gateways: readonly string[]
}

export async function exhausted(driver: Driver): Promise<Exhausted> {
  const answers: Answer[] = []
  for (let sent = 0; sent < 45; sent++) answers.push(await driver.get(APPRAISAL))
  const refusals = answers.filter(({ status }) => status === 429)
  return {
    passed: answers.filter(({ status }) => status === 200).length,
    refused: refusals.length,
    retryAfter: refusals[0]?.headers.get('retry-after') ?? undefined,
    policy: refusals[0]?.headers.get('ratelimit-policy') ?? undefined,
    gateways: [...new Set(answers.map(({ headers }) => headers.get('x-gateway') ?? ''))].sort(),
  }
}

/** A token that was good is over. */
export interface Expired {
  readonly before: number
  readonly after: number
  readonly challenge: string
  /** Without any token. */
  readonly without: number
}

export async function expired(driver: Driver): Promise<Expired> {
  const token = await driver.token(BRIEF_AUDIENCE)
  const before = (await driver.get(BOOK, token)).status
  let answer = await driver.get(BOOK, token)
  await driver.until('the token to expire', async () => {
    answer = await driver.get(BOOK, token)
    return answer.status !== 200
  })
  const without = (await driver.get(BOOK, '')).status
  return { before, after: answer.status, challenge: answer.headers.get('www-authenticate') ?? '', without }
}

/** A library server that takes connections and never answers: calls go to the other one, and soon nobody asks it any more. */
export async function slowInstance(driver: Driver): Promise<Tally> {
  driver.signal('library-2', 'SIGSTOP')
  try {
    const avoided = driver.until('library-2 to be left alone', async () =>
      (await Promise.all([isAvoided(driver, 'gateway-1'), isAvoided(driver, 'gateway-2')])).every(Boolean),
    )
    return await driver.load(BOOK, avoided)
  } finally {
    driver.signal('library-2', 'SIGCONT')
    await bothServe(driver)
  }
}

/** A library server that is gone under load, and comes back. */
export async function killedInstance(driver: Driver): Promise<Tally> {
  const before = driver.state.pids['library-2']
  const back = async (): Promise<void> => {
    driver.signal('library-2', 'SIGKILL')
    await driver.until('library-2 to be started again', () => driver.state.pids['library-2'] !== before)
    await bothServe(driver)
  }
  return driver.load(BOOK, back())
}

/** A gateway that is gone under load, and comes back. */
export async function killedGateway(driver: Driver): Promise<Tally> {
  const before = driver.state.pids['gateway-2']
  const back = async (): Promise<void> => {
    driver.signal('gateway-2', 'SIGKILL')
    await driver.until('gateway-2 to be started again', () => driver.state.pids['gateway-2'] !== before)
    await bothServe(driver)
  }
  return driver.load(BOOK, back())
}

/** A gateway that is asked to end under load: it drains, and comes back. */
export async function drainedGateway(driver: Driver): Promise<Tally> {
  const before = driver.state.pids['gateway-1']
  const back = async (): Promise<void> => {
    driver.signal('gateway-1', 'SIGTERM')
    await driver.until('gateway-1 to be started again', () => driver.state.pids['gateway-1'] !== before, 30_000)
    await bothServe(driver)
  }
  return driver.load(BOOK, back())
}

/** Whether a gateway sends nothing to library-2. */
async function isAvoided(driver: Driver, gateway: 'gateway-1' | 'gateway-2'): Promise<boolean> {
  const upstreams = (await driver.admin(gateway, '/upstreams')) as {
    name: string
    endpoints: { address: string; state: string }[]
  }[]
  const address = `127.0.0.1:${driver.state.ports['library-2']}`
  const endpoint = upstreams.find(({ name }) => name === 'library')?.endpoints.find((each) => each.address === address)
  return endpoint === undefined || !['READY', 'IDLE', 'CONNECTING'].includes(endpoint.state)
}

/** Resolves when both gateways have each sent requests to both library servers. */
async function bothServe(driver: Driver): Promise<void> {
  const seen = new Set<string>()
  await driver.until(
    'both gateways to send requests to both library servers',
    async () => {
      const { status, headers } = await driver.get(BOOK)
      if (status === 200) seen.add(`${headers.get('x-gateway')} ${headers.get('x-served-by')}`)
      return seen.size >= 4
    },
    30_000,
  )
}
