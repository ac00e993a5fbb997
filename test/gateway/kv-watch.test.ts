import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { parseKvAddress } from '../../src/consul/index.js'
import { KvWatch } from '../../src/gateway/kv-watch.js'
import type { UsedKv } from '../../src/gateway/kv-mappings.js'
import { until } from '../support/calls.js'
import { FakeClock, ScriptedAgent, type Answer } from '../support/scripted-agent.js'

/* An agent that answers as it is told, and a clock that goes when told. */

let agent: ScriptedAgent
let clock: FakeClock
let watch: KvWatch
let told: string[]
let index: number

beforeEach(async () => {
  agent = await ScriptedAgent.start()
  clock = new FakeClock()
  told = []
  index = 1
  watch = new KvWatch(
    {},
    {
      onChange: (value) => told.push(`changed ${value}`),
      onTrouble: (_value, message) => told.push(message === undefined ? 'well' : 'trouble'),
    },
    clock,
  )
})
afterEach(async () => {
  watch.close()
  await agent.close()
})

const VALUE = 'the entry'

/** What a load has used: one key with this text. */
function used(text: string | undefined): readonly UsedKv[] {
  const kv = parseKvAddress(`consul-kv://${agent.address}/m/`)
  if (typeof kv === 'string') throw new Error(kv)
  return [{ value: VALUE, kv, fingerprint: text === undefined ? undefined : fingerprintOf(text) }]
}

const fingerprintOf = (text: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['m/a.yaml', text.length]))
    .update(text)
    .digest('hex')

function holding(text: string): Exclude<Answer, string> {
  index += 1
  const body = [{ Key: 'm/a.yaml', Value: Buffer.from(text).toString('base64') }]
  return { headers: { 'x-consul-index': String(index) }, body }
}

/** Answers the question that is held, and waits for the next one. */
async function answer(text: string): Promise<void> {
  await until(() => agent.waiting === 1, 'a question')
  const asked = agent.asked.length
  agent.release(holding(text))
  // The loop is rate-limited: its pause is over when time passes.
  await until(() => {
    if (agent.asked.length === asked) clock.pass(0)
    return agent.asked.length > asked || clock.due.some((ms) => ms > 150)
  }, 'the answer to be read')
}

test('what the load has used is no change', async () => {
  watch.follow(used('A'))
  await answer('A')
  clock.pass(1000)
  expect(told).toEqual([])
})

test('several changes in a row are told once, when it has been quiet', async () => {
  watch.follow(used('A'))
  await answer('B')
  clock.pass(100)
  await answer('C')
  clock.pass(100)
  expect(told).toEqual([])
  clock.pass(100)
  expect(told).toEqual([`changed ${VALUE}`])
})

test('one that is taken back, or that another load has used meanwhile, is not told', async () => {
  watch.follow(used('A'))
  await answer('B')
  watch.follow(used('B'))
  clock.pass(1000)
  expect(told).toEqual([])
})

test('a load that could not use it is not asked for again and again', async () => {
  watch.follow(used('A'))
  await answer('B')
  clock.pass(1000)
  watch.follow(used('A'))
  clock.pass(1000)
  expect(told).toEqual([`changed ${VALUE}`])
})

test('what nobody has told yet is a change when it is told', async () => {
  watch.follow(used(undefined))
  await answer('A')
  clock.pass(1000)
  expect(told).toEqual([`changed ${VALUE}`])
})

test('trouble is told once for each reason, and its end', async () => {
  agent.script = ['cut', 'cut']
  watch.follow(used('A'))
  await until(() => told.length === 1, 'the trouble')
  clock.pass(1000)
  await until(() => agent.asked.length === 2, 'the second try')
  await until(() => clock.due.length > 0, 'its failure')
  clock.pass(3000)
  await answer('A')
  expect(told).toEqual(['trouble', 'well'])
})

test('closed, or no longer wanted, it asks nothing more and tells nothing', async () => {
  watch.follow(used('A'))
  await answer('B')
  watch.follow([])
  clock.pass(1000)
  expect(told).toEqual([])
  await until(() => agent.waiting === 0, 'the question to be ended')
})
