import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  agentSettings,
  createAgentClient,
  parseKvAddress,
  readKv,
  watchKv,
  type AgentClient,
  type BlockingQuery,
  type KvQuestion,
} from '../../src/consul/index.js'
import { until } from '../support/calls.js'
import { FakeClock, ScriptedAgent, type Answer } from '../support/scripted-agent.js'

const noFiles = { read: (): Buffer => Buffer.alloc(0), list: (): readonly string[] => [] }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

let agent: ScriptedAgent
let client: AgentClient
let query: BlockingQuery | undefined

beforeEach(async () => {
  agent = await ScriptedAgent.start()
  const settings = agentSettings({ address: agent.address }, {}, noFiles)
  if (typeof settings === 'string') throw new Error(settings)
  client = createAgentClient(settings, new FakeClock())
})
afterEach(async () => {
  query?.stop()
  client.close()
  await agent.close()
})

function question(path: string): KvQuestion {
  const address = parseKvAddress(`consul-kv://${agent.address}/${path}`)
  if (typeof address === 'string') throw new Error(address)
  return { client, address, isWanted: (key) => key.endsWith('.yaml') }
}

async function read(path: string, answer: Answer): Promise<readonly string[]> {
  agent.script = [answer]
  const { entries } = await readKv(question(path), 1000)
  return entries.map(({ key, value }) => `${key}=${value.toString()}`)
}

describe('keys are read', () => {
  test.each([
    {
      what: 'by name, those that are wanted',
      path: 'm/',
      body: [
        { Key: 'm/', Value: null },
        { Key: 'm/b.yaml', Value: base64('B') },
        { Key: 'm/a.yaml', Value: base64('A') },
        { Key: 'm/note.txt', Value: base64('N') },
      ],
      asked: '/v1/kv/m/?recurse',
      told: ['m/a.yaml=A', 'm/b.yaml=B'],
    },
    {
      what: 'none, where the agent answers 404',
      path: 'm/',
      status: 404,
      body: '',
      asked: '/v1/kv/m/?recurse',
      told: [],
    },
    {
      what: 'of a folder written without its slash, not of one whose name only begins so',
      path: 'm',
      body: [
        { Key: 'm/a.yaml', Value: base64('A') },
        { Key: 'm-old/a.yaml', Value: base64('O') },
        { Key: 'm.yaml', Value: base64('M') },
      ],
      asked: '/v1/kv/m?recurse',
      told: ['m/a.yaml=A'],
    },
    {
      what: 'one that is named outright',
      path: 'm/a.yaml',
      body: [{ Key: 'm/a.yaml', Value: base64('A') }],
      asked: '/v1/kv/m/a.yaml?recurse',
      told: ['m/a.yaml=A'],
    },
    {
      what: 'without a value, as empty',
      path: 'm/',
      body: [{ Key: 'm/a.yaml', Value: null }, { Key: 'm/b.yaml' }],
      asked: '/v1/kv/m/?recurse',
      told: ['m/a.yaml=', 'm/b.yaml='],
    },
    {
      what: 'under names that need encoding',
      path: 'a%20b/%C3%BC%3F/',
      body: [{ Key: 'a b/ü?/x.yaml', Value: base64('X') }],
      asked: '/v1/kv/a%20b/%C3%BC%3F/?recurse',
      told: ['a b/ü?/x.yaml=X'],
    },
  ])('$what', async ({ path, asked, told, ...answer }) => {
    expect(await read(path, answer)).toEqual(told)
    expect(agent.asked.map(({ url }) => url)).toEqual([asked])
  })

  test.each([
    { answer: { status: 403, body: 'Permission denied' }, error: 'needs key:read and key:list' },
    { answer: { status: 500, body: 'No cluster leader' }, error: 'answered 500: No cluster leader' },
    { answer: { body: '{' }, error: 'is malformed: ' },
    { answer: { body: {} }, error: 'is malformed: it is not a list' },
    { answer: { body: [{}] }, error: 'is malformed: an entry has no Key' },
    { answer: { body: [null] }, error: 'is malformed: an entry has no Key' },
    { answer: { body: [{ Key: 'm/a.yaml', Value: 1 }] }, error: 'is malformed: the value of m/a.yaml is not base64' },
    { answer: 'cut' as const, error: 'is not reachable' },
  ])('$error', async ({ answer, error }) => {
    await expect(read('m/', answer)).rejects.toThrow(error)
  })
})

test('the fingerprint is that of what is wanted: keys, values and nothing else', async () => {
  const of = async (...body: { Key: string; Value: string; ModifyIndex?: number }[]): Promise<string> => {
    agent.script = [{ body }]
    return (await readKv(question('m/'), 1000)).fingerprint
  }
  const a = { Key: 'm/a.yaml', Value: base64('A') }
  const b = { Key: 'm/b.yaml', Value: base64('B') }
  const one = await of(a)
  expect(await of({ ...a, ModifyIndex: 7 }, { Key: 'm/x', Value: 'eA==' })).toBe(one)
  expect(await of(a, b)).toBe(await of(b, a))
  for (const other of [await of(), await of(b), await of(a, b), await of({ ...a, Value: base64('AA') })])
    expect(other).not.toBe(one)
})

test('a prefix is watched by its index, also while there is nothing under it', async () => {
  const told: string[] = []
  agent.script = [
    { status: 404, headers: { 'x-consul-index': '5' } },
    { status: 200, headers: { 'x-consul-index': '6' }, body: [{ Key: 'm/a.yaml', Value: base64('A') }] },
    'hold',
  ]
  query = watchKv(question('m/?wait=30s'), new FakeClock(), {
    onEntries: ({ entries }) => told.push(entries.map(({ key }) => key).join()),
    onError: ({ message }) => told.push(message),
  })
  await until(() => told.length === 2, 'both answers')
  expect(told).toEqual(['', 'm/a.yaml'])
  expect(agent.asked.map(({ url }) => url)).toEqual(['/v1/kv/m/?recurse', '/v1/kv/m/?recurse&index=5&wait=30s'])
})
