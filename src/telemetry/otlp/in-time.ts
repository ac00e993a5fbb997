import type { ExportResult } from '@opentelemetry/core'

/** ExportResultCode of @opentelemetry/core, which is imported late. */
const FAILED = 1

/**
 * Hands on what an export comes to, once: what has come to nothing after so long has failed.
 * @param onLate is to end it
 */
export function inTime(
  timeoutMs: number,
  onLate: () => void,
  onResult: (result: ExportResult) => void,
): (result: ExportResult) => void {
  let isTold = false
  const tell = (result: ExportResult): void => {
    if (isTold) return
    isTold = true
    clearTimeout(timer)
    onResult(result)
  }
  const timer = setTimeout(() => {
    tell({ code: FAILED, error: new Error(`no answer within ${timeoutMs} ms`) })
    onLate()
  }, timeoutMs).unref()
  return tell
}
