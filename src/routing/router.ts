import { readCaptures } from './captures.js'
import { addAllowed, isNeverServed, lookUpMethod } from './methods.js'
import { findNearMisses } from './near.js'
import { insertEntry, TrieNode, type Leaf, type Route } from './trie.js'
import type { CanonicalPath, MatchResult, NearMiss, RouteEntry, Router } from './types.js'

const NOT_FOUND = { kind: 'notFound' } as const
const NO_SEGMENTS: readonly string[] = []

/**
 * Builds a router. The cost of a match depends on the path and on how many patterns overlap on it, not on how many
 * routes there are: before a `**` each node of the trie is visited at most once (one path of segments leads to it), and
 * behind it a suffix has one place, the path's end. So no path, however long, makes the walk longer than the patterns.
 *
 * Of two entries with the same template, method and host the first is kept: see `findConflicts`.
 */
export function createRouter<T>(entries: readonly RouteEntry<T>[]): Router<T> {
  return new TrieRouter(entries)
}

class TrieRouter<T> implements Router<T> {
  private readonly entries: readonly RouteEntry<T>[]
  private readonly root = new TrieNode<T>()
  /** Verbs that some template has: only these are ever taken off a path. */
  private readonly verbs = new Set<string>()
  private readonly walk = new Walk<T>()

  constructor(entries: readonly RouteEntry<T>[]) {
    this.entries = entries
    for (const entry of entries) {
      insertEntry(this.root, entry)
      if (entry.template.verb !== '') this.verbs.add(entry.template.verb)
    }
  }

  match(httpMethod: string, host: string, path: CanonicalPath): MatchResult<T> {
    if (!isNeverServed(httpMethod)) {
      const match = this.find(httpMethod, host, path, undefined)
      if (match !== undefined) return match
    }
    const allow = new Set<string>()
    this.find(httpMethod, host, path, allow)
    return allow.size === 0 ? NOT_FOUND : { kind: 'methodNotAllowed', allow: [...allow].sort() }
  }

  near(httpMethod: string, host: string, path: CanonicalPath, limit = 5): readonly NearMiss<T>[] {
    const match = this.match(httpMethod, host, path)
    const taken = match.kind === 'match' ? match.value : undefined
    return findNearMisses(this.entries, taken, httpMethod, host, path, limit)
  }

  /** Routes with the path's verb first: they beat those that would take it into a value, wherever they stand. */
  private find(
    httpMethod: string,
    host: string,
    path: CanonicalPath,
    allow: Set<string> | undefined,
  ): MatchResult<T> | undefined {
    const { segments, literalKeys } = path
    const last = segments.length - 1
    const colon = segments[last]!.lastIndexOf(':')
    if (colon !== -1) {
      const key = literalKeys[last]!
      const verb = key.slice(colon + 1)
      if (this.verbs.has(verb)) {
        const withoutVerb = replaceLast(segments, segments[last]!.slice(0, colon))
        const keys = segments === literalKeys ? withoutVerb : replaceLast(literalKeys, key.slice(0, colon))
        const match = this.walk.run(this.root, httpMethod, host, withoutVerb, keys, verb, allow)
        if (match !== undefined) return match
      }
    }
    return this.walk.run(this.root, httpMethod, host, segments, literalKeys, '', allow)
  }
}

function replaceLast(segments: readonly string[], text: string): readonly string[] {
  const copy = segments.slice()
  copy[copy.length - 1] = text
  return copy
}

/** One walk of the trie. Reused from match to match, which is safe because a match is one synchronous step. */
class Walk<T> {
  private httpMethod = ''
  private host = ''
  private segments: readonly string[] = NO_SEGMENTS
  private keys: readonly string[] = NO_SEGMENTS
  private verb = ''
  /** Where there is one, every route that fits is a dead end that leaves its methods here. */
  private allow: Set<string> | undefined = undefined

  run(
    root: TrieNode<T>,
    httpMethod: string,
    host: string,
    segments: readonly string[],
    keys: readonly string[],
    verb: string,
    allow: Set<string> | undefined,
  ): MatchResult<T> | undefined {
    const isRoot = segments.length === 1 && segments[0] === ''
    this.httpMethod = httpMethod
    this.host = host
    this.segments = isRoot ? NO_SEGMENTS : segments
    this.keys = isRoot ? NO_SEGMENTS : keys
    this.verb = verb
    this.allow = allow
    const route = this.visit(root, 0)
    if (route === undefined) return undefined
    return { kind: 'match', value: route.value, captures: readCaptures(route.captures, this.segments) }
  }

  private visit(node: TrieNode<T>, index: number): Route<T> | undefined {
    if (index === this.segments.length) {
      const leaf = this.verb === '' ? node.leaf : node.verbs?.get(this.verb)
      const route = leaf === undefined ? undefined : this.accept(leaf)
      if (route !== undefined) return route
    } else {
      const key = this.keys[index]!
      const child = node.literals?.get(key)
      if (child !== undefined) {
        const route = this.visit(child, index + 1)
        if (route !== undefined) return route
      }
      if (node.star !== undefined && key !== '') {
        const route = this.visit(node.star, index + 1)
        if (route !== undefined) return route
      }
    }
    if (node.suffixes === undefined) return undefined
    for (const suffix of node.suffixes) {
      const from = this.segments.length - suffix.length
      if (from < index) continue
      const route = this.visit(suffix.root, from)
      if (route !== undefined) return route
    }
    return undefined
  }

  private accept(leaf: Leaf<T>): Route<T> | undefined {
    const ofHost = leaf.byHost?.get(this.host)
    if (this.allow !== undefined) {
      if (ofHost !== undefined) addAllowed(ofHost, this.allow)
      if (leaf.anyHost.size > 0) addAllowed(leaf.anyHost, this.allow)
      return undefined
    }
    return (
      (ofHost === undefined ? undefined : lookUpMethod(ofHost, this.httpMethod)) ??
      lookUpMethod(leaf.anyHost, this.httpMethod)
    )
  }
}
