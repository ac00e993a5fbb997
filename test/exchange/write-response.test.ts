import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ServerRequest } from '../../src/exchange/index.js'
import { canSendWhole } from '../../src/exchange/whole-response.js'
import { writeResponse, type ResponseHead } from '../../src/exchange/write-response.js'

/*
 * What a listener of ours writes in one piece is, byte for byte, what node:http writes where it is left to itself.
 */

interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly contentType: string
  readonly body: Uint8Array
  readonly closes: boolean
  readonly traceResponse: string | undefined
}

let answer: Answer
const failures: unknown[] = []

function answerWith(req: IncomingMessage, res: ServerResponse): void {
  const { status, headers, contentType, body, closes, traceResponse } = answer
  const head: ResponseHead = {
    requestId: 'id-1',
    closes: () => closes,
    isBodyTaken: false,
    stallTimeoutMs: 1000,
    security: undefined,
    compression: undefined,
    isNegotiated: true,
    onFault: (error) => failures.push(error),
    policies: undefined,
    traceResponse,
    observation: undefined,
  }
  try {
    writeResponse(req, res, status, [...headers], { contentType, bytes: body }, head)
  } catch (error) {
    failures.push(error)
    res.destroy()
  }
}

async function listen(Request: typeof IncomingMessage): Promise<Server> {
  const server = createServer({ IncomingMessage: Request, keepAliveTimeout: 72_000 }, answerWith)
  server.on('checkExpectation', answerWith)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** All that comes for some requests, the last of which closes the connection. */
async function exchange(server: Server, requests: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(requests, 'latin1')
  let text = ''
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1')
  return text.replaceAll(/Date: [^\r]*/g, 'Date: now').replaceAll(/^HTTP\/1\.1 .*\r\n(?:.+\r\n)*/gm, sortedFields)
}

/** Fields of one name keep their order, which that of others does not matter to (RFC 9110 §5.3). */
function sortedFields(head: string): string {
  const [status, ...lines] = head.split('\r\n').slice(0, -1)
  const nameOf = (line: string): string => line.slice(0, line.indexOf(':')).toLowerCase()
  const sorted = lines.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
  return [status, ...sorted, ''].join('\r\n')
}

describe('a response in one piece', () => {
  let [own, plain]: Server[] = []
  beforeAll(async () => {
    own = await listen(ServerRequest)
    plain = await listen(IncomingMessage)
  })
  afterAll(() => {
    own!.close()
    plain!.close()
  })

  const LAST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const first = fc.constantFrom(
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nExpect: the impossible\r\n\r\n',
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  )
  const pair = fc.oneof(
    { weight: 1, arbitrary: fc.constant(['connection', 'close']) },
    {
      weight: 9,
      arbitrary: fc.tuple(
        fc.constantFrom('etag', 'set-cookie', 'vary', 'date', 'x-a', 'X-B', 'keep-alive', 'no name', 'trailer'),
        fc.oneof(fc.constantFrom('', 'a', 'caf\u00e9', '\u20ac', 'a\r\nb: c', ' \t'), fc.string({ maxLength: 20 })),
      ),
    },
  )
  const answers = fc.record({
    status: fc.constantFrom(200, 201, 204, 304, 404, 418, 500, 599),
    headers: fc.array(pair, { maxLength: 4 }).map((pairs) => pairs.flat()),
    contentType: fc.constantFrom('application/json', 'text/plain; charset=utf-8', 'a\r\nb'),
    body: fc.oneof(fc.uint8Array({ minLength: 0, maxLength: 50 }), fc.constant(new Uint8Array(9000).fill(97))),
    closes: fc.boolean(),
    traceResponse: fc.constantFrom(undefined, '00-1-2-00'),
  })

  test('is sent by whatever Node runs this, of a listener of ours alone', async () => {
    const asked: boolean[] = []
    const ask = (req: IncomingMessage, res: ServerResponse): void => {
      asked.push(canSendWhole(req, res, 200))
      res.end()
    }
    for (const Request of [ServerRequest, IncomingMessage]) {
      const server = createServer({ IncomingMessage: Request }, ask)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      await exchange(server, `GET / HTTP/1.1\r\nHost: a\r\n\r\n${LAST}`)
      server.close()
    }
    // Of the last of each the connection closes, or it has not got its turn yet.
    expect(asked).toEqual([true, false, false, false])
  })

  test('is what node:http writes', async () => {
    await fc.assert(
      fc.asyncProperty(first, answers, async (request, made) => {
        answer = made
        failures.length = 0
        const ours = await exchange(own!, request + LAST)
        const ourFailures = failures.splice(0).map(String)
        expect(ours).toBe(await exchange(plain!, request + LAST))
        expect(ourFailures).toEqual(failures.map(String))
      }),
      { numRuns: 300 },
    )
  })
})
