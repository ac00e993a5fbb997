import { beforeEach, describe, expect, test } from '@jest/globals'
import type { CallStatus } from '../../src/upstream/index.js'
import { HealthCheck } from '../../src/upstream/health/index.js'
import { decodeHealthResponse, encodeHealthRequest } from '../../src/upstream/health/messages.js'
import { PLAIN } from '../../src/upstream/resolvers/host-port.js'
import { FakeConnection, local, peer } from '../support/fake-transport.js'
import { FakeClock } from '../support/scripted-agent.js'

const WATCH = '/grpc.health.v1.Health/Watch'
const CHECK = '/grpc.health.v1.Health/Check'
/** Statuses as the wire has them: field 1, a varint. */
const UNKNOWN = [8, 0]
const SERVING = [8, 1]
const NOT_SERVING = [8, 2]
const SERVICE_UNKNOWN = [8, 3]
const UNIMPLEMENTED = peer(12, 'unknown service')

let clock: FakeClock
let connection: FakeConnection
let check: HealthCheck
let unsupported: number
let verdicts: string[]

beforeEach(() => {
  clock = new FakeClock()
  connection = new FakeConnection({ address: 'a:1', host: 'a', port: 1, path: undefined, ...PLAIN })
  unsupported = 0
  verdicts = []
  const options = { service: 'library.v1.LibraryService', intervalMs: 5000, timeoutMs: 1000 }
  check = new HealthCheck(connection, options, {
    now: clock.now,
    setTimer: clock.setTimer,
    random: () => 0.5,
    onVerdict: () => verdicts.push(check.error ?? check.verdict),
    onUnsupported: () => (unsupported += 1),
  })
  connection.onStateChange((state) => check.onConnectionState(state))
})

const connect = (): void => connection.become('READY')
const paths = (): string[] => connection.calls.map(({ options }) => options.path)

describe('the messages', () => {
  test.each(['', 'library.v1.LibraryService', 'grüße'])('a request for %j', (service) => {
    const written = Buffer.from(encodeHealthRequest(service))
    const text = Buffer.from(service)
    expect(written).toEqual(service === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.from([10, text.length]), text]))
  })

  test.each([
    { row: 'empty: UNKNOWN', bytes: [], status: 0 },
    { row: 'SERVING', bytes: SERVING, status: 1 },
    { row: 'the last of two counts', bytes: [8, 1, 8, 2], status: 2 },
    { row: 'unknown fields are skipped', bytes: [18, 2, 1, 2, 8, 1, 29, 1, 2, 3, 4], status: 1 },
    { row: 'a status of later versions', bytes: [8, 9], status: 9 },
    { row: 'a negative status', bytes: [8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], status: -1 },
    { row: 'cut short', bytes: [8], status: undefined },
    { row: 'a length that leads out', bytes: [18, 200, 1], status: undefined },
    { row: 'field 0', bytes: [0, 1], status: undefined },
  ])('a response: $row', ({ bytes, status }) => {
    expect(decodeHealthResponse(Uint8Array.from(bytes))).toBe(status)
  })
})

describe('watching', () => {
  test('begins when connected, one question on a stream without deadline, in the background', () => {
    expect(connection.calls).toHaveLength(0)
    connection.become('CONNECTING')
    expect(connection.calls).toHaveLength(0)
    connect()
    expect(connection.call.options).toEqual({ path: WATCH, metadata: [], deadlineMs: Infinity, isBackground: true })
    expect(connection.call.sent.map((message) => Buffer.from(message).subarray(2).toString())).toEqual([
      'library.v1.LibraryService',
    ])
    expect(connection.call.isHalfClosed).toBe(true)
    expect(check.verdict).toBe('pending')
  })

  test.each([
    { row: 'SERVING: healthy', answer: SERVING, verdict: 'healthy', error: undefined },
    { row: 'NOT_SERVING', answer: NOT_SERVING, verdict: 'unhealthy', error: 'the health check says NOT_SERVING' },
    { row: 'UNKNOWN', answer: UNKNOWN, verdict: 'unhealthy', error: 'the health check says UNKNOWN' },
    {
      row: 'SERVICE_UNKNOWN',
      answer: SERVICE_UNKNOWN,
      verdict: 'unhealthy',
      error: 'the health check says SERVICE_UNKNOWN',
    },
    {
      row: 'a status of later versions',
      answer: [8, 7],
      verdict: 'unhealthy',
      error: 'the health check says status 7',
    },
    {
      row: 'nonsense',
      answer: [255],
      verdict: 'unhealthy',
      error: 'the health check’s answer is no HealthCheckResponse',
    },
  ])('$row', ({ answer, verdict, error }) => {
    connect()
    connection.call.answer(answer)
    expect({ verdict: check.verdict, error: check.error }).toEqual({ verdict, error })
  })

  test('each change is told once', () => {
    connect()
    for (const answer of [SERVING, SERVING, NOT_SERVING, NOT_SERVING, SERVING]) connection.call.answer(answer)
    expect(verdicts).toEqual(['healthy', 'the health check says NOT_SERVING', 'healthy'])
  })

  test('a process that hangs is found by a Check every interval, and only that it answers counts', () => {
    connect()
    connection.call.answer(SERVING)
    const watch = connection.call
    const said = [peer(12), peer(5), peer(0), local(4), local(4), peer(0), local(14, 'lost')]
    for (const status of said) {
      clock.pass(4999)
      expect(connection.calls.filter(({ isOpen }) => isOpen)).toEqual([watch])
      clock.pass(1)
      expect(connection.call.options).toMatchObject({ path: CHECK, deadlineMs: clock.time + 1000, isBackground: true })
      if (status.code === 0) connection.call.answer(NOT_SERVING)
      connection.call.end(status)
    }
    expect(verdicts).toEqual(['healthy', 'no answer to the health check within 1000 ms', 'healthy'])
    // What the stream tells is an answer, too.
    clock.pass(5000)
    connection.call.end(local(4))
    expect(check.verdict).toBe('unhealthy')
    watch.answer(SERVING)
    expect(check.verdict).toBe('healthy')
    watch.end(peer(13))
    expect(connection.calls.filter(({ isOpen }) => isOpen)).toEqual([])
  })

  test('no answer within the time-out: unhealthy, asked again with backoff', () => {
    connect()
    clock.pass(999)
    expect(check.verdict).toBe('pending')
    clock.pass(1)
    expect(check.error).toBe('no answer to the health check within 1000 ms')
    expect(connection.calls[0]!.isCancelled).toBe(true)
    // The first backoff is over: it counts from the start of the attempt.
    clock.pass(0)
    expect(paths()).toEqual([WATCH, WATCH])
    clock.pass(1000)
    expect(connection.calls).toHaveLength(2)
    clock.pass(600)
    expect(connection.calls).toHaveLength(3)
    connection.call.answer(SERVING)
    expect(check.verdict).toBe('healthy')
  })

  test.each([
    { row: 'an error of the server', status: peer(13, 'oops'), text: 'the health check ended: INTERNAL: oops' },
    { row: 'a clean end', status: peer(0), text: 'the health check ended: OK' },
    { row: 'no permission', status: peer(7), text: 'the health check ended: PERMISSION_DENIED' },
    { row: 'UNIMPLEMENTED of a proxy, not the server', status: local(13, 'HTTP 404'), text: 'INTERNAL: HTTP 404' },
  ])('a stream that ends before an answer ($row): unhealthy, backoff 1 s, 1.6 s …', ({ status, text }) => {
    connect()
    connection.call.end(status)
    expect(check.verdict).toBe('unhealthy')
    expect(check.error).toContain(text)
    clock.pass(999)
    expect(connection.calls).toHaveLength(1)
    clock.pass(1)
    connection.call.end(status)
    clock.pass(1599)
    expect(connection.calls).toHaveLength(2)
    clock.pass(1)
    expect(paths()).toEqual([WATCH, WATCH, WATCH])
  })

  test('a stream that lasted and ends is opened again at once, and the verdict holds meanwhile', () => {
    connect()
    connection.call.answer(SERVING)
    clock.pass(4000)
    connection.call.end(local(14, 'reset'))
    clock.pass(0)
    expect(paths()).toEqual([WATCH, WATCH])
    expect(check.verdict).toBe('healthy')
    clock.pass(1000)
    expect(check.error).toBe('no answer to the health check within 1000 ms')
  })

  test('a stream that answers and ends at once is not asked in a loop', () => {
    connect()
    for (let round = 0; round < 5; round++) {
      connection.call.answer(SERVING)
      connection.call.end(peer(0))
      expect(check.verdict).toBe('unhealthy')
      clock.pass(1000)
    }
    // The message resets the backoff: always 1 s.
    expect(connection.calls).toHaveLength(6)
  })
})

describe('a server without Watch', () => {
  test('is asked by Check, every interval, each within the time-out', () => {
    connect()
    connection.call.end(UNIMPLEMENTED)
    expect(connection.call.options).toEqual({
      path: CHECK,
      metadata: [],
      deadlineMs: clock.time + 1000,
      isBackground: true,
    })
    const answers: [CallStatus, number[], string][] = [
      [peer(0), SERVING, 'healthy'],
      [peer(0), NOT_SERVING, 'the health check says NOT_SERVING'],
      [peer(0), SERVING, 'healthy'],
      [peer(5), [], 'the health check says SERVICE_UNKNOWN'],
      [local(4), [], 'no answer to the health check within 1000 ms'],
      [peer(14, 'busy'), [], 'the health check failed: UNAVAILABLE: busy'],
      [peer(0), SERVING, 'healthy'],
    ]
    for (const [status, message] of answers) {
      if (message.length > 0) connection.call.answer(message)
      connection.call.end(status)
      const { length } = connection.calls
      clock.pass(4999)
      expect(connection.calls).toHaveLength(length)
      clock.pass(1)
      expect(connection.calls).toHaveLength(length + 1)
    }
    expect(verdicts).toEqual(answers.map(([, , verdict]) => verdict))
    expect(unsupported).toBe(0)
  })

  test('nor Check: healthy, said once, never asked again on this connection', () => {
    connect()
    connection.call.end(UNIMPLEMENTED)
    connection.call.end(UNIMPLEMENTED)
    expect({ verdict: check.verdict, unsupported }).toEqual({ verdict: 'healthy', unsupported: 1 })
    clock.pass(3_600_000)
    expect(paths()).toEqual([WATCH, CHECK])
    expect(clock.due).toEqual([])
  })

  test('the server behind a new connection is asked anew', () => {
    connect()
    connection.call.end(UNIMPLEMENTED)
    connection.call.end(UNIMPLEMENTED)
    connection.become('IDLE')
    expect(check.verdict).toBe('pending')
    connect()
    expect(paths()).toEqual([WATCH, CHECK, WATCH])
  })
})

describe('the end', () => {
  test.each([
    { row: 'while watching', prepare: () => connection.call.answer(NOT_SERVING) },
    {
      row: 'while watching, and a Check under way',
      prepare: () => {
        connection.call.answer(SERVING)
        clock.pass(5000)
      },
    },
    { row: 'while waiting for the first answer', prepare: () => undefined },
    { row: 'while waiting to watch again', prepare: () => connection.call.end(peer(13)) },
    { row: 'while checking', prepare: () => connection.call.end(UNIMPLEMENTED) },
    {
      row: 'between checks',
      prepare: () => {
        connection.call.end(UNIMPLEMENTED)
        connection.call.answer(SERVING)
        connection.call.end(peer(0))
      },
    },
  ])('a lost connection ($row): nothing is known, nothing goes on; stop ends it for good', ({ prepare }) => {
    connect()
    prepare()
    connection.become('IDLE')
    expect({ verdict: check.verdict, error: check.error }).toEqual({ verdict: 'pending', error: undefined })
    expect(connection.calls.filter(({ isOpen }) => isOpen)).toEqual([])
    expect(clock.due).toEqual([])
    connect()
    expect(connection.call.isOpen).toBe(true)
    prepare()
    const count = connection.calls.length
    check.stop()
    expect(connection.calls.filter(({ isOpen }) => isOpen)).toEqual([])
    expect(clock.due).toEqual([])
    connection.become('IDLE')
    connect()
    expect(connection.calls).toHaveLength(count)
  })
})
