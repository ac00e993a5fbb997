import { expect, test } from '@jest/globals'
import { WorkerMetrics } from '../../src/gateway/merged/metrics.js'
import { addUp, type MetricsSnapshot } from '../../src/telemetry/index.js'
import type { WorkerView } from '../../src/workers/index.js'

/* What several processes count, as one. */

const snapshot = (requests: number, active: number): MetricsSnapshot => ({
  'http.server.request.duration': [
    { attributes: { 'http.route': '/a' }, sum: requests / 10, counts: [requests, 0, 1] },
  ],
  'http.server.active_requests': [{ attributes: {}, value: active }],
  'protobridge.errors': [{ attributes: { 'error.type': 'NO_ROUTE' }, value: requests }],
  'protobridge.snapshot.generation': [{ attributes: {}, value: requests }],
})
const view = (worker: number, pid: number): WorkerView => ({
  worker,
  pid,
  state: 'serving',
  restarts: 0,
  lastExit: null,
})

test('sums are added up, bucket by bucket; of what is told once the most is taken', () => {
  const other: MetricsSnapshot = { 'protobridge.errors': [{ attributes: { 'error.type': 'INTERNAL' }, value: 1 }] }
  expect(addUp([snapshot(3, 1), snapshot(4, 2), other])).toEqual({
    'http.server.request.duration': [
      { attributes: { 'http.route': '/a' }, sum: expect.closeTo(0.7), counts: [7, 0, 2] },
    ],
    'http.server.active_requests': [{ attributes: {}, value: 3 }],
    'protobridge.errors': [
      { attributes: { 'error.type': 'NO_ROUTE' }, value: 7 },
      { attributes: { 'error.type': 'INTERNAL' }, value: 1 },
    ],
    'protobridge.snapshot.generation': [{ attributes: {}, value: 4 }],
  })
})

test('counts of a worker that has ended stay, what it was doing does not; one that is busy is as it was', () => {
  const metrics = new WorkerMetrics()
  const both = [view(1, 11), view(2, 12)]
  const told = (all: readonly MetricsSnapshot[] | undefined) => {
    const sum = addUp(all!)
    const valueOf = (name: string) => (sum[name]![0] as { readonly value: number }).value
    return [valueOf('protobridge.errors'), valueOf('http.server.active_requests')]
  }
  const answers = [
    { worker: 1, value: snapshot(10, 1) },
    { worker: 2, value: snapshot(20, 2) },
  ]
  expect(told(metrics.with(answers, both))).toEqual([30, 3])
  expect(told(metrics.with([{ worker: 1, value: snapshot(11, 0) }], both))).toEqual([31, 2])
  expect(told(metrics.with([{ worker: 2, value: snapshot(21, 2) }], [view(1, 13), view(2, 12)]))).toEqual([32, 2])
  expect(told(metrics.with([{ worker: 1, value: snapshot(1, 1) }], [view(1, 13), view(2, 12)]))).toEqual([33, 3])
})

test('nothing is told where no worker counts', () => {
  expect(new WorkerMetrics().with([{ worker: 1, value: undefined }], [view(1, 11)])).toBeUndefined()
})
