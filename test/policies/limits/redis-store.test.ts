import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { redisStore } from '../../../src/policies/limits/stores/redis.js'
import type { Limiter, LimitStore, Quota, Verdict } from '../../../src/policies/limits/types.js'
import { until } from '../../support/calls.js'

/* What answers at Redis's place may be anything: the limit is kept by this process then. */

const quota: Quota = { name: 'a', points: 2, seconds: 3600, burst: 0, isPrivate: false, id: 'a' }
const COUNTED = '*2\r\n:1\r\n:60000\r\n'

let server: Server
let sockets: Set<Socket>
/** What is answered to a question of the limiter. */
let answer: string
/** Goes on for as long as it is taken. */
let isEndless: boolean
let sent: number
let store: LimitStore
let limiter: Limiter
let notes: string[]

beforeEach(async () => {
  ;[sockets, answer, isEndless, sent, notes] = [new Set(), COUNTED, false, 0, []]
  server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)))
    socket.on('data', (chunk: Buffer) => {
      for (const [, command] of chunk.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        if (/^info$/i.test(command!)) socket.write('$9\r\nloading:0\r\n')
        else if (/^eval/i.test(command!)) reply(socket)
        else socket.write('+OK\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config = {
    store: { kind: 'redis', url, tls: undefined },
    timeoutMs: 2000,
    failOpen: false,
    legacyHeaders: false,
  } as const
  store = redisStore(config, (level, text) => notes.push(`${level} ${text}`))
  limiter = store.limiter(quota)
})

afterEach(async () => {
  store.close()
  isEndless = false
  for (const socket of sockets) socket.destroy()
  server.close()
  await once(server, 'close')
})

function reply(socket: Socket): void {
  socket.write(answer)
  const more = Buffer.alloc(65_536, ':1\r\n')
  const pour = (): void => {
    while (isEndless && !socket.destroyed) {
      sent += more.length
      if (!socket.write(more)) return void socket.once('drain', pour)
    }
  }
  pour()
}

const consume = (): Promise<Verdict | undefined> => Promise.resolve(limiter.consume('key', 1, 2000))

test.each([
  { what: 'text', reply: '$5\r\nhello\r\n' },
  { what: 'two texts', reply: '*2\r\n$1\r\na\r\n$1\r\nb\r\n' },
  { what: 'an empty list', reply: '*0\r\n' },
  { what: 'nothing', reply: '$-1\r\n' },
  { what: 'one number', reply: '*1\r\n:1\r\n' },
  { what: 'a count and no time', reply: '*2\r\n:1\r\n$-1\r\n' },
  { what: 'a list of lists', reply: '*2\r\n*0\r\n*0\r\n' },
  { what: 'no RESP', reply: '\0\xff\r\n' },
  { what: 'an error', reply: '-LOADING Redis is loading the dataset in memory\r\n' },
  { what: 'another place', reply: '-MOVED 3999 127.0.0.1:1\r\n' },
])('with $what for an answer, two pass and no more', async ({ reply: text }) => {
  expect(await consume()).toMatchObject({ isAllowed: true, remaining: 1 })
  answer = text
  const verdicts = [await consume(), await consume(), await consume(), await consume()]
  expect(verdicts.map((verdict) => verdict?.isAllowed)).toEqual([true, true, false, false])
  expect(notes).toEqual([expect.stringMatching(/^warn limits: redis at .* is away/)])
})

test('a time that is over is none, not less', async () => {
  answer = '*2\r\n:1\r\n:-2\r\n'
  expect(await consume()).toEqual({ isAllowed: true, remaining: 1, msBeforeNext: 0 })
})

test.each([
  { what: 'text', reply: '$536870911\r\n' },
  { what: 'a line', reply: '+' },
  { what: 'a list', reply: '*1000000000\r\n' },
])('$what without end is not taken in', async ({ reply: text }) => {
  expect(await consume()).toMatchObject({ isAllowed: true })
  ;[answer, isEndless] = [text, true]
  const [before] = sockets
  expect(await consume()).toMatchObject({ isAllowed: true, remaining: 1 })
  await until(() => !sockets.has(before!), 'the end of the connection')
  // What the two ends of a socket hold is not what this process does.
  expect(sent).toBeLessThan(32 * 1024 * 1024)
  ;[answer, isEndless] = [COUNTED, false]
  await until(() => notes.some((line) => line.includes('is back')), 'its return')
  expect(notes[0]).toMatch(/^warn limits: redis at .* is away/)
})
