import { codeName } from '../../status/index.js'
import type { Timer } from '../resolvers/types.js'
import type { CallStatus } from '../types.js'
import { outcomeOf } from './outcome.js'
import type { OutlierOptions } from './types.js'

export interface OutlierDependencies {
  /** Milliseconds, as Date.now(). */
  now(): number
  setTimer(delayMs: number, run: () => void): Timer
  /** How many endpoints there are, ejected ones among them. */
  endpointCount(): number
}

/** setTimeout holds 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Told when the endpoint is ejected, and when it is back. */
export type EjectionListener = (record: OutlierRecord) => void

/** What is known of one endpoint's answers; lives as long as the endpoint is in the set. */
export class OutlierRecord {
  isEjected = false
  /** How often it was ejected, ever. */
  ejections = 0
  /** The last error counted; undefined since a success. */
  lastError: string | undefined
  consecutiveErrors = 0
  /** How many base times the next ejection takes, less one; falls with time (gRFC A50's multiplier). */
  multiplier = 0
  /** When the multiplier was last right. */
  multiplierAtMs = 0
  /** How long the present or last ejection takes. */
  ejectionMs = 0
  timer: Timer | undefined
  readonly onChange: EjectionListener

  constructor(onChange: EjectionListener) {
    this.onChange = onChange
  }
}

/**
 * Takes endpoints that go wrong out of the rotation for a while: passive health checking by consecutive errors, acting
 * at once (Envoy's consecutive errors; times and shares as in gRFC A50).
 */
export class OutlierDetector {
  private readonly options: OutlierOptions
  private readonly dependencies: OutlierDependencies
  private ejected = 0

  constructor(options: OutlierOptions, dependencies: OutlierDependencies) {
    this.options = options
    this.dependencies = dependencies
  }

  /** An attempt has ended on an endpoint. For `canConnect` and `isClientDeadline` see `outcomeOf`. */
  report(record: OutlierRecord, status: CallStatus, canConnect: boolean, isClientDeadline: boolean): void {
    const outcome = outcomeOf(status, canConnect, isClientDeadline)
    if (outcome === 'none') return
    if (outcome === 'success') {
      record.consecutiveErrors = 0
      record.lastError = undefined
      return
    }
    record.lastError = `${codeName(status.code)}: ${status.message}`
    // Calls that were under way, or came for want of better endpoints, do not prolong an ejection.
    if (record.isEjected) return
    record.consecutiveErrors += 1
    if (record.consecutiveErrors >= this.options.consecutiveErrors && this.mayEject()) this.eject(record)
  }

  /** The endpoint has left the set. */
  forget(record: OutlierRecord): void {
    record.timer?.cancel()
    if (record.isEjected) this.ejected -= 1
    record.isEjected = false
  }

  /** The share is never exceeded; but a single endpoint of few may always go (Envoy, gRFC A50: "at least one"). */
  private mayEject(): boolean {
    const { maxEjectedPercent } = this.options
    if (maxEjectedPercent <= 0) return false
    const allowed = Math.floor((this.dependencies.endpointCount() * maxEjectedPercent) / 100)
    return this.ejected < Math.max(1, allowed)
  }

  private eject(record: OutlierRecord): void {
    const { now, setTimer } = this.dependencies
    const { intervalMs, baseEjectionMs, maxEjectionMs } = this.options
    // A50: each interval without an ejection takes one from the multiplier. Nobody looks at it meanwhile.
    const intervals = Math.floor((now() - record.multiplierAtMs) / intervalMs)
    record.multiplier = Math.max(0, record.multiplier - intervals) + 1
    record.ejectionMs = Math.min(
      baseEjectionMs * record.multiplier,
      Math.max(baseEjectionMs, maxEjectionMs),
      MAX_TIMER_MS,
    )
    record.isEjected = true
    record.ejections += 1
    this.ejected += 1
    record.timer = setTimer(record.ejectionMs, () => this.restore(record))
    record.onChange(record)
  }

  private restore(record: OutlierRecord): void {
    this.ejected -= 1
    record.isEjected = false
    record.consecutiveErrors = 0
    record.multiplierAtMs = this.dependencies.now()
    record.onChange(record)
  }
}
