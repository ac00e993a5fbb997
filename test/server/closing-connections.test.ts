import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect } from 'node:net'
import { echoProject, startEchoUpstream, type EchoUpstream } from '../support/echo-project.js'
import { GatewayProcess } from '../support/gateway-process.js'
import type { Project } from '../support/project.js'
import { callRest } from '../support/rest.js'

/* Clients that do not leave it at their last request: before a process of its own, which must not end of it. */

let upstream: EchoUpstream
let project: Project
let gateway: GatewayProcess

beforeAll(async () => {
  upstream = await startEchoUpstream()
  project = echoProject(upstream.target)
  gateway = await GatewayProcess.start({
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    schema: [{ protos: ['echo/*.proto'], roots: [`${project.path}/protos`] }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'] } },
    telemetry: { accessLog: 'none' },
  })
})
afterAll(() => {
  gateway.stop()
  upstream.stop()
  project.remove()
})

/** Nothing after the first is answered: its `Host` is none, so that the connection is closed. The second waits, the others would not. */
const REQUESTS = [
  'GET /v1/echo/a HTTP/1.1\r\nHost: a b\r\n\r\n',
  'POST /v1/echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
  ...Array.from({ length: 8 }, () => 'GET /v1/echo/a?none=1 HTTP/1.1\r\nHost: a\r\n\r\n'),
]

function sendAll(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => {
      for (const request of REQUESTS) socket.write(request)
    })
    socket.resume()
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

test('requests that come while their connection is being closed are passed over', async () => {
  for (let round = 0; round < 200; round++) await Promise.all(Array.from({ length: 10 }, sendAll))
  expect(await callRest(gateway.port, 'GET', '/v1/echo/a')).toMatchObject({ status: 200, json: { text: 'a' } })
})
