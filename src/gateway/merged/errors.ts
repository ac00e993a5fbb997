import type { ErrorView } from '../../admin/index.js'

/** As many are told, as of one process. */
const MAX_ENTRIES = 100

/** What went wrong lately in several processes, as one list, newest first; what is the same is counted together. */
export function mergeErrors(views: readonly (readonly ErrorView[])[]): ErrorView[] {
  const byKey = new Map<string, ErrorView>()
  for (const error of views.flat()) {
    const { kind, message, request } = error
    const key =
      request === undefined
        ? `${kind} ${message}`
        : `${request.status} ${request.reason} ${request.method} ${request.route}`
    const before = byKey.get(key)
    const newer = before !== undefined && before.time > error.time ? before : error
    byKey.set(key, { ...newer, count: error.count + (before?.count ?? 0) })
  }
  return [...byKey.values()].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0)).slice(0, MAX_ENTRIES)
}
