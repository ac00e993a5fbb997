import type { Segment } from '../mapping/index.js'
import { isNeverServed, lookUpMethod } from './methods.js'
import { patternOf } from './trie.js'
import type { CanonicalPath, NearMiss, RouteEntry } from './types.js'

/** What a difference counts; one of verb, host or a trailing slash counts 1. */
const SEGMENT_COST = 3
const METHOD_COST = 2
/** With more than this, a route is not near. */
const MAX_COST = 7

/**
 * Routes that differ from a request in little: another method, host or verb, a trailing slash, a segment or two. Looks
 * at each, with no regard for speed.
 *
 * @param taken the value of the route that takes the request, if one does: it is left out
 */
export function findNearMisses<T>(
  entries: readonly RouteEntry<T>[],
  taken: T | undefined,
  httpMethod: string,
  host: string,
  path: CanonicalPath,
  limit: number,
): NearMiss<T>[] {
  const misses: (NearMiss<T> & { readonly cost: number })[] = []
  for (const entry of entries) {
    if (entry.value === taken) continue
    const reasons: string[] = []
    let cost = comparePath(entry, path, reasons)
    if (cost > MAX_COST) continue
    if (entry.hosts.length > 0 && !entry.hosts.some((name) => name.toLowerCase() === host)) {
      reasons.push(`it is served under ${entry.hosts.join(', ')} only`)
      cost++
    }
    const takesMethod =
      !isNeverServed(httpMethod) && lookUpMethod(new Map([[entry.httpMethod, true]]), httpMethod) === true
    if (!takesMethod) {
      reasons.push(`its method is ${entry.httpMethod}`)
      cost += METHOD_COST
    }
    if (reasons.length === 0) reasons.push('a more specific route takes the request')
    if (cost <= MAX_COST) misses.push({ entry, reason: reasons.join('; '), cost })
  }
  misses.sort((a, b) => a.cost - b.cost)
  return misses.slice(0, limit).map(({ entry, reason }) => ({ entry, reason }))
}

/** How much the path differs from the entry's pattern; the differences are added to `reasons`. */
function comparePath<T>(entry: RouteEntry<T>, path: CanonicalPath, reasons: string[]): number {
  const keys = [...path.literalKeys]
  const { verb } = entry.template
  let cost = 0
  const last = keys.at(-1)!
  const colon = last.lastIndexOf(':')
  if (verb !== '') {
    const isThere = colon !== -1 && last.slice(colon + 1) === verb
    if (colon !== -1) keys[keys.length - 1] = last.slice(0, colon)
    if (!isThere) {
      reasons.push(`its verb is ":${verb}"`)
      cost++
    }
  }
  if (keys.length === 1 && keys[0] === '') keys.pop()
  return cost + compareSegments(patternOf(entry), keys, reasons)
}

function compareSegments(pattern: readonly Segment[], keys: readonly string[], reasons: string[]): number {
  const expected = spread(pattern, keys.length)
  let cost = 0
  let literalsInCommon = 0
  for (const [index, segment] of expected.entries()) {
    const key = keys[index]
    if (key === undefined) break
    if (segment.kind === 'literal' && segment.text === key) literalsInCommon++
    if (segment.kind === 'literal' && segment.text !== key) {
      reasons.push(`segment ${index + 1} is "${segment.text}" there, not "${key}"`)
      cost += SEGMENT_COST
    }
    if (segment.kind === 'star' && key === '') {
      reasons.push(`segment ${index + 1} of the path is empty`)
      cost += SEGMENT_COST
    }
  }
  if (keys.length < expected.length) {
    const missing = expected.slice(keys.length).map((segment) => (segment.kind === 'literal' ? segment.text : '*'))
    reasons.push(`it goes on with "/${missing.join('/')}"`)
    cost += SEGMENT_COST * missing.length
  } else if (keys.length > expected.length) {
    const excess = keys.slice(expected.length)
    const isTrailingSlash = excess.length === 1 && excess[0] === ''
    reasons.push(isTrailingSlash ? 'the path has a trailing slash' : `the path goes on with "/${excess.join('/')}"`)
    cost += isTrailingSlash ? 1 : SEGMENT_COST * excess.length
  }
  const hasNoLiteral = pattern.every((segment) => segment.kind !== 'literal')
  // With nothing in common but wildcards, a difference is not a near miss.
  return cost > 0 && literalsInCommon === 0 && !hasNoLiteral ? Infinity : cost
}

/** The pattern with its `**` written out as the segments it takes of a path of `length` segments. */
function spread(pattern: readonly Segment[], length: number): Segment[] {
  const at = pattern.findIndex((segment) => segment.kind === 'doubleStar')
  if (at === -1) return [...pattern]
  const taken = Math.max(0, length - pattern.length + 1)
  const anything: Segment[] = new Array<Segment>(taken).fill({ kind: 'doubleStar' })
  return [...pattern.slice(0, at), ...anything, ...pattern.slice(at + 1)]
}
