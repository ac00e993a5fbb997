import type { ExportResult } from '@opentelemetry/core'

/** ExportResultCode of @opentelemetry/core, which is imported late. */
const FAILED = 1

type Tell = (result: ExportResult) => void

/** The exports of one exporter, each of which comes to something in time: what has come to nothing after so long has failed. */
export class TimedExports {
  readonly #timeoutMs: number
  readonly #end: () => void
  readonly #pending = new Set<Tell>()

  /** @param end ends all that are under way */
  constructor(timeoutMs: number, end: () => void) {
    this.#timeoutMs = timeoutMs
    this.#end = end
  }

  /** @returns is to be told what it comes to, and hands that on once */
  begin(onResult: Tell): Tell {
    const tell: Tell = (result) => {
      if (!this.#pending.delete(tell)) return
      clearTimeout(timer)
      onResult(result)
    }
    const timer = setTimeout(() => this.#late(), this.#timeoutMs).unref()
    this.#pending.add(tell)
    return tell
  }

  /** Others end with the late one: the exporter would take an answer that has begun, and is broken off, for a success. */
  #late(): void {
    const error = new Error(`no answer within ${this.#timeoutMs} ms`)
    for (const tell of [...this.#pending]) tell({ code: FAILED, error })
    this.#end()
  }
}
