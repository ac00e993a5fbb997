import { describe, expect, test } from '@jest/globals'
import type { ErrorView, Readiness, UpstreamView } from '../../src/admin/index.js'
import { mergeErrors } from '../../src/gateway/merged/errors.js'
import { LastKnown } from '../../src/gateway/merged/last-known.js'
import { mergeReadiness } from '../../src/gateway/merged/readiness.js'
import { mergeUpstreams } from '../../src/gateway/merged/upstreams.js'
import type { WorkerView } from '../../src/workers/index.js'

type EndpointView = UpstreamView['endpoints'][number]

const endpoint = (state: string, more: Partial<EndpointView> = {}): EndpointView => ({
  address: '10.0.0.1:1',
  state,
  weight: 1,
  inFlight: 0,
  ejections: 0,
  lastError: undefined,
  source: 'static',
  since: '2026-01-01T00:00:02Z',
  zone: undefined,
  tags: [],
  meta: {},
  ...more,
})

const upstream = (endpoints: EndpointView[], more: Partial<UpstreamView> = {}): UpstreamView => ({
  name: 'library',
  target: 'static:///10.0.0.1:1',
  resolutionError: undefined,
  resolvedAt: '2026-01-01T00:00:01Z',
  endpoints,
  ...more,
})

describe('upstreams of several workers, as one', () => {
  test.each([
    { states: ['READY', 'READY'], told: 'READY' },
    { states: ['IDLE', 'READY'], told: 'READY' },
    { states: ['READY', 'TRANSIENT_FAILURE'], told: 'TRANSIENT_FAILURE' },
    { states: ['EJECTED', 'READY'], told: 'EJECTED' },
    { states: ['UNHEALTHY', 'TRANSIENT_FAILURE', 'IDLE'], told: 'UNHEALTHY' },
  ])('an endpoint that is $states is $told', ({ states, told }) => {
    const [merged] = mergeUpstreams(states.map((state) => [upstream([endpoint(state)])]))
    expect(merged!.endpoints.map(({ state }) => state)).toEqual([told])
  })

  test('calls and ejections are added up; the error is that of the state told; endpoints only some know are told', () => {
    const other = endpoint('READY', { address: '10.0.0.2:1' })
    const [merged] = mergeUpstreams([
      [upstream([endpoint('READY', { inFlight: 2, ejections: 1, since: '2026-01-01T00:00:01Z' })])],
      [
        upstream([endpoint('TRANSIENT_FAILURE', { inFlight: 3, lastError: 'refused' }), other], {
          resolutionError: 'no such name',
          resolvedAt: '2026-01-01T00:00:09Z',
        }),
      ],
    ])
    expect(merged).toMatchObject({ resolutionError: 'no such name', resolvedAt: '2026-01-01T00:00:09Z' })
    expect(merged!.endpoints).toEqual([
      endpoint('TRANSIENT_FAILURE', {
        inFlight: 5,
        ejections: 1,
        lastError: 'refused',
        since: '2026-01-01T00:00:01Z',
      }),
      other,
    ])
  })
})

describe('readiness of several workers, as one', () => {
  const ready = (isOk: boolean): Readiness => ({
    isReady: isOk,
    checks: [
      { name: 'accepting', isOk: true, detail: 'accepting requests' },
      { name: 'upstream library', isOk, detail: isOk ? 'has had endpoints' : 'no endpoint was found yet' },
    ],
  })

  test.each([
    { workers: [true, true], serving: 2, isDraining: false, isReady: true, failing: [] },
    { workers: [true, false], serving: 2, isDraining: false, isReady: false, failing: ['upstream library'] },
    { workers: [true], serving: 1, isDraining: false, isReady: true, failing: [] },
    { workers: [], serving: 0, isDraining: false, isReady: false, failing: ['workers'] },
    { workers: [true, true], serving: 2, isDraining: true, isReady: false, failing: ['accepting'] },
  ])('$workers of two, draining $isDraining: $isReady', ({ workers, serving, isDraining, isReady, failing }) => {
    const merged = mergeReadiness(workers.map(ready), { serving, all: 2 }, isDraining)
    expect(merged.isReady).toBe(isReady)
    expect(merged.checks.filter(({ isOk }) => !isOk).map(({ name }) => name)).toEqual(failing)
  })
})

test('what went wrong in several workers: the same counted together, newest first', () => {
  const error = (message: string, time: string, count: number): ErrorView => ({ kind: 'warning', message, time, count })
  expect(mergeErrors([[error('a', '1', 2), error('b', '3', 1)], [error('a', '2', 5)]])).toEqual([
    error('b', '3', 1),
    error('a', '2', 7),
  ])
})

test('a worker that is too busy to answer is as it was; one that was replaced is forgotten', () => {
  const view = (worker: number, pid: number | null): WorkerView => ({
    worker,
    pid,
    state: pid === null ? 'waiting' : 'serving',
    restarts: 0,
    lastExit: null,
  })
  const known = new LastKnown<string>()
  const both = [view(1, 11), view(2, 12)]
  expect(
    known.with(
      [
        { worker: 1, value: 'a' },
        { worker: 2, value: 'b' },
      ],
      both,
    ),
  ).toEqual(['a', 'b'])
  expect(known.with([{ worker: 2, value: 'c' }], both)).toEqual(['a', 'c'])
  expect(known.with([], [view(1, 21), view(2, 12)])).toEqual(['c'])
  expect(known.with([], [view(1, null), view(2, null)])).toEqual([])
})
