import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  agentSettings,
  createAgentClient,
  startBlockingQuery,
  type AgentClient,
  type BlockingQuery,
  type Circumstances,
} from '../../src/consul/index.js'
import { until } from '../support/calls.js'
import { FakeClock, ScriptedAgent, type Answer } from '../support/scripted-agent.js'

const noFiles = {
  read: (): Buffer => Buffer.alloc(0),
  list: (): readonly string[] => [],
}

interface Told {
  readonly value?: unknown
  readonly error?: string
  readonly circumstances?: Circumstances
}

let agent: ScriptedAgent
/** Of the loop: its pauses. */
let clock: FakeClock
/** Of the client: its time-outs. */
let requests: FakeClock
let client: AgentClient
let query: BlockingQuery | undefined
let told: Told[]

beforeEach(async () => {
  agent = await ScriptedAgent.start()
  clock = new FakeClock()
  requests = new FakeClock()
  told = []
  const settings = agentSettings({ address: agent.address }, {}, noFiles)
  if (typeof settings === 'string') throw new Error(settings)
  client = createAgentClient(settings, requests)
})
afterEach(async () => {
  query?.stop()
  query = undefined
  client.close()
  await agent.close()
})

function start(
  script: Answer[],
  more: { answers?: readonly number[]; waitMs?: number; maxResponseBytes?: number } = {},
): void {
  agent.script = script
  query = startBlockingQuery<unknown>({
    client,
    clock,
    path: '/v1/kv/x',
    query: [['recurse', undefined]],
    read: ({ body, status }) => (status === 404 ? null : JSON.parse(body.toString())),
    fingerprint: (value) => JSON.stringify(value),
    rights: 'key:read',
    onAnswer: (value, circumstances) => told.push({ value, circumstances }),
    onError: ({ message }) => told.push({ error: message.replace(agent.address, 'AGENT') }),
    ...more,
  })
}

/** Waits for so many questions; lets time pass where the loop pauses. */
async function asked(count: number): Promise<readonly (string | null)[]> {
  for (;;) {
    await until(() => agent.asked.length >= count || clock.due.length > 0, `question ${count}`)
    if (agent.asked.length >= count) return agent.asked.slice(0, count).map((question) => question.query.get('index'))
    clock.pass(clock.due[0]!)
  }
}

const at = (index: string | undefined, body: unknown = [], more: Record<string, string> = {}): Answer => ({
  body,
  headers: { ...(index === undefined ? {} : { 'x-consul-index': index }), ...more },
})

describe('index rules: what each question carries', () => {
  test.each([
    {
      name: 'the first question has no index, later ones the last',
      script: [at('7'), at('9')],
      indexes: [null, '7', '9'],
    },
    {
      name: 'an index that went back starts again without one',
      script: [at('70'), at('9'), at('9')],
      indexes: [null, '70', null, '9'],
    },
    { name: 'the same index is kept', script: [at('7'), at('7')], indexes: [null, '7', '7'] },
    { name: 'an index of 0 is 1', script: [at('0')], indexes: [null, '1'] },
    { name: 'a negative index is 1', script: [at('-5')], indexes: [null, '1'] },
    { name: 'no index is 1', script: [at(undefined)], indexes: [null, '1'] },
    { name: 'nonsense is 1', script: [at('seven')], indexes: [null, '1'] },
    { name: '0 after a good index went back', script: [at('7'), at('0'), at('3')], indexes: [null, '7', null, '3'] },
    {
      name: 'an index above what a double holds stays exact',
      script: [at('18446744073709551614'), at('18446744073709551613')],
      indexes: [null, '18446744073709551614', null],
    },
    {
      name: 'an error forgets the index',
      script: [at('7'), { status: 500 }, at('8')],
      indexes: [null, '7', null, '8'],
    },
    {
      name: 'a lost connection forgets the index',
      script: [at('7'), 'cut', at('8')],
      indexes: [null, '7', null, '8'],
      cuts: 1,
    },
    {
      name: 'a malformed answer forgets the index',
      script: [at('7'), at('9', 'not json'), at('8')],
      indexes: [null, '7', null, '8'],
    },
  ] as const)('$name', async ({ script, indexes }) => {
    // A connection kept and cut is asked again at once, before it counts as lost: cut that too.
    const whole = script.flatMap((answer: Answer): Answer[] => (answer === 'cut' ? ['cut', 'cut'] : [answer]))
    const repeats = whole.indexOf('cut')
    start(whole)
    const seen = await asked(indexes.length + (repeats < 0 ? 0 : 1))
    expect(repeats < 0 ? seen : seen.filter((_, i) => i !== repeats + 1)).toEqual(indexes)
  })

  test('a question with an index says how long it may be held', async () => {
    start([at('7')])
    await asked(2)
    expect(agent.asked.map(({ url }) => url)).toEqual(['/v1/kv/x?recurse', '/v1/kv/x?recurse&index=7&wait=300s'])
  })

  test('a held question times out after wait × 17/16 and a margin, and not before', async () => {
    start([at('7')], { waitMs: 160_000 })
    await asked(2)
    await until(() => agent.waiting === 1, 'a held question')
    requests.pass(179_999)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toHaveLength(1)
    requests.pass(1)
    await until(() => told.length === 2, 'an error')
    expect(told[1]!.error).toBe('the Consul agent AGENT did not answer within 180000 ms')
  })
})

describe('answers', () => {
  test('a return is no promise of change: answers are compared', async () => {
    start([at('7', ['a']), at('8', ['a']), at('9', ['b'])])
    await asked(4)
    expect(told.map(({ value, circumstances }) => [value, circumstances!.isChanged])).toEqual([
      [['a'], true],
      [['a'], false],
      [['b'], true],
    ])
  })

  test.each([
    { name: 'the first answer is after no fault', script: [at('7')], flags: [false] },
    { name: 'after an error', script: [at('7'), { status: 500 }, at('8'), at('9')], flags: [false, true, false] },
    {
      name: 'when the index went back, and the next',
      script: [at('7'), at('3'), at('3'), at('4')],
      flags: [false, true, true, false],
    },
  ])('isAfterFault: $name', async ({ script, flags }) => {
    start(script as Answer[])
    await asked(script.length + 1)
    expect(
      told
        .filter(({ circumstances }) => circumstances !== undefined)
        .map(({ circumstances }) => circumstances!.isAfterFault),
    ).toEqual(flags)
  })

  test('what the headers say of an answer', async () => {
    start([
      at('7', [], { 'x-consul-results-filtered-by-acls': 'true' }),
      at('8', [], { 'x-consul-knownleader': 'false' }),
    ])
    await asked(3)
    expect(told.map(({ circumstances: c }) => [c!.isFiltered, c!.isLeaderless])).toEqual([
      [true, false],
      [false, true],
    ])
  })

  test('a key that does not exist is watched by its 404', async () => {
    start([{ status: 404, headers: { 'x-consul-index': '5' }, body: '' }, at('6', ['here'])], { answers: [200, 404] })
    expect(await asked(3)).toEqual([null, '5', '6'])
    expect(told.map(({ value }) => value)).toEqual([null, ['here']])
  })
})

describe('errors, in words', () => {
  test.each<{ name: string; answer: Answer; text: string }>([
    {
      name: '403',
      answer: { status: 403, body: 'ACL not found' },
      text: 'the agent refused the token: needs key:read (AGENT answered 403: ACL not found)',
    },
    {
      name: '400, as for Enterprise parameters',
      answer: { status: 400, body: 'Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature' },
      text: 'the Consul agent AGENT answered 400: Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature',
    },
    {
      name: '500 without leader',
      answer: { status: 500, body: 'No cluster leader' },
      text: 'the Consul agent AGENT answered 500: No cluster leader',
    },
    { name: '429', answer: { status: 429, body: '' }, text: 'the Consul agent AGENT answered 429' },
    {
      name: '503',
      answer: { status: 503, body: 'rate\nlimit' },
      text: 'the Consul agent AGENT answered 503: rate limit',
    },
    {
      name: 'a redirect is not followed',
      answer: { status: 301, headers: { location: 'http://x/' }, body: '' },
      text: 'the Consul agent AGENT answered 301',
    },
    {
      name: '404 where it is no answer',
      answer: { status: 404, body: '' },
      text: 'the Consul agent AGENT answered 404',
    },
    { name: 'no JSON', answer: { body: '<html>' }, text: 'the answer of the Consul agent AGENT is malformed: ' },
    {
      name: 'too large',
      answer: { body: 'x'.repeat(2000) },
      text: 'the Consul agent AGENT answered with more than 1000 bytes',
    },
    { name: 'connection lost', answer: 'cut', text: 'the Consul agent AGENT is not reachable: ECONNRESET' },
  ])('$name', async ({ answer, text }) => {
    start([answer], { maxResponseBytes: 1000 })
    await until(() => told.length > 0, 'an error')
    expect(told[0]!.error).toContain(text)
  })

  test('the pause grows from 1 s to 60 s and starts again after an answer', async () => {
    start([...Array<Answer>(8).fill({ status: 500 }), at('7'), { status: 500 }])
    const pauses: number[] = []
    for (let questions = 1; questions <= 10; questions++) {
      await asked(questions)
      await until(() => (told.length === questions && clock.due.length > 0) || questions === 9, 'a pause')
      if (questions !== 9) pauses.push(clock.due[0]!)
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 1000])
  })

  test.each([
    { random: 0, pause: 800 },
    { random: 0.999_999, pause: 1200 },
  ])('the pause is scattered: $pause ms where chance gives $random', async ({ random, pause }) => {
    clock.random = () => random
    start([{ status: 500 }])
    await until(() => told.length === 1 && clock.due.length > 0, 'a pause')
    expect(clock.due).toEqual([pause])
  })

  test('hurry cuts a long pause, not below 5 s after the last question', async () => {
    start([...Array<Answer>(6).fill({ status: 500 })])
    await asked(6)
    await until(() => told.length === 6 && clock.due.length > 0, 'a pause')
    expect(clock.due).toEqual([32_000])
    query!.hurry()
    query!.hurry()
    expect(clock.due).toEqual([5000])
    clock.pass(5000)
    await until(() => agent.asked.length === 7, 'another question')
    await until(() => agent.waiting === 1, 'it is held')
    query!.hurry()
    expect(agent.asked).toHaveLength(7)
  })
})

describe('stop', () => {
  test('ends a held question at once and tells nothing more', async () => {
    start([at('7')])
    await asked(2)
    await until(() => agent.waiting === 1, 'a held question')
    query!.stop()
    await until(() => agent.waiting === 0, 'the connection to be closed')
    expect(clock.due).toEqual([])
    expect(told).toHaveLength(1)
  })

  test('ends a pause', async () => {
    start([{ status: 500 }])
    await until(() => told.length === 1 && clock.due.length > 0, 'a pause')
    query!.stop()
    expect(clock.due).toEqual([])
  })

  test('from within a callback', async () => {
    agent.script = [at('7')]
    let answers = 0
    const stopping = startBlockingQuery<null>({
      client,
      clock,
      path: '/v1/x',
      read: () => null,
      fingerprint: () => '',
      rights: '',
      onAnswer: () => {
        answers += 1
        stopping.stop()
      },
      onError: () => undefined,
    })
    await until(() => answers === 1, 'an answer')
    await new Promise((resolve) => setImmediate(resolve))
    expect(agent.asked).toHaveLength(1)
    expect(clock.due).toEqual([])
  })
})

test.each([
  { name: 'with the same value', bodyOf: () => 'same', questions: 10 },
  { name: 'with another value each time', bodyOf: (i: number) => i, questions: 14 },
])(
  'an agent that returns at once for ever, $name, is asked $questions times in 30 s',
  async ({ bodyOf, questions }) => {
    start(Array.from({ length: 100 }, (_, i) => at(String(i + 1), [bodyOf(i)])))
    const end = clock.time + 30_000
    const isPausing = (): boolean => told.length === agent.asked.length && clock.due.length > 0
    // The first two turns are taken at once.
    await until(() => agent.asked.length === 2 && isPausing(), 'a pause')
    while (clock.time + clock.due[0]! <= end) {
      const before = agent.asked.length
      clock.pass(clock.due[0]!)
      await until(() => agent.asked.length > before && isPausing(), 'the next question')
    }
    expect(agent.asked).toHaveLength(questions)
    expect(agent.connections).toBe(1)
  },
)
