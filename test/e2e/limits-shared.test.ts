import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { serve as serveCommand, type Command } from '../support/command.js'
import { poll } from '../support/consul-agent.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { Project } from '../support/project.js'
import { hasRedis, RedisServer } from '../support/redis-server.js'
import { callRest } from '../support/rest.js'

/* Limits that several processes count together: exact, however requests are spread over them. */

const SCRIPT = fileURLToPath(new URL('../support/cluster-gateway.mjs', import.meta.url))
/** Long enough that no machine is too slow for it. */
const PATIENT = '15s'

let upstream: EchoUpstream
let folder: Project
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
beforeEach(() => {
  upstream.calls = 0
  folder = new Project({})
})
afterEach(() => folder.remove())
afterAll(() => upstream.close())

function write(limits: object, rate = '100/h', more: object = {}): string {
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    watch: false,
    ...echoConfig(upstream),
    limits,
    ...more,
    policies: [{ select: '*', timeout: '20s', limits: [{ name: 'all', rate, by: 'global' }] }],
  }
  return folder.write('gw.json', JSON.stringify(config))
}

const status = async (port: number): Promise<number> => (await callRest(port, 'GET', '/v1/echo')).status

async function expect100Of1000(ports: readonly number[]): Promise<void> {
  const codes = await Promise.all(Array.from({ length: 1000 }, (_, i) => status(ports[i % ports.length]!)))
  expect(codes.filter((code) => code === 200)).toHaveLength(100)
  expect(codes.filter((code) => code === 429)).toHaveLength(900)
  expect(upstream.calls).toBe(100)
}

const describeWithRedis = hasRedis() ? describe : describe.skip

describeWithRedis('in Redis', () => {
  test('four processes, 1,000 requests at once: exactly 100 pass', async () => {
    const redis = await RedisServer.start()
    const file = write({ store: redis.url, timeout: PATIENT })
    const processes: Command[] = []
    try {
      const started = Array.from({ length: 4 }, () => serveCommand(['--config', file]))
      processes.push(...(await Promise.all(started)))
      await expect100Of1000(processes.map(({ port }) => port))
      for (const { stderr } of processes) expect(stderr).not.toContain('is away')
    } finally {
      await Promise.all(processes.map((one) => one.stop()))
      await redis.stop()
    }
  }, 60_000)
})

describe('in the primary of a cluster', () => {
  let primary: ChildProcess | undefined
  let output = ''
  afterEach(async () => {
    if (primary !== undefined && primary.exitCode === null) {
      primary.kill('SIGKILL')
      await once(primary, 'close')
    }
    primary = undefined
  })

  const ready = (): RegExpMatchArray[] => [...output.matchAll(/^ready http:\/\/127\.0\.0\.1:(\d+) (\d+)$/gm)]

  /** @returns the port that all workers share */
  async function start(file: string, workers: number): Promise<number> {
    output = ''
    const child = spawn(process.execPath, [SCRIPT, file, String(workers)], { stdio: ['ignore', 'pipe', 'pipe'] })
    primary = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    }
    await poll('the workers', () => {
      if (child.exitCode !== null) throw new Error(`the primary has ended: ${output}`)
      return ready().length === workers
    })
    return Number(ready()[0]![1])
  }

  test('two workers, 1,000 requests at once: exactly 100 pass', async () => {
    const gateway = await serveCommand(['--config', write({ timeout: PATIENT }, '100/h', { workers: 2 })])
    try {
      await expect100Of1000([gateway.port])
      expect(gateway.stderr).not.toContain('is away')
    } finally {
      await gateway.stop()
    }
  }, 60_000)

  test('a worker that is killed takes no counter with it', async () => {
    const port = await start(write({ store: 'cluster', timeout: PATIENT }, '10/h'), 2)
    for (let i = 0; i < 6; i++) expect(await status(port)).toBe(200)
    for (const [, , pid] of ready().slice(0, 2)) {
      const before = ready().length
      process.kill(Number(pid), 'SIGKILL')
      await poll('another worker', () => ready().length === before + 1)
    }
    const codes: number[] = []
    for (let i = 0; i < 8; i++) codes.push(await status(port))
    expect(codes).toEqual([200, 200, 200, 200, 429, 429, 429, 429])
    expect(primary!.exitCode).toBeNull()
    expect(output).not.toContain('is away')
  }, 60_000)

  test('a primary that does not answer: each worker counts for itself, and it recovers', async () => {
    const port = await start(write({ store: 'cluster', timeout: '1s' }, '5/h'), 1)
    expect(await status(port)).toBe(200)
    // What is counted there comes to a stand, and connections too, which the primary takes: one is open before.
    const { Agent, request } = await import('node:http')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const get = () =>
      new Promise<number>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path: '/v1/echo', agent }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode!))
        })
        sent.once('error', reject).end()
      })
    try {
      expect(await get()).toBe(200)
      process.kill(primary!.pid!, 'SIGSTOP')
      const codes: number[] = []
      for (let i = 0; i < 7; i++) codes.push(await get())
      expect(codes).toEqual([200, 200, 200, 200, 200, 429, 429])
      expect(output.match(/is away/g)).toHaveLength(1)
      process.kill(primary!.pid!, 'SIGCONT')
      await poll('it to be back', () => output.includes('it counts again'), { timeoutMs: 10_000 })
      expect(await get()).toBe(200)
    } finally {
      process.kill(primary!.pid!, 'SIGCONT')
      agent.destroy()
    }
  }, 60_000)
})
