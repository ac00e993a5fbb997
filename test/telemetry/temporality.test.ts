import { describe, expect, test } from '@jest/globals'
import { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import { METRICS, metricOf } from '../../src/telemetry/metrics/catalogue.js'
import { deltaDataOf } from '../../src/telemetry/metrics/metric-data.js'
import { Deltas, isDelta, temporalityOf } from '../../src/telemetry/metrics/temporality.js'
import type { MetricsSnapshot } from '../../src/telemetry/metrics/types.js'

/* OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: what is told since the beginning, and what since the last time. */

const VARIABLE = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'

test.each([
  { text: undefined, temporality: 'cumulative' },
  { text: ' ', temporality: 'cumulative' },
  { text: 'cumulative', temporality: 'cumulative' },
  { text: 'Delta', temporality: 'delta' },
  { text: 'LOWMEMORY', temporality: 'lowmemory' },
  {
    text: 'never',
    temporality: 'cumulative',
    warning: `${VARIABLE}: "never" is none of cumulative, delta, lowmemory; taken is cumulative`,
  },
])('$text is $temporality', ({ text, temporality, ...row }) => {
  const warnings: string[] = []
  expect(temporalityOf({ [VARIABLE]: text }, (message) => warnings.push(message))).toBe(temporality)
  expect(warnings).toEqual('warning' in row ? [row.warning] : [])
})

describe('by the specification', () => {
  const told = (temporality: 'cumulative' | 'delta' | 'lowmemory'): readonly string[] => [
    ...new Set(
      METRICS.filter((metric) => isDelta(metric, temporality)).map(
        ({ kind, isObserved }) => `${isObserved === true ? 'observed ' : ''}${kind}`,
      ),
    ),
  ]
  test('cumulative: nothing is a delta', () => expect(told('cumulative')).toEqual([]))
  test('delta: counters and histograms', () =>
    expect(told('delta')).toEqual(['histogram', 'counter', 'observed counter']))
  test('lowmemory: those that are added up here', () => expect(told('lowmemory')).toEqual(['histogram', 'counter']))
})

describe('the second time', () => {
  const ERRORS = 'protobridge.errors'
  const DURATION = 'rpc.client.call.duration'
  const ACTIVE = 'protobridge.upstream.active_calls'
  const buckets = metricOf(DURATION).bounds!.length + 1
  const histogram = (sum: number, first: number, last = 0) => ({
    attributes: { a: 'x' },
    sum,
    counts: Array.from({ length: buckets }, (_, at) => (at === 0 ? first : at === buckets - 1 ? last : 0)),
  })
  const first: MetricsSnapshot = {
    [ERRORS]: [
      { attributes: { r: 'A' }, value: 3 },
      { attributes: { r: 'B' }, value: 1 },
    ],
    [DURATION]: [histogram(2, 4)],
    [ACTIVE]: [{ attributes: {}, value: 5 }],
  }
  const second: MetricsSnapshot = {
    [ERRORS]: [
      { attributes: { r: 'C' }, value: 2 },
      { attributes: { r: 'B' }, value: 1 },
      { attributes: { r: 'A' }, value: 10 },
    ],
    [DURATION]: [histogram(9.5, 5, 1)],
    [ACTIVE]: [{ attributes: {}, value: 4 }],
  }
  const pointsOf = (temporality: 'cumulative' | 'delta', ...snapshots: readonly MetricsSnapshot[]): object => {
    const deltas = new Deltas(temporality)
    const told = snapshots.map((snapshot, at) =>
      deltaDataOf(snapshot, { startMs: 1000, nowMs: 2000 + at * 1000 }, deltas, 1000 + at * 1000),
    )
    return Object.fromEntries(
      told.at(-1)!.map(({ descriptor, aggregationTemporality, dataPoints }) => [
        descriptor.name,
        {
          isDelta: aggregationTemporality === AggregationTemporality.DELTA,
          points: dataPoints.map(({ attributes, value, startTime, endTime }) => [
            ...Object.values(attributes),
            typeof value === 'number' ? value : [value.count, value.sum],
            `${startTime[0]}–${endTime[0]}`,
          ]),
        },
      ]),
    )
  }

  test('cumulative: all of it again', () => {
    expect(pointsOf('cumulative', first, second)).toEqual({
      [ERRORS]: {
        isDelta: false,
        points: [
          ['C', 2, '1–3'],
          ['B', 1, '1–3'],
          ['A', 10, '1–3'],
        ],
      },
      [DURATION]: { isDelta: false, points: [['x', [6, 9.5], '1–3']] },
      [ACTIVE]: { isDelta: false, points: [[4, '1–3']] },
    })
  })

  test('delta: what has come since, and of what goes up and down how it is', () => {
    expect(pointsOf('delta', first)).toMatchObject({ [DURATION]: { points: [['x', [4, 2], '1–2']] } })
    expect(pointsOf('delta', first, second)).toEqual({
      [ERRORS]: {
        isDelta: true,
        points: [
          ['C', 2, '2–3'],
          ['A', 7, '2–3'],
        ],
      },
      [DURATION]: { isDelta: true, points: [['x', [2, 7.5], '2–3']] },
      [ACTIVE]: { isDelta: false, points: [[4, '1–3']] },
    })
  })

  test('delta: nothing of what nothing has come of', () => {
    expect(pointsOf('delta', first, first)).toEqual({ [ACTIVE]: { isDelta: false, points: [[5, '1–3']] } })
  })
})
