import { metricOf } from './catalogue.js'
import type { Attributes, HistogramSeries, MetricsSnapshot, NumberSeries } from './types.js'

interface OpenNumber {
  readonly attributes: Attributes
  value: number
}

interface OpenHistogram {
  readonly attributes: Attributes
  sum: number
  readonly counts: number[]
}

/** Series being put together: what has the same name and attributes becomes one, as its metric says. */
export class SeriesSet {
  readonly #byName = new Map<string, Map<string, OpenNumber | OpenHistogram>>()

  add(name: string, attributes: Attributes, value: number): void {
    const known = this.#seriesOf(name)
    const key = keyOf(attributes)
    const found = known.get(key) as OpenNumber | undefined
    if (found === undefined) known.set(key, { attributes, value })
    else found.value = metricOf(name).merge === 'sum' ? found.value + value : Math.max(found.value, value)
  }

  addHistogram(name: string, attributes: Attributes, sum: number, counts: readonly number[]): void {
    const known = this.#seriesOf(name)
    const key = keyOf(attributes)
    const found = known.get(key) as OpenHistogram | undefined
    if (found === undefined) {
      known.set(key, { attributes, sum, counts: [...counts] })
      return
    }
    found.sum += sum
    for (const [index, count] of counts.entries()) found.counts[index] = (found.counts[index] ?? 0) + count
  }

  get snapshot(): MetricsSnapshot {
    return Object.fromEntries([...this.#byName].map(([name, series]) => [name, [...series.values()]]))
  }

  #seriesOf(name: string): Map<string, OpenNumber | OpenHistogram> {
    let series = this.#byName.get(name)
    if (series === undefined) this.#byName.set(name, (series = new Map()))
    return series
  }
}

/** What tells a series of a metric from the others. */
export const keyOf = (attributes: Attributes): string => JSON.stringify(Object.entries(attributes).sort())

/** What several processes tell, as one. */
export function addUp(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const merged = new SeriesSet()
  for (const snapshot of snapshots) {
    for (const [name, all] of Object.entries(snapshot)) {
      for (const one of all) {
        if (isHistogram(one)) merged.addHistogram(name, one.attributes, one.sum, one.counts)
        else merged.add(name, one.attributes, one.value)
      }
    }
  }
  return merged.snapshot
}

/** Of what a process has told, what goes on counting when it has ended: not what was under way, nor how it was. */
export function countsOf(snapshot: MetricsSnapshot): MetricsSnapshot {
  const lasting = Object.entries(snapshot).filter(([name]) => ['counter', 'histogram'].includes(metricOf(name).kind))
  return Object.fromEntries(lasting)
}

export function isHistogram(series: NumberSeries | HistogramSeries): series is HistogramSeries {
  return 'counts' in series
}
