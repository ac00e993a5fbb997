import type { ResolverFactory } from '../types.js'
import { consulResolver } from './consul.js'
import { dnsSrvResolver } from './dns-srv.js'
import { dnsResolver } from './dns.js'
import { ipv4Resolver, ipv6Resolver } from './ip.js'
import { staticResolver } from './static.js'
import { systemDependencies } from './system.js'
import type { ResolverDependencies, ResolverKind } from './types.js'
import { unixResolver } from './unix.js'

export { systemDependencies }
export type { ResolverDependencies } from './types.js'

/** The one table: a scheme and its resolver. */
const RESOLVERS: Readonly<Record<string, ResolverKind>> = {
  static: staticResolver,
  ipv4: ipv4Resolver,
  ipv6: ipv6Resolver,
  unix: unixResolver,
  dns: dnsResolver,
  'dns+srv': dnsSrvResolver,
  consul: consulResolver,
}

/** Schemes of the configuration contract that come later. */
const LATER = ['xds']

export interface ParsedTarget {
  readonly scheme: string
  /** What follows `scheme:`. */
  readonly rest: string
}

/**
 * Splits a target into scheme and rest. Without a scheme it is a DNS name (grpc/grpc doc/naming.md); `localhost:50051`
 * has none, though it looks so.
 */
function splitTarget(target: string): ParsedTarget {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):([^]*)$/.exec(target)
  if (match === null) return { scheme: 'dns', rest: target }
  const scheme = match[1]!.toLowerCase()
  const looksLikePort = /^[0-9]*$/.test(match[2]!)
  return looksLikePort && !Object.hasOwn(RESOLVERS, scheme)
    ? { scheme: 'dns', rest: target }
    : { scheme, rest: match[2]! }
}

/**
 * What is wrong with a target and what to write instead; undefined when it is good.
 * @param env where discovery systems' own tools have settings
 */
export function validateTarget(target: string, env = systemDependencies.env): string | undefined {
  if (target.trim() !== target || target === '') return 'a target is a gRPC name such as dns:///host:port'
  const { scheme, rest } = splitTarget(target)
  const kind = Object.hasOwn(RESOLVERS, scheme) ? RESOLVERS[scheme] : undefined
  if (kind !== undefined) return kind({ ...systemDependencies, env }).validate(rest)
  if (LATER.includes(scheme)) return `targets of scheme "${scheme}" are not available in this version`
  const known = Object.keys(RESOLVERS).join(', ')
  return `unknown scheme "${scheme}": use one of ${known}, for instance dns:///host:port`
}

/**
 * The scheme of a good target, its resolver's factory, and the authority calls have by default: the name that was
 * asked for, where endpoints are found by a name; undefined where each endpoint speaks for itself.
 * @throws for a target that validateTarget refuses
 */
export function resolverOf(
  target: string,
  dependencies: ResolverDependencies,
): ParsedTarget & { readonly factory: ResolverFactory; readonly authority: string | undefined } {
  const problem = validateTarget(target, dependencies.env)
  if (problem !== undefined) throw new Error(`target ${target}: ${problem}`)
  const { scheme, rest } = splitTarget(target)
  const factory = RESOLVERS[scheme]!(dependencies)
  return { scheme, rest, factory, authority: factory.authority?.(rest) }
}
