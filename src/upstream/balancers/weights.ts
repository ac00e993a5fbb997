import type { BalancerOptions, Candidate } from './types.js'

/** The least share of its weight a candidate gets while it starts (Envoy's min_weight_percent, and its default). */
const LEAST_SHARE = 0.1
/** While candidates start, weights are worked out anew so often; ms. */
const STEP_MS = 50

/**
 * The weights of a balancer's candidates as they are now. One that has just come up begins with a tenth of its own and has
 * all of it after the slow start, in between in proportion to the time (Envoy, slow start with aggression 1).
 */
export class Weights {
  /** By place of the candidate. */
  current = new Float64Array(0)
  /** The largest among those that are not down, where there are such. */
  max = 0
  /** All are alike, so that nothing has to be weighed. */
  areEqual = true
  private candidates: readonly Candidate[] = []
  /** Until then some candidate starts. */
  private startingUntilMs = 0
  private computedMs = 0
  private readonly options: BalancerOptions

  constructor(options: BalancerOptions) {
    this.options = options
  }

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates
    if (this.current.length !== candidates.length) this.current = new Float64Array(candidates.length)
    this.refresh()
  }

  refresh(): void {
    const { slowStartMs } = this.options
    this.startingUntilMs = 0
    if (slowStartMs > 0) {
      for (const { readySinceMs } of this.candidates) {
        if (readySinceMs > 0) this.startingUntilMs = Math.max(this.startingUntilMs, readySinceMs + slowStartMs)
      }
    }
    this.compute(slowStartMs > 0 ? this.options.now() : 0)
  }

  /** Before each pick: brings the weights up to date while a candidate starts. Returns true where they changed. */
  step(): boolean {
    if (this.startingUntilMs === 0) return false
    const nowMs = this.options.now()
    if (nowMs - this.computedMs < STEP_MS && nowMs >= this.computedMs) return false
    if (nowMs >= this.startingUntilMs) this.startingUntilMs = 0
    this.compute(nowMs)
    return true
  }

  private compute(nowMs: number): void {
    this.computedMs = nowMs
    this.areEqual = true
    let max = 0
    let maxUp = 0
    for (let at = 0; at < this.candidates.length; at++) {
      const candidate = this.candidates[at]!
      const weight = this.weightOf(candidate, nowMs)
      this.current[at] = weight
      if (weight > max) max = weight
      if (weight > maxUp && candidate.isHealthy && candidate.state !== 'TRANSIENT_FAILURE') maxUp = weight
      if (weight !== this.current[0]) this.areEqual = false
    }
    this.max = maxUp > 0 ? maxUp : max
  }

  private weightOf({ endpoint, readySinceMs }: Candidate, nowMs: number): number {
    const { slowStartMs } = this.options
    if (slowStartMs === 0 || readySinceMs === 0) return endpoint.weight
    const share = (nowMs - readySinceMs) / slowStartMs
    return endpoint.weight * Math.min(1, Math.max(LEAST_SHARE, share))
  }
}
