/** Counts in buckets; recording allocates nothing. */
export class Histogram {
  sum = 0
  readonly counts: Float64Array
  readonly #bounds: readonly number[]

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  /** A bound is part of its own bucket (OpenTelemetry's explicit buckets). */
  record(value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++
    this.counts[bucket]! += 1
    this.sum += value
  }

  get isEmpty(): boolean {
    return this.counts.every((count) => count === 0)
  }
}
