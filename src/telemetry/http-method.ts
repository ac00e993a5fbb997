/** Methods that are told by name (semantic conventions, `http.request.method`): what else clients write is `_OTHER`. */
export const METHODS = [
  '_OTHER',
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
] as const

const indexes = new Map<string | undefined, number>(METHODS.map((method, index) => [method, index]))

/** Whether a method is told by its name. */
export const isKnownMethod = (method: string): boolean => methodIndex(method) > 0

/** The place of a method in `METHODS`. */
export function methodIndex(method: string | undefined): number {
  return indexes.get(method) ?? 0
}
