import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFileRegistry } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createHandler, type RequestObserver, type Route, type ServingContext } from '../../src/exchange/index.js'
import { Code, StatusError } from '../../src/status/index.js'
import { createTranscoder, type BindingPlan } from '../../src/transcode/index.js'
import type { UnaryResult, Upstream } from '../../src/upstream/index.js'
import { until } from '../support/calls.js'
import { RawConnection, request, sendRaw } from '../support/raw-http.js'

/* The handler over a real socket, everything behind it made up: what it holds, lets go of, and never shows. */

type Step = 'decode' | 'call' | 'encode' | 'leave open'

let entered = 0
let left = 0
let cancelled = 0
let isDraining = false
let awaited: readonly string[] = []
let faults: unknown[] = []
let failing: { readonly step: Step; readonly error: unknown } | undefined
let observer: RequestObserver | undefined
let answerBytes = (): Buffer => Buffer.from('{}')
let server: Server
let port: number

const registry = createFileRegistry(create(FileDescriptorSetSchema))
const transcoder = createTranscoder({
  registry,
  json: { unknownFields: 'reject', emitDefaults: false, enumsAsIntegers: false, protoNames: false },
  query: { unknown: 'reject', ignore: [] },
  patch: { deriveMask: true },
})

function failAt(step: Step): void {
  if (failing?.step === step && step !== 'leave open') throw failing.error
}

const plan: BindingPlan = {
  decodeRequest: () => {
    failAt('decode')
    return new Uint8Array()
  },
  traceRequest: () => ({ message: new Uint8Array(), json: '{}', parts: [] }),
  readWishes: () => ({ format: undefined, enumsAsIntegers: false, prettyPrint: false }),
  encodeResponse: () => {
    failAt('encode')
    return { contentType: 'application/json', bytes: answerBytes() }
  },
  bodyFormats: ['json'],
  takesHttpBody: false,
  givesHttpBody: false,
}

const OK: UnaryResult = {
  status: { code: 0, message: '', details: undefined, origin: 'peer', isUnprocessed: false },
  headers: [],
  trailers: [],
  message: new Uint8Array(),
}

const upstream = {
  unary: (_options: unknown, _message: unknown, onEnd: (result: UnaryResult) => void) => {
    failAt('call')
    const timer = failing?.step === 'leave open' ? undefined : setImmediate(() => onEnd(OK))
    return {
      cancel: () => {
        clearImmediate(timer)
        cancelled++
      },
    }
  },
} as unknown as Upstream

const route = {
  binding: { method: { methodKind: 'unary' } },
  rpcPath: '/a.B/C',
  rpcName: 'a.B.C',
  upstream,
  call: upstream.unary,
  plan,
  timeoutMs: 5000,
  maxRequestBytes: 100,
} as unknown as Route

const context: ServingContext = {
  current: () => ({
    router: {
      match: (_method, _host, path) =>
        path.text === '/ok' ? { kind: 'match', value: route, captures: [] } : { kind: 'notFound' },
      near: () => [],
    },
    transcoder,
    compression: { minBytes: 1024 },
    edge: undefined,
    hasSecurityHeaders: false,
    observer,
    awaited,
    enter: () => void entered++,
    leave: () => void left++,
  }),
  isDraining: () => isDraining,
  bodyTimeoutMs: () => 300,
  onFault: (error, { method, path, requestId }) => void faults.push({ error, method, path, requestId }),
}

beforeEach(async () => {
  entered = left = cancelled = 0
  isDraining = false
  awaited = []
  faults = []
  failing = undefined
  answerBytes = () => Buffer.from('{}')
  server = createServer(createHandler(context))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const get = request('GET', '/ok', ['X-Request-Id: r1'])

describe('what a request holds it lets go of, once', () => {
  test.each([
    { name: 'answered', bytes: get },
    { name: 'with a body', bytes: request('POST', '/ok', [], '{}') },
    { name: 'not found', bytes: request('GET', '/other') },
    { name: 'malformed', bytes: request('GET', '/../ok') },
    { name: 'refused for its length', bytes: request('POST', '/ok', [], 'x'.repeat(101)) },
    { name: 'refused with its body not sent', bytes: request('POST', '/ok', ['Content-Length: 99999999']) },
    { name: 'too slow', bytes: request('POST', '/ok', ['Content-Length: 5']) },
    { name: 'OPTIONS', bytes: request('OPTIONS', '*') },
  ])('$name', async ({ bytes }) => {
    await sendRaw(port, bytes)
    await until(() => left === entered, 'it is let go of')
    expect({ entered, left, faults }).toEqual({ entered: 1, left: 1, faults: [] })
  })

  test('the client left while the call was under way', async () => {
    failing = { step: 'leave open', error: undefined }
    const connection = new RawConnection(port).write(get)
    await until(() => entered === 1, 'it arrives')
    connection.destroy()
    await until(() => left === 1, 'it is let go of')
    expect(cancelled).toBe(1)
  })

  test('the client left with requests waiting: these were never begun', async () => {
    failing = { step: 'leave open', error: undefined }
    const connection = new RawConnection(port).write(get + get + get)
    await until(() => entered === 1, 'the first arrives')
    connection.destroy()
    await until(() => left === 1, 'it is let go of')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect({ entered, left, cancelled }).toEqual({ entered: 1, left: 1, cancelled: 1 })
  })
})

function thrower(): never {
  throw new TypeError('a fault')
}

describe('a fault of ours', () => {
  test.each(['decode', 'call', 'encode'] as const)(
    'at %s: a bare 500 for the client, the whole for the log',
    async (step) => {
      const error = new TypeError(`secret of ${step} at /srv/app/x.ts:1:2`)
      failing = { step, error }
      const connection = new RawConnection(port).write(get)
      const answer = await connection.response()
      expect({ status: answer.status, json: JSON.parse(answer.body) }).toEqual({
        status: 500,
        json: {
          code: 13,
          message: 'internal error',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'INTERNAL', domain: 'protobridge' }],
        },
      })
      expect(faults).toEqual([{ error, method: 'GET', path: '/ok', requestId: 'r1' }])
      failing = undefined
      expect((await connection.write(get).response()).status).toBe(200)
      connection.destroy()
    },
  )

  describe('that keeps even the error from being written', () => {
    // A header that no response can have, as a policy might add it.
    const policies = {
      ...{ filters: [], messageFilters: [], metadataEdits: [] },
      responseEdits: [(headers: string[]) => [...headers, 'x-a', 'b\r\nc: d']],
    }
    afterEach(() => {
      ;(route as { policies?: unknown }).policies = undefined
      observer = undefined
    })

    test('of a route: the least there can be, and the connection closes', async () => {
      ;(route as { policies?: unknown }).policies = policies
      const connection = new RawConnection(port).write(get)
      const { status, headers, body } = await connection.response()
      expect({ status, id: headers.get('x-request-id'), closes: headers.get('connection'), body }).toEqual({
        ...{ status: 500, id: 'r1', closes: 'close', body: '' },
      })
      expect(faults).toHaveLength(2)
      await until(() => left === 1, 'it is let go of')
      expect(entered).toBe(1)
      connection.destroy()
    })

    test.each([
      { name: 'at its beginning', observer: { traceOf: thrower }, status: 500, faults: 1 },
      { name: 'at its end', observer: { traceOf: () => undefined, onEnd: thrower }, status: 200, faults: 1 },
    ])('of who watches: $name', async ({ observer: watching, status, faults: count }) => {
      const nothing = (): undefined => undefined
      observer = {
        ...{ watchesAll: true, timesCoding: false, onBegin: nothing, onAttempt: nothing },
        ...watching,
      } as never
      expect((await sendRaw(port, get)).status).toBe(status)
      await until(() => left === entered && faults.length === count, 'it is told, and let go of')
    })
  })

  test('a StatusError is none', async () => {
    failing = { step: 'decode', error: new StatusError(Code.NotFound, 'm', { reason: 'NO_ROUTE' }) }
    expect((await sendRaw(port, get)).status).toBe(404)
    expect(faults).toEqual([])
  })
})

describe('what the state of things changes', () => {
  test('draining: every response says that the connection closes', async () => {
    isDraining = true
    for (const bytes of [get, request('GET', '/other'), request('OPTIONS', '*'), request('POST', '/other', [], '{}')]) {
      const connection = new RawConnection(port).write(bytes)
      expect((await connection.response()).headers.get('connection')).toBe('close')
      await connection.closed()
    }
  })

  test('draining, from when a large body is being compressed: the response says so, too', async () => {
    answerBytes = () => {
      setImmediate(() => (isDraining = true))
      return Buffer.alloc(64 * 1024, '[0,1]')
    }
    const connection = new RawConnection(port).write(request('GET', '/ok', ['Accept-Encoding: gzip']))
    const { headers } = await connection.response()
    const told = { connection: headers.get('connection'), encoding: headers.get('content-encoding') }
    expect(told).toEqual({ connection: 'close', encoding: 'gzip' })
    await connection.closed()
  })

  test('reflection is awaited: an unknown path may yet be one, 503 with Retry-After', async () => {
    awaited = ['the schema of catalog', 'part of the routes']
    const answer = await sendRaw(port, request('GET', '/other'))
    expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' })
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 14,
      message: 'the schema of catalog and part of the routes are not known yet: try again soon',
      details: [{ reason: 'SCHEMA_NOT_LOADED' }],
    })
    expect((await sendRaw(port, get)).status).toBe(200)
  })
})
