import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createGateway, LoadError, type Gateway } from '../../src/index.js'
import { until } from '../support/calls.js'
import { echoConfig, echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import type { Project } from '../support/project.js'

let upstream: EchoUpstream
let project: Project
let gateway: Gateway | undefined
let server: Server | undefined

beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = echoProject(upstream.target)
})
afterEach(async () => {
  upstream.release()
  server?.closeAllConnections()
  server?.close()
  await gateway?.close()
  gateway = server = undefined
})
afterAll(() => {
  upstream.stop()
  project.remove()
})

const configFile = (): string => `${project.path}/gw.yaml`
const configObject = (): object => ({
  schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
  upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
  drain: '1s',
  telemetry: { accessLog: 'none' },
})

/** Serves on a free port; resolves with the URL. */
async function listen(listener: RequestListener): Promise<string> {
  const made = createServer(listener)
  server = made
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`
}

async function get(url: string, init?: RequestInit): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, init)
  return { status: response.status, body: await response.json() }
}

const JSON_POST = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"text": "a"}' }

describe('createGateway', () => {
  test('of a file: listens where that says', async () => {
    gateway = await createGateway(configFile())
    const { urls, admin } = await gateway.listen()
    expect(await get(`${urls[0]!}/v1/echo/a`)).toEqual({ status: 200, body: { text: 'a' } })
    expect(await get(`${admin}/livez`)).toEqual({ status: 200, body: { status: 'ok' } })
    await expect(gateway.listen()).rejects.toThrow('the gateway listens already')
  })

  test('of an object, which stays as it is', async () => {
    const config = Object.freeze(configObject())
    gateway = await createGateway(config)
    expect(await get(`${await listen(gateway.handler)}/v1/echo/a`)).toEqual({ status: 200, body: { text: 'a' } })
    expect(config).toEqual(configObject())
  })

  test('of what is wrong: a LoadError with every problem', async () => {
    const wrong = createGateway({ ...configObject(), dran: '1s', policies: [{ select: 'nothing.*' }] })
    await expect(wrong).rejects.toBeInstanceOf(LoadError)
    await expect(wrong).rejects.toMatchObject({
      problems: [{ selector: 'dran' }, { selector: 'nothing.*' }],
      message: expect.stringMatching(/^config:0:0: unknown key "dran".*\nconfig:0:0: selector "nothing\.\*"/),
    })
    await expect(createGateway('/nowhere/gw.yaml')).rejects.toThrow('/nowhere/gw.yaml:0:0: cannot be read')
  })

  test('in bare node:http, unknown paths are 404', async () => {
    gateway = await createGateway(configObject())
    const url = await listen((req, res) => gateway!.handler(req, res))
    expect(await get(`${url}/v1/echo`, JSON_POST)).toEqual({ status: 200, body: { text: 'a' } })
    expect(await get(`${url}/nowhere`)).toMatchObject({ status: 404, body: { details: [{ reason: 'NO_ROUTE' }] } })
  })

  test('in Express below a prefix: unknown paths go to what follows', async () => {
    gateway = await createGateway(configObject())
    const app = express()
    app.use('/api', gateway.handler)
    app.use((_req, res) => void res.status(404).json({ from: 'express' }))
    const url = await listen(app)
    expect(await get(`${url}/api/v1/echo/a`)).toEqual({ status: 200, body: { text: 'a' } })
    expect(await get(`${url}/api/v1/echo`, JSON_POST)).toEqual({ status: 200, body: { text: 'a' } })
    expect(await get(`${url}/api/v1/hold`, { method: 'DELETE' })).toMatchObject({ status: 405 })
    expect(await get(`${url}/api/nowhere`)).toEqual({ status: 404, body: { from: 'express' } })
    expect(await get(`${url}/v1/echo/a`)).toEqual({ status: 404, body: { from: 'express' } })
  })

  test('behind a body parser: an error that says to mount earlier', async () => {
    gateway = await createGateway(configObject())
    const app = express()
    app.use(express.json())
    app.use('/api', gateway.handler)
    const url = await listen(app)
    expect(await get(`${url}/api/v1/echo`, JSON_POST)).toMatchObject({
      status: 500,
      body: { code: 13, message: expect.stringContaining('mount'), details: [{ reason: 'BODY_ALREADY_READ' }] },
    })
    expect(await get(`${url}/api/v1/echo/a`)).toMatchObject({ status: 200 })
  })

  test('two in one process, with configurations of their own', async () => {
    gateway = await createGateway(configObject())
    const other = await createGateway({ ...configObject(), query: { ignore: ['x'] } })
    try {
      const url = await listen((req, res) =>
        (req.headers['x-other'] === undefined ? gateway! : other).handler(req, res),
      )
      expect(await get(`${url}/v1/echo/a?x=1`)).toMatchObject({ status: 400 })
      expect(await get(`${url}/v1/echo/a?x=1`, { headers: { 'x-other': '1' } })).toMatchObject({ status: 200 })
    } finally {
      await other.close()
    }
    expect(await get(`${server!.listening ? urlOf(server!) : ''}/v1/echo/a`)).toMatchObject({ status: 200 })
  })

  test('reload() loads the file anew', async () => {
    project.write('other.yaml', echoConfig(upstream.target, 'watch: false'))
    gateway = await createGateway(`${project.path}/other.yaml`)
    const url = await listen(gateway.handler)
    expect(await get(`${url}/v1/echo/a?x=1`)).toMatchObject({ status: 400 })
    project.write('other.yaml', echoConfig(upstream.target, 'watch: false\nquery: { ignore: [x] }'))
    expect(await gateway.reload()).toEqual({ generation: 2 })
    expect(await get(`${url}/v1/echo/a?x=1`)).toMatchObject({ status: 200 })
    project.write('other.yaml', 'nonsense: 1')
    await expect(gateway.reload()).rejects.toBeInstanceOf(LoadError)
    expect(await get(`${url}/v1/echo/a?x=1`)).toMatchObject({ status: 200 })
  })
})

describe('close', () => {
  test('nothing under way: at once, and as often as one likes', async () => {
    gateway = await createGateway(configFile())
    await gateway.listen()
    expect(await gateway.close()).toEqual({ wasCut: false })
    expect(await gateway.close()).toEqual({ wasCut: false })
    await expect(gateway.listen()).rejects.toThrow('the gateway is closed')
  })

  test('without listeners of its own it waits for the calls of its handler', async () => {
    gateway = await createGateway(configObject())
    const url = await listen(gateway.handler)
    const held = fetch(`${url}/v1/hold`)
    await until(() => upstream.held() === 1, 'the call')
    const closed = gateway.close()
    upstream.release()
    expect((await held).status).toBe(200)
    expect(await closed).toEqual({ wasCut: false })
    expect(await get(`${url}/v1/echo/a`)).toMatchObject({ status: 503, body: { code: 14 } })
  })

  test('what takes too long is cut', async () => {
    gateway = await createGateway({ ...configObject(), drain: '100ms' })
    const url = await listen(gateway.handler)
    const held = fetch(`${url}/v1/hold`)
    await until(() => upstream.held() === 1, 'the call')
    expect(await gateway.close()).toEqual({ wasCut: true })
    expect((await held).status).toBe(503)
    await until(() => upstream.held() === 0, 'the cancellation')
  })
})

function urlOf(running: Server): string {
  return `http://127.0.0.1:${(running.address() as AddressInfo).port}`
}
