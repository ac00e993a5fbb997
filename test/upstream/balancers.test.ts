import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { balancers, type Candidate } from '../../src/upstream/balancers/index.js'
import { PLAIN } from '../../src/upstream/resolvers/host-port.js'
import type { ConnectivityState } from '../../src/upstream/index.js'

interface Named extends Candidate {
  state: ConnectivityState
}

function candidate(name: string, state: ConnectivityState = 'READY', isHealthy = true): Named {
  const endpoint = { address: name, host: name, port: 1, path: undefined, ...PLAIN }
  return { endpoint, state, inFlight: 0, isHealthy, readySinceMs: 0 }
}

describe('round_robin', () => {
  const make = (candidates: readonly Named[], start = 0): (() => string | undefined) => {
    const balancer = balancers.round_robin<Named>(() => start)
    balancer.update(candidates)
    return () => balancer.pick([])?.endpoint.address
  }

  test('each in turn', () => {
    const pick = make(['a', 'b', 'c'].map((name) => candidate(name)))
    expect(Array.from({ length: 7 }, pick)).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  test('begins at a random place', () => {
    const candidates = ['a', 'b', 'c'].map((name) => candidate(name))
    expect(make(candidates, 0.34)()).toBe('b')
    expect(make(candidates, 0.99)()).toBe('c')
  })

  test('none: undefined', () => {
    expect(make([])()).toBeUndefined()
  })

  test('one that can take the call now goes before one that is connecting, and that before one that has failed', () => {
    const picks = (states: ConnectivityState[]): string =>
      Array.from({ length: 6 }, make(states.map((state, at) => candidate('abc'[at]!, state)))).join('')
    expect(picks(['TRANSIENT_FAILURE', 'CONNECTING', 'READY'])).toBe('cccccc')
    expect(picks(['TRANSIENT_FAILURE', 'IDLE', 'READY'])).toBe('bcbcbc')
    expect(picks(['TRANSIENT_FAILURE', 'CONNECTING', 'TRANSIENT_FAILURE'])).toBe('bbbbbb')
    expect(picks(['CONNECTING', 'TRANSIENT_FAILURE', 'CONNECTING'])).toBe('acacac')
  })

  test.each<{ row: string; candidates: [ConnectivityState, boolean][]; picks: string }>([
    {
      row: 'one that is unhealthy is left out',
      candidates: [
        ['READY', false],
        ['READY', true],
        ['READY', true],
      ],
      picks: 'bcbc',
    },
    {
      row: 'a healthy one that is connecting goes before it',
      candidates: [
        ['READY', false],
        ['CONNECTING', true],
      ],
      picks: 'bbbb',
    },
    {
      row: 'it goes before one that has failed to connect',
      candidates: [
        ['TRANSIENT_FAILURE', true],
        ['READY', false],
      ],
      picks: 'bbbb',
    },
    {
      row: 'all unhealthy: each in turn',
      candidates: [
        ['READY', false],
        ['READY', false],
      ],
      picks: 'abab',
    },
  ])('$row', ({ candidates, picks }) => {
    const pick = make(candidates.map(([state, isHealthy], at) => candidate('abc'[at]!, state, isHealthy)))
    expect(Array.from({ length: 4 }, pick).join('')).toBe(picks)
  })

  test('all failed: each in turn', () => {
    const pick = make([candidate('a', 'TRANSIENT_FAILURE'), candidate('b', 'TRANSIENT_FAILURE')])
    expect(Array.from({ length: 4 }, pick)).toEqual(['a', 'b', 'a', 'b'])
  })

  test('never one that was tried, and undefined when all were', () => {
    const states = fc.constantFrom<ConnectivityState>('READY', 'IDLE', 'CONNECTING', 'TRANSIENT_FAILURE')
    fc.assert(
      fc.property(fc.array(fc.tuple(states, fc.boolean()), { maxLength: 8 }), (rows) => {
        const candidates = rows.map(([state], at) => candidate(String(at), state))
        const tried = candidates.filter((_, at) => rows[at]![1])
        const balancer = balancers.round_robin<Named>(() => 0.5)
        balancer.update(candidates)
        for (let n = 0; n < 10; n++) {
          const picked = balancer.pick(tried)
          const left = candidates.filter((one) => !tried.includes(one))
          if (left.length === 0) expect(picked).toBeUndefined()
          else expect(left).toContain(picked)
          const rank = ({ state }: Named): number => ({ CONNECTING: 1, TRANSIENT_FAILURE: 2 })[state as string] ?? 0
          if (picked !== undefined) expect(rank(picked)).toBe(Math.min(...left.map(rank)))
        }
      }),
    )
  })
})
