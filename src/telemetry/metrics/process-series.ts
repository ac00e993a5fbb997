import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks'
import { getHeapSpaceStatistics } from 'node:v8'
import type { SeriesSet } from './series-set.js'

const RESOLUTION_MS = 20
const RESOLUTION_NS = RESOLUTION_MS * 1e6
/** The delays that are told are those of so long, or longer where nobody asks so often; ms. */
const WINDOW_MS = 10_000

/** The process and its event loop. */
export class ProcessSeries {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #utilization: EventLoopUtilization = performance.eventLoopUtilization()
  #windowStarted = performance.now()

  constructor() {
    this.#delays.enable()
  }

  add(series: SeriesSet): void {
    const { user, system } = process.cpuUsage()
    series.add('process.cpu.time', { 'cpu.mode': 'user' }, user / 1e6)
    series.add('process.cpu.time', { 'cpu.mode': 'system' }, system / 1e6)
    series.add('process.memory.usage', {}, process.memoryUsage.rss())
    series.add('process.uptime', {}, process.uptime())
    for (const space of getHeapSpaceStatistics()) {
      series.add('v8js.memory.heap.used', { 'v8js.heap.space.name': space.space_name }, space.space_used_size)
    }
    this.#addEventLoop(series)
  }

  close(): void {
    this.#delays.disable()
  }

  #addEventLoop(series: SeriesSet): void {
    const utilization = performance.eventLoopUtilization(this.#utilization)
    series.add('nodejs.eventloop.utilization', {}, utilization.utilization)
    if (this.#delays.count > 0) {
      // A look is due every 20 ms: what it takes beyond that is the delay.
      const late = (ns: number): number => Math.max(0, ns - RESOLUTION_NS) / 1e9
      series.add('nodejs.eventloop.delay.mean', {}, late(this.#delays.mean))
      series.add('nodejs.eventloop.delay.p50', {}, late(this.#delays.percentile(50)))
      series.add('nodejs.eventloop.delay.p99', {}, late(this.#delays.percentile(99)))
      series.add('nodejs.eventloop.delay.max', {}, late(this.#delays.max))
    }
    if (performance.now() - this.#windowStarted < WINDOW_MS) return
    this.#windowStarted = performance.now()
    this.#utilization = performance.eventLoopUtilization()
    this.#delays.reset()
  }
}
