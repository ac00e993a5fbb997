interface Entry<Value> {
  readonly value: Value
  readonly untilMs: number
}

/** Values that hold for a while, the oldest going when there are too many. */
export class BoundedCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(key: string, nowMs: number): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (nowMs < entry.untilMs) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, value: Value, untilMs: number): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#max) {
      const { value: oldest } = this.#entries.keys().next()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    this.#entries.set(key, { value, untilMs })
  }

  clear(): void {
    this.#entries.clear()
  }

  get size(): number {
    return this.#entries.size
  }
}
