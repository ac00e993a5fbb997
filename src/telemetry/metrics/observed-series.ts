import type { Served } from '../types.js'
import type { ServerName } from './recorded-series.js'
import type { SeriesSet } from './series-set.js'

/** Every state that an endpoint can be in: each is told, with none in it too. */
const ENDPOINT_STATES = [
  'READY',
  'CONNECTING',
  'IDLE',
  'TRANSIENT_FAILURE',
  'SHUTDOWN',
  'EJECTED',
  'UNHEALTHY',
  'DRAINING',
] as const

/** Puts what is looked at when it is asked for into series: of what is served at that moment. */
export function addServed({ generation, ageSeconds, upstreams, keys }: Served, series: SeriesSet, nowMs: number): void {
  series.add('protobridge.snapshot.generation', {}, generation)
  series.add('protobridge.snapshot.age', {}, ageSeconds)
  for (const upstream of upstreams) {
    const ofUpstream = { 'protobridge.upstream': upstream.name }
    const counts = new Map<string, number>(ENDPOINT_STATES.map((state) => [state, 0]))
    let inFlight = 0
    for (const endpoint of upstream.endpoints()) {
      counts.set(endpoint.state, (counts.get(endpoint.state) ?? 0) + 1)
      inFlight += endpoint.inFlight
    }
    for (const [state, count] of counts) {
      series.add('protobridge.upstream.endpoints', { ...ofUpstream, 'protobridge.endpoint.state': state }, count)
    }
    series.add('protobridge.upstream.active_calls', ofUpstream, inFlight)
    if (upstream.resolvedAt !== undefined) {
      series.add('protobridge.discovery.age', ofUpstream, ageOf(Date.parse(upstream.resolvedAt), nowMs))
    }
  }
  for (const { provider, fetchedAtMs } of keys) {
    series.add('protobridge.auth.keys.age', { 'protobridge.auth.provider': provider }, ageOf(fetchedAtMs, nowMs))
  }
}

const ageOf = (atMs: number, nowMs: number): number => Math.max(0, nowMs - atMs) / 1000

/**
 * What calls of an upstream are for: the name and port of a DNS target; the target as written where it names several
 * servers, or a service (semantic conventions for gRPC, `server.address`).
 */
export function serverNameOf(target: string): ServerName {
  const dns = /^dns(?:\+srv)?:(?:\/\/[^/]*\/)?(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?$/.exec(target)
  if (dns === null) return { 'server.address': target }
  const [, v6, name, port] = dns
  const host = (v6 ?? name)!
  return port === undefined ? { 'server.address': host } : { 'server.address': host, 'server.port': Number(port) }
}
