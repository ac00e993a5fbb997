import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connect, createServer, type AddressInfo } from 'node:net'
import { until } from '../support/calls.js'
import { protobridge, serve, type Command } from '../support/command.js'
import { ECHO_PROTO, echoConfig, echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'
import { RawConnection, request, type RawResponse } from '../support/raw-http.js'
import { isAlive, untilAllServe, untilGone, workersOf } from '../support/worker-pids.js'

const WORKERS = 'workers: 2\ntelemetry: { accessLog: none }'

let upstream: EchoUpstream
let project: Project
let command: Command
const connections: RawConnection[] = []

beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy()
  upstream.release()
})
afterAll(() => upstream.stop())

async function start(more = ''): Promise<void> {
  project = echoProject(upstream.target, `${WORKERS}\nwatch: false\n${more}`)
  command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
}

async function stop(): Promise<void> {
  const pids = (await workersOf(command.admin).catch(() => [])).flatMap(({ pid }) => pid ?? [])
  await command.stop()
  await untilGone(pids)
  project.remove()
}

const statusOf = async (path: string): Promise<number> => (await fetch(`${command.url}${path}`)).status

const reload = async (): Promise<{ readonly status: number; readonly body: unknown }> => {
  const response = await fetch(`${command.admin}/reload`, { method: 'POST' })
  return { status: response.status, body: await response.json() }
}

/** So many calls that are held upstream, each on a connection of its own: the connections go to the workers in turn. */
async function hold(count: number): Promise<Promise<RawResponse | 'cut'>[]> {
  const before = upstream.held()
  const answers = Array.from({ length: count }, () => {
    const connection = new RawConnection(command.port)
    connections.push(connection)
    return connection
      .write(request('GET', '/v1/hold'))
      .response({ waitMs: 15_000 })
      .catch(() => 'cut' as const)
  })
  await until(() => upstream.held() === before + count, `${count} calls`, 10_000)
  return answers
}

describe('two workers', () => {
  beforeAll(() => start(), 40_000)
  afterAll(stop)

  test('one ready line; both serve; what is under way in both is told as one', async () => {
    expect(command.stdout).toMatch(/^protobridge ready on http:\/\/127\.0\.0\.1:[1-9]\d*\n$/)
    const rows = await untilAllServe(command.admin)
    expect(rows.map(({ worker, restarts, generation }) => ({ worker, restarts, generation }))).toEqual([
      { worker: 1, restarts: 0, generation: 1 },
      { worker: 2, restarts: 0, generation: 1 },
    ])
    expect(new Set(rows.map(({ pid }) => pid)).size).toBe(2)
    const answers = await hold(6)
    const upstreams = (await (await fetch(`${command.admin}/upstreams`)).json()) as {
      readonly endpoints: readonly { readonly inFlight: number; readonly state: string }[]
    }[]
    expect(upstreams.flatMap(({ endpoints }) => endpoints)).toMatchObject([{ inFlight: 6, state: 'READY' }])
    upstream.release()
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 })
    expect(await (await fetch(`${command.admin}/readyz?verbose`)).json()).toMatchObject({ status: 'ok' })
  })

  test('one that is killed takes only its own requests with it, and another takes its place', async () => {
    const [first] = await untilAllServe(command.admin)
    const answers = await hold(6)
    process.kill(first!.pid!, 'SIGKILL')
    await until(() => command.stderr.includes('SIGKILL'), 'the end to be noticed')
    await until(() => upstream.held() < 6, 'the end of its calls')
    // The other one goes on.
    expect(await Promise.all(Array.from({ length: 20 }, () => statusOf('/v1/echo/a')))).toEqual(Array(20).fill(200))
    const rows = await untilAllServe(command.admin)
    expect(rows[0]).toMatchObject({ restarts: 1, lastExit: 'SIGKILL', generation: 1 })
    expect(rows[1]).toMatchObject({ restarts: 0, lastExit: null })
    const others = upstream.held()
    upstream.release()
    const ends = await Promise.all(answers)
    expect(others).toBeGreaterThan(0)
    expect(ends.filter((end) => end !== 'cut' && end.status === 200)).toHaveLength(others)
    expect(ends.filter((end) => end === 'cut')).toHaveLength(6 - others)
  })

  test('a reload: all take the new configuration, or none does', async () => {
    project.write('gw.yaml', echoConfig(upstream.target, `${WORKERS}\nwatch: false\nquery: { ignore: [x] }`))
    expect(await reload()).toEqual({ status: 200, body: { generation: 2 } })
    expect((await workersOf(command.admin)).map(({ generation }) => generation)).toEqual([2, 2])
    expect(await Promise.all(Array.from({ length: 8 }, () => statusOf('/v1/echo/a?x=1')))).toEqual(Array(8).fill(200))

    project.write('gw.yaml', echoConfig(upstream.target, `${WORKERS}\nwatch: false\ndran: 1s`))
    const line = expect.stringMatching(/^gw\.yaml:\d+:1: unknown key "dran"/)
    expect(await reload()).toEqual({ status: 422, body: { errors: [line] } })
    const status = (await (await fetch(`${command.admin}/status`)).json()) as object
    expect(status).toMatchObject({ generation: 2, lastErrors: [line], workers: [{ generation: 2 }, { generation: 2 }] })
    expect(await Promise.all(Array.from({ length: 8 }, () => statusOf('/v1/echo/a?x=1')))).toEqual(Array(8).fill(200))
  })

  test('one that dies while the files are bad comes back on what is served', async () => {
    const [, second] = await untilAllServe(command.admin)
    project.write('gw.yaml', 'nonsense')
    project.write('protos/echo/echo.proto', 'nonsense')
    process.kill(second!.pid!, 'SIGKILL')
    await until(() => command.stderr.split('SIGKILL').length === 3, 'the end to be noticed')
    const rows = await untilAllServe(command.admin)
    expect(rows.map(({ generation }) => generation)).toEqual([2, 2])
    expect(await Promise.all(Array.from({ length: 8 }, () => statusOf('/v1/echo/a?x=1')))).toEqual(Array(8).fill(200))
    project.write('gw.yaml', echoConfig(upstream.target, `${WORKERS}\nwatch: false`))
    project.write('protos/echo/echo.proto', ECHO_PROTO)
  })

  test('SIGHUP reloads; workers take no notice of signals of their own', async () => {
    const pids = (await untilAllServe(command.admin)).map(({ pid }) => pid!)
    for (const pid of pids) {
      for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT'] as const) process.kill(pid, signal)
    }
    command.kill('SIGHUP')
    await until(() => command.stderr.includes('reloading: SIGHUP'), 'the signal', 10_000)
    await until(() => command.stderr.split('serving the new configuration').length === 3, 'the reload', 10_000)
    const rows = await untilAllServe(command.admin)
    expect(rows.map(({ pid, generation }) => ({ pid, generation }))).toEqual(
      pids.map((pid) => ({ pid, generation: 3 })),
    )
  })

  test('the level of their logs', async () => {
    const put = (level: string): Promise<Response> =>
      fetch(`${command.admin}/log-level`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ level }),
      })
    expect((await put('debug')).status).toBe(200)
    expect((await put('loud')).status).toBeGreaterThanOrEqual(400)
  })
})

describe('how two workers end', () => {
  beforeEach(() => start(), 40_000)
  afterEach(stop)

  test('SIGTERM: calls under way in both finish, new ones are refused, exit 0', async () => {
    const pids = (await untilAllServe(command.admin)).map(({ pid }) => pid!)
    const answers = await hold(4)
    command.kill('SIGTERM')
    await until(() => command.stderr !== '', 'a word')
    for (let isRefused = false; !isRefused;) {
      isRefused = await statusOf('/v1/echo/a').then(
        () => false,
        () => true,
      )
    }
    expect((await fetch(`${command.admin}/readyz`)).status).toBe(503)
    upstream.release()
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 })
    expect((await command.ended).code).toBe(0)
    expect(pids.some(isAlive)).toBe(false)
  })

  test('SIGTERM while connections come without pause: each is answered, closed or refused', async () => {
    const answers = await hold(2)
    const opened: Promise<unknown>[] = []
    const clients = Array.from({ length: 48 }, async () => {
      for (let isRefused = false; !isRefused;) {
        const socket = connect(command.port, '127.0.0.1')
        const ended = new Promise<string>((resolve) => {
          socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
          socket.on('close', () => resolve('closed'))
        })
        opened.push(ended)
        socket.resume().write(request('GET', '/nothing', ['Connection: close']))
        isRefused = (await ended) === 'ECONNREFUSED'
      }
    })
    await until(() => opened.length > 200, 'some connections', 10_000)
    command.kill('SIGTERM')
    // While calls are still held: one that nobody has would end with the process only.
    await Promise.all(clients)
    await Promise.all(opened)
    expect(upstream.held()).toBeGreaterThanOrEqual(2)
    upstream.release()
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 })
    expect((await command.ended).code).toBe(0)
  })

  test('a second signal cuts, in both: exit 1', async () => {
    const answers = await hold(4)
    command.kill('SIGTERM')
    await until(() => command.stderr !== '', 'a word')
    for (let isReady = true; isReady;) isReady = (await fetch(`${command.admin}/readyz`)).status === 200
    command.kill('SIGINT')
    expect((await command.ended).code).toBe(1)
    expect(await Promise.all(answers)).toEqual(Array(4).fill('cut'))
  })

  test('the primary is killed: workers let their requests finish, and end', async () => {
    const pids = (await untilAllServe(command.admin)).map(({ pid }) => pid!)
    const answers = await hold(2)
    const { pid } = command
    command.kill('SIGKILL')
    await untilGone([pid])
    upstream.release()
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 })
    await untilGone(pids)
  })
})

describe('what two workers share', () => {
  afterEach(stop)

  test('limits: one count for both, which outlives a reload and the end of a worker', async () => {
    const more = 'policies: [{ select: "*", limits: [{ name: all, rate: 10/d, by: global }] }]\nlimits: { timeout: 5s }'
    await start(more)
    // A connection for each: they go to both.
    const ask = (count: number): Promise<number[]> =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const connection = new RawConnection(command.port)
          connections.push(connection)
          const { status } = await connection.write(request('GET', '/v1/echo/a')).response({ waitMs: 10_000 })
          return status
        }),
      )
    expect(await ask(6)).toEqual(Array(6).fill(200))
    project.write('gw.yaml', `${echoConfig(upstream.target, `${WORKERS}\nwatch: false\n${more}`)}\n# changed\n`)
    expect(await reload()).toEqual({ status: 200, body: { generation: 2 } })
    const [first] = await untilAllServe(command.admin)
    process.kill(first!.pid!, 'SIGKILL')
    await until(() => command.stderr.includes('SIGKILL'), 'the end to be noticed')
    await untilAllServe(command.admin)
    const statuses = await ask(12)
    expect(statuses.filter((status) => status === 200)).toHaveLength(4)
    expect(statuses.filter((status) => status === 429)).toHaveLength(8)
  })

  test('client.maxConnections: each takes half, those beyond are closed, and all is well when some have gone', async () => {
    await start('client: { maxConnections: 4 }')
    await untilAllServe(command.admin)
    const answerOn = async (connection: RawConnection): Promise<number> => {
      const answer = await connection
        .write(request('GET', '/v1/echo/a'))
        .response()
        .catch(() => undefined)
      return answer?.status ?? 0
    }
    const opened = Array.from({ length: 12 }, () => new RawConnection(command.port))
    connections.push(...opened)
    const statuses = await Promise.all(opened.map(answerOn))
    expect(statuses.filter((status) => status === 200)).toHaveLength(4)
    for (const connection of opened) connection.destroy()
    // Their ends may not have been noticed yet.
    for (let isServed = false; !isServed;) {
      const connection = new RawConnection(command.port)
      isServed = (await answerOn(connection)) === 200
      connection.destroy()
    }
  })
})

test('an address that is taken: one message, exit 1, no process is left', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as AddressInfo
  const made = echoProject(upstream.target, WORKERS)
  made.write('gw.yaml', echoConfig(upstream.target, WORKERS).replace('port: 0', `port: ${port}`))
  try {
    const { code, stderr, stdout } = await protobridge(['serve', '--config', 'gw.yaml'], { cwd: made.path })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}: something else listens there`)
  } finally {
    taken.close()
    made.remove()
  }
})
