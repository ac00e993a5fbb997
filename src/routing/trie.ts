import { upperCaseEscapes, type Segment } from '../mapping/index.js'
import { compileCaptures, type CaptureSpan } from './captures.js'
import type { RouteEntry } from './types.js'

/** What a leaf holds: the route's value and where in a matched path its variables are. */
export interface Route<T> {
  readonly value: T
  readonly captures: readonly CaptureSpan[]
}

type ByMethod<T> = Map<string, Route<T>>

/** The routes of one template and verb: those of any host, and those of particular ones. */
export class Leaf<T> {
  readonly anyHost: ByMethod<T> = new Map()
  byHost: Map<string, ByMethod<T>> | undefined = undefined

  /** The first of two with the same host and method stays: conflicts have been refused before. */
  add(hosts: readonly string[], httpMethod: string, route: Route<T>): void {
    if (hosts.length === 0 && !this.anyHost.has(httpMethod)) this.anyHost.set(httpMethod, route)
    for (const host of hosts) {
      this.byHost ??= new Map()
      const key = host.toLowerCase()
      const byMethod: ByMethod<T> = this.byHost.get(key) ?? new Map()
      this.byHost.set(key, byMethod)
      if (!byMethod.has(httpMethod)) byMethod.set(httpMethod, route)
    }
  }
}

/** A node of the trie: all patterns that begin with the segments on the way to it. One shape for every node. */
export class TrieNode<T> {
  literals: Map<string, TrieNode<T>> | undefined = undefined
  star: TrieNode<T> | undefined = undefined
  /** The patterns that go on with `**`: what follows it, longest first. Within a suffix there is no `**`. */
  suffixes: Suffix<T>[] | undefined = undefined
  /** Patterns that end here without verb. */
  leaf: Leaf<T> | undefined = undefined
  /** Patterns that end here with one. */
  verbs: Map<string, Leaf<T>> | undefined = undefined
}

/** Patterns whose part after `**` has `length` segments: it is matched against as many at the path's end. */
export interface Suffix<T> {
  readonly length: number
  readonly root: TrieNode<T>
}

/** Adds an entry to the trie. The prefix is literal segments before the template's. */
export function insertEntry<T>(root: TrieNode<T>, entry: RouteEntry<T>): void {
  const pattern = patternOf(entry)
  insertPattern(root, entry, pattern)
  // `/library/` is the prefix and then the template `/`; without prefix, the walk begins behind that slash.
  if (pattern.length > 0 && entry.template.segments.length === 0) {
    insertPattern(root, entry, [...pattern, { kind: 'literal', text: '' }])
  }
}

/** The segments that a path as a whole is matched against: the prefix's, then the template's. */
export function patternOf<T>(entry: RouteEntry<T>): Segment[] {
  const pattern: Segment[] = []
  for (const text of entry.prefix.split('/')) {
    if (text !== '') pattern.push({ kind: 'literal', text: upperCaseEscapes(text) })
  }
  pattern.push(...entry.template.segments)
  return pattern
}

function insertPattern<T>(root: TrieNode<T>, entry: RouteEntry<T>, segments: readonly Segment[]): void {
  let node = root
  let doubleStarAt = -1
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === 'doubleStar') {
      doubleStarAt = index
      node = suffixRoot(node, segments.length - index - 1)
    } else if (segment.kind === 'star') {
      node = node.star ??= new TrieNode()
    } else {
      node.literals ??= new Map()
      let child = node.literals.get(segment.text)
      if (child === undefined) node.literals.set(segment.text, (child = new TrieNode()))
      node = child
    }
  }
  const { template } = entry
  const prefixLength = patternOf(entry).length - template.segments.length
  const captures = compileCaptures(template.variables, prefixLength, doubleStarAt, segments.length)
  leafOf(node, template.verb).add(entry.hosts, entry.httpMethod, { value: entry.value, captures })
}

function suffixRoot<T>(node: TrieNode<T>, length: number): TrieNode<T> {
  const suffixes = (node.suffixes ??= [])
  const known = suffixes.find((suffix) => suffix.length === length)
  if (known !== undefined) return known.root
  const suffix = { length, root: new TrieNode<T>() }
  suffixes.push(suffix)
  suffixes.sort((a, b) => b.length - a.length)
  return suffix.root
}

function leafOf<T>(node: TrieNode<T>, verb: string): Leaf<T> {
  if (verb === '') return (node.leaf ??= new Leaf())
  node.verbs ??= new Map()
  let leaf = node.verbs.get(verb)
  if (leaf === undefined) node.verbs.set(verb, (leaf = new Leaf()))
  return leaf
}
