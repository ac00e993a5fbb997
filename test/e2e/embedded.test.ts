import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { until } from '../support/calls.js'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection, request, sendRaw } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* Contract: "In code". The handler in somebody else's server. */

let upstream: EchoUpstream
let gateway: TestGateway
let server: Server | undefined

beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway(echoConfig(upstream))
})
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})
afterAll(async () => {
  expect((await gateway.gateway.close()).wasCut).toBe(false)
  upstream.close()
})

async function listen(listener: RequestListener): Promise<number> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

describe('in bare node:http', () => {
  test('it serves, and answers 404 itself', async () => {
    const port = await listen((req, res) => gateway.gateway.handler(req, res))
    expect((await callRest(port, 'POST', '/v1/echo', { body: { text: 'a' } })).json).toMatchObject({ text: 'a' })
    expect(await callRest(port, 'GET', '/nowhere')).toMatchObject({ status: 404, json: { code: 5 } })
  })

  test('Expect: 100-continue is answered once, by node:http', async () => {
    const port = await listen((req, res) => gateway.gateway.handler(req, res))
    const connection = new RawConnection(port)
    connection.write(request('POST', '/v1/echo', ['Expect: 100-continue', 'Content-Length: 2']))
    expect((await connection.response()).status).toBe(100)
    expect((await connection.write('{}').response()).status).toBe(200)
    connection.destroy()
  })

  test('headers set before it are kept', async () => {
    const port = await listen((req, res) => {
      res.setHeader('x-frame-options', 'DENY')
      res.appendHeader('set-cookie', 'a=1')
      res.appendHeader('set-cookie', 'b=2')
      gateway.gateway.handler(req, res)
    })
    const headers = [
      { name: 'set-cookie', value: 'c=3' },
      { name: 'set-cookie', value: 'd=4' },
      { name: 'x-frame-options', value: 'SAMEORIGIN' },
    ]
    const answer = await callRest(port, 'POST', '/v1/echo', { body: { answer: { headers } } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('set-cookie')).toBe('a=1, b=2, c=3, d=4')
    expect(answer.headers.get('x-frame-options')).toBe('DENY, SAMEORIGIN')
  })

  test('headers set and taken away before it change nothing', async () => {
    const port = await listen((req, res) => {
      res.setHeader('x-powered-by', 'x')
      res.removeHeader('x-powered-by')
      gateway.gateway.handler(req, res)
    })
    const headers = ['a=1', 'b=2'].map((value) => ({ name: 'set-cookie', value }))
    const answer = await callRest(port, 'POST', '/v1/echo', { body: { answer: { headers } } })
    expect(answer.headers.get('set-cookie')).toBe('a=1, b=2')
    expect(answer.headers.has('x-powered-by')).toBe(false)
  })

  test('what it says itself it says once', async () => {
    const port = await listen((req, res) => {
      for (const name of ['x-request-id', 'content-type', 'content-length', 'connection']) res.setHeader(name, '1')
      gateway.gateway.handler(req, res)
    })
    const answer = await callRest(port, 'GET', '/v1/echo', { headers: ['X-Request-Id: mine'] })
    expect(answer).toMatchObject({ status: 200, json: {} })
    expect(answer.headers.get('x-request-id')).toBe('mine')
    expect(answer.headers.get('content-type')).toBe('application/json')
  })

  test('a client that left before its turn is not served', async () => {
    const calls = upstream.calls
    let isHandled = false
    const port = await listen((req, res) => {
      res.once('close', () => {
        gateway.gateway.handler(req, res)
        isHandled = true
      })
    })
    const connection = new RawConnection(port).write(request('GET', '/v1/echo'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    connection.destroy()
    await until(() => isHandled, 'the handler is called')
    expect(upstream.calls).toBe(calls)
  })
})

describe('in Express', () => {
  test('under a prefix: what no route knows goes to next()', async () => {
    const app = express()
    app.use('/api', gateway.gateway.handler)
    app.use('/api/other', (_req, res) => void res.send('other'))
    app.use((_req, res) => void res.status(418).send('teapot'))
    const port = await listen(app)
    expect((await callRest(port, 'GET', '/api/v1/echo?text=a')).json).toMatchObject({ text: 'a' })
    expect((await callRest(port, 'GET', '/api/other')).body).toBe('other')
    expect((await callRest(port, 'GET', '/v1/echo')).status).toBe(418)
    expect((await callRest(port, 'PUT', '/api/v1/echo')).status).toBe(405)
  })

  test('behind a body parser: a 500 that says to mount earlier; requests without body are served', async () => {
    const app = express()
    app.use(express.json())
    app.use(gateway.gateway.handler)
    const port = await listen(app)
    const answer = await callRest(port, 'POST', '/v1/echo', { body: { text: 'a' } })
    expect(answer).toMatchObject({ status: 500, json: { code: 13, details: [{ reason: 'BODY_ALREADY_READ' }] } })
    expect((answer.json as { message: string }).message).toContain('mount protobridge before body parsers')
    expect((await callRest(port, 'GET', '/v1/echo')).status).toBe(200)
  })

  test('a body that is being read already, in part', async () => {
    const app = express()
    app.use((req, _res, next) => {
      req.once('data', () => {
        req.pause()
        next()
      })
    })
    app.use(gateway.gateway.handler)
    const port = await listen(app)
    const answer = await sendRaw(port, request('POST', '/v1/echo', ['Content-Type: application/json'], '{}'))
    expect(answer.status).toBe(500)
  })

  test('pipelined requests are served in order behind it too', async () => {
    const app = express()
    app.use(gateway.gateway.handler)
    app.use((_req, res) => void res.status(418).send('teapot'))
    const connection = new RawConnection(await listen(app))
    connection.write(request('GET', '/v1/echo?answer.delay_ms=100') + request('GET', '/x') + request('GET', '/v1/echo'))
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await connection.response()).status)
    expect(statuses).toEqual([200, 418, 200])
    connection.destroy()
  })
})
