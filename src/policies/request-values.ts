import type { IncomingHttpHeaders } from 'node:http'

/*
 * What a request says under a name that a configuration gives. Headers and claims are plain objects: `constructor` names
 * something in each of them, which nobody has sent.
 */

/** A header's value, those of one that came several times as a list. @param name in lower case */
export function headerValueOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  if (value === undefined || !Object.hasOwn(headers, name)) return undefined
  return typeof value === 'string' ? value : value.join(',')
}

/** A claim's value as a text; undefined: the caller has none, or nobody knows who it is. */
export function claimTextOf(
  identity: { readonly claims: Readonly<Record<string, unknown>> } | undefined,
  name: string,
): string | undefined {
  const value = identity?.claims[name]
  if (value === undefined || value === null || !Object.hasOwn(identity!.claims, name)) return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
