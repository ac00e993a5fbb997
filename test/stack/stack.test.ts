import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Driver, type Tally } from '../../stack/driver.js'
import * as scenes from '../../stack/scenes.js'
import { BINARIES, binaryPath, type BinaryName, type StackState } from '../../stack/topology.js'
import { printTrace } from '../../stack/trace-tree.js'
import { until } from '../support/calls.js'

/** The stack as `npm run stack` starts it: built by the set-up of `npm test`. */
const MAIN = fileURLToPath(new URL('../../dist/stack/main.js', import.meta.url))

function hasWhatItNeeds(): boolean {
  const needed = (Object.keys(BINARIES) as BinaryName[]).filter((name) => BINARIES[name].without === undefined)
  const missing = needed.filter((name) => !existsSync(binaryPath(name)))
  if (missing.length === 0) return true
  if (process.env['CI'] !== undefined) throw new Error(`no ${missing.join(', ')}: see scripts/get-*.mjs`)
  console.log(`skipped: no ${missing.join(', ')} binary`)
  return false
}

const run = hasWhatItNeeds() ? describe : describe.skip

run('the whole stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'protobridge-stack-'))
  const stateFile = join(folder, 'stack.json')
  let stack: ChildProcess
  let output = ''
  let driver: Driver
  const state = (): StackState => JSON.parse(readFileSync(stateFile, 'utf8')) as StackState

  beforeAll(async () => {
    stack = spawn(process.execPath, [MAIN], {
      env: { ...process.env, STACK_FOLDER: folder, STACK_PORTS: 'any' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [stack.stdout!, stack.stderr!])
      stream.on('data', (text: Buffer) => (output += text.toString()))
    await until(() => existsSync(stateFile) || stack.exitCode !== null, 'the stack to come up', 60_000)
    if (stack.exitCode !== null) throw new Error(output)
    driver = await Driver.open(state)
  }, 70_000)

  afterAll(async () => {
    if (stack.exitCode === null) {
      const ended = new Promise((resolve) => stack.once('exit', resolve))
      stack.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }, 40_000)

  /** All requests of a load were answered 200, none broke, and more than a few were sent. */
  function expectNoneFailed({ total, statuses }: Tally): void {
    expect(total).toBeGreaterThanOrEqual(40)
    expect(statuses).toEqual({ 200: total })
  }

  const GATEWAYS = ['gateway-1', 'gateway-2']
  const has = (name: BinaryName): boolean => !state().leftOut.includes(name)

  test('it says where to look', () => {
    const { ports } = state()
    expect(output).toContain('the stack is up')
    expect(output).toContain(`http://127.0.0.1:${ports.balancer}/v1/shelves/1/books/1`)
  })

  test('both gateways make themselves known to Consul, and are well', async () => {
    const url = `${driver.urls.consul}/v1/health/service/protobridge?passing`
    const instances = async (): Promise<string[]> =>
      ((await (await fetch(url)).json()) as { Service: { ID: string } }[]).map(({ Service }) => Service.ID)
    await driver.until('Consul to have asked both', async () => (await instances()).length === 2)
    expect((await instances()).sort()).toEqual(GATEWAYS)
  })

  test('requests are spread over gateways and servers', async () => {
    const tally = await scenes.spread(driver)
    expectNoneFailed(tally)
    expect(tally).toMatchObject({ gateways: GATEWAYS, servers: ['library-1', 'library-2'] })
  })

  test('one request leaves its marks everywhere', async () => {
    const { answer, requestId, trace, logLine, counted } = await scenes.journey(driver)
    expect(answer.status).toBe(200)
    // The second hop: the library has asked the inventory.
    expect(JSON.parse(answer.body)).toMatchObject({ remark: 'sent in a box for 0.95' })
    expect(answer.headers.get('x-request-id')).toBe(requestId)
    expect(answer.headers.get('ratelimit-policy')).toContain('"appraisals";q=20;w=60')
    expect(logLine).toMatchObject({ method: 'GET', status: 200, rpc: expect.stringContaining('AppraiseBook') })
    expect(trace === undefined).toBe(!has('jaeger'))
    if (trace !== undefined) {
      expect(logLine).toMatchObject({ traceId: trace.traceID })
      const tree = printTrace(trace).replace(/^ +[\d.]+ ms +[\d.]+ ms {2}/gm, '')
      // Each hop is in the one before: the request, the attempt, the library, what it asks the inventory.
      expect(tree.split('\n').slice(1)).toEqual([
        expect.stringMatching(/^protobridge: GET \/v1\//),
        expect.stringMatching(/^ {2}protobridge: library\.v1\.LibraryService\/AppraiseBook /),
        expect.stringMatching(/^ {4}library: library\.v1\.LibraryService\/AppraiseBook /),
        expect.stringMatching(/^ {6}inventory: inventory\.v1\.InventoryService\/GetItem /),
      ])
    }
    if (has('prometheus')) expect(counted).toBeGreaterThan(0)
  })

  test('a limit is one for both gateways, and is told', async () => {
    const { passed, refused, retryAfter, policy, gateways } = await scenes.exhausted(driver)
    expect(refused).toBeGreaterThan(0)
    expect(passed + refused).toBe(45)
    // Where they share what they count, the request before was the first of 20; else each counts for itself.
    expect(passed).toBe(has('redis') ? 19 : 39)
    expect(gateways).toEqual(GATEWAYS)
    expect(Number(retryAfter)).toBeGreaterThan(0)
    expect(policy).toContain('"appraisals";q=20;w=60')
  })

  test('a token that expired is refused, and none at all', async () => {
    expect(await scenes.expired(driver)).toEqual({
      before: 200,
      after: 401,
      challenge: expect.stringContaining('error="invalid_token"'),
      without: 401,
    })
  })

  test('a server that hangs fails no request, and is left alone', async () => {
    const tally = await scenes.slowInstance(driver)
    expectNoneFailed(tally)
    expect(tally.servers).toContain('library-1')
  })

  test('a server that is killed fails no request, and is asked again when it is back', async () => {
    expectNoneFailed(await scenes.killedInstance(driver))
  })

  test('a gateway that is killed fails no request', async () => {
    expectNoneFailed(await scenes.killedGateway(driver))
  })

  test('a gateway that drains fails no request', async () => {
    const tally = await scenes.drainedGateway(driver)
    expectNoneFailed(tally)
    expect(tally.gateways).toEqual(GATEWAYS)
  })
})
