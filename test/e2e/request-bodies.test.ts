import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startEchoUpstream, echoConfig, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { RawConnection } from '../support/raw-http.js'

/* How a body comes: with its head in one piece, after it, or cut anywhere. What is answered is the same, and so is the connection. */

let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway(echoConfig(upstream))
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

const BODIES = [
  { row: 'a good body', body: JSON.stringify({ text: 'x'.repeat(200) }), status: 200 },
  { row: 'a body of 60 KB', body: JSON.stringify({ text: 'x'.repeat(60_000) }), status: 200 },
  { row: 'a body that is no JSON', body: '{"text":', status: 400 },
  { row: 'a body with an unknown field', body: '{"nothing_of_that_name":1}', status: 400 },
  { row: '{}', body: '{}', status: 200 },
]

/** The request in pieces, each written in a step of its own. */
const CUTS: readonly { readonly cut: string; readonly at: (head: number, whole: number) => readonly number[] }[] = [
  { cut: 'in one piece', at: () => [] },
  { cut: 'head, then body', at: (head) => [head] },
  { cut: 'within the body', at: (head, whole) => [Math.floor((head + whole) / 2)] },
  { cut: 'before its last byte', at: (_head, whole) => [whole - 1] },
  { cut: 'within the head', at: (head) => [10, head - 2] },
]

test.each(BODIES.flatMap((body) => CUTS.map((cut) => ({ ...body, ...cut }))))(
  '$row, $cut: $status, and the connection serves the next',
  async ({ body, status, at }) => {
    const connection = new RawConnection(gateway.port)
    try {
      for (const coding of ['length', 'chunked']) {
        const framing = coding === 'length' ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked'
        const content = coding === 'length' ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
        const head = `POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`
        const whole = head + content
        const marks = [0, ...at(head.length, whole.length), whole.length]
        for (let piece = 1; piece < marks.length; piece++) {
          connection.write(whole.slice(marks[piece - 1], marks[piece]))
          if (piece < marks.length - 1) await new Promise((resolve) => setTimeout(resolve, 10))
        }
        const answer = await connection.response()
        expect(answer.status).toBe(status)
        expect(answer.headers.get('connection')).toBe('keep-alive')
      }
    } finally {
      connection.socket.destroy()
    }
  },
)

test('requests in one piece, one behind the other, are answered in turn', async () => {
  const connection = new RawConnection(gateway.port)
  const body = JSON.stringify({ text: 'y'.repeat(300) })
  const one = `POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  connection.write(one.repeat(20))
  for (let n = 0; n < 20; n++) expect((await connection.response()).status).toBe(200)
  connection.socket.destroy()
})
