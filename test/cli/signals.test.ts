import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, type Socket } from 'node:net'
import { until } from '../support/calls.js'
import { serve, type Command } from '../support/command.js'
import { echoConfig, echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'

let upstream: EchoUpstream
let command: Command
let project: Project

beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  await command.stop()
  project.remove()
  upstream.release()
})
afterAll(() => upstream.stop())

async function start(more = ''): Promise<void> {
  project = echoProject(upstream.target, more)
  command = await serve(['--config', 'gw.yaml'], { cwd: project.path })
}

/** A call that goes on until it is let go of; resolves when it has reached the upstream. */
async function hold(): Promise<{ readonly response: Promise<Response> }> {
  const before = upstream.held()
  const response = fetch(`${command.url}/v1/hold`)
  response.catch(() => undefined)
  await until(() => upstream.held() > before, 'the call')
  return { response }
}

const isRefused = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  )

async function untilRefused(url: string): Promise<void> {
  for (let tries = 0; !(await isRefused(url)); tries++) if (tries > 200) throw new Error('still accepted')
}

async function untilUnready(): Promise<void> {
  for (let tries = 0; (await fetch(`${command.admin}/readyz`)).status !== 503; tries++) {
    if (tries > 200) throw new Error('still ready')
  }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('nothing under way: exit 0, at once', async () => {
    await start()
    const began = performance.now()
    command.kill(signal)
    expect((await command.ended).code).toBe(0)
    expect(performance.now() - began).toBeLessThan(6000)
  })

  test('a call under way finishes, new connections are refused, exit 0', async () => {
    await start()
    const { response } = await hold()
    command.kill(signal)
    await untilRefused(`${command.url}/v1/echo/a`)
    upstream.release()
    const { status, headers } = await response
    expect({ status, connection: headers.get('connection') }).toEqual({ status: 200, connection: 'close' })
    expect((await command.ended).code).toBe(0)
  })
})

describe('drain', () => {
  test.each(['drain: 300ms', 'drain: { timeout: 300ms }'])('%s: what takes longer is cut, exit 1', async (setting) => {
    await start(setting)
    const { response } = await hold()
    command.kill('SIGTERM')
    await expect(response).rejects.toThrow()
    expect((await command.ended).code).toBe(1)
    // The upstream is told that nobody waits any more.
    await until(() => upstream.held() === 0, 'the cancellation')
  })

  test('a second signal cuts, exit 1', async () => {
    await start()
    const { response } = await hold()
    command.kill('SIGTERM')
    await untilRefused(`${command.url}/v1/echo/a`)
    command.kill('SIGINT')
    await expect(response).rejects.toThrow()
    expect((await command.ended).code).toBe(1)
  })

  test('a second signal with nothing under way ends the delay, exit 0', async () => {
    await start('drain: { delay: 1h }')
    command.kill('SIGTERM')
    await untilUnready()
    command.kill('SIGTERM')
    expect((await command.ended).code).toBe(0)
  })

  test('drain.delay: not ready at once, still accepting, with Connection: close', async () => {
    await start('drain: { delay: 1s, timeout: 5s }')
    command.kill('SIGTERM')
    await untilUnready()
    const response = await fetch(`${command.url}/v1/echo/late`)
    expect(response.status).toBe(200)
    expect(response.headers.get('connection')).toBe('close')
    expect(await (await fetch(`${command.admin}/readyz?verbose`)).json()).toMatchObject({
      status: 'not ready',
      checks: expect.arrayContaining([{ name: 'accepting', isOk: false, detail: 'shutting down' }]),
    })
    expect((await command.ended).code).toBe(0)
    expect(await isRefused(`${command.url}/v1/echo/a`)).toBe(true)
  })

  test.each([
    { name: 'kept alive after a request', send: 'GET /v1/echo/a HTTP/1.1\r\nHost: a\r\n\r\n' },
    { name: 'never used', send: '' },
    { name: 'in the middle of its headers', send: 'GET /v1/echo/a HTTP/1.1\r\nHo' },
  ])('a connection $name holds nothing up', async ({ send }) => {
    await start('client: { headerTimeout: 2s }')
    const socket = await open(command.port)
    socket.write(send)
    if (send.endsWith('\r\n\r\n')) await new Promise((resolve) => socket.once('data', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const began = performance.now()
    command.kill('SIGTERM')
    expect((await command.ended).code).toBe(0)
    await closed
    expect(performance.now() - began).toBeLessThan(6000)
  })
})

function open(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', () => undefined)
  })
}

describe('SIGHUP', () => {
  test('reloads, and a bad configuration changes nothing', async () => {
    await start('watch: false')
    project.write('gw.yaml', echoConfig(upstream.target, 'watch: false\nquery: { ignore: [x] }'))
    command.kill('SIGHUP')
    await until(() => command.stderr.includes('"generation":2'), 'the reload')
    expect((await fetch(`${command.url}/v1/echo/a?x=1`)).status).toBe(200)
    project.write('gw.yaml', 'nonsense: 1')
    command.kill('SIGHUP')
    await until(() => command.stderr.includes('gw.yaml:1:1: unknown key'), 'the refusal')
    expect((await fetch(`${command.url}/v1/echo/a?x=1`)).status).toBe(200)
    expect(await (await fetch(`${command.admin}/status`)).json()).toMatchObject({
      generation: 2,
      lastErrors: expect.arrayContaining([expect.stringMatching(/^gw\.yaml:1:1: unknown key "nonsense"/)]),
    })
  })
})
