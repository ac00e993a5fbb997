import { codeName } from '../../status/index.js'
import type { Histogram } from './histogram.js'
import { METHODS } from '../http-method.js'
import type { Recorder } from './recorder.js'
import { ofRequestKey, type RouteCounts } from './route-counts.js'
import type { SeriesSet } from './series-set.js'
import type { Attributes } from './types.js'

/** What an upstream's calls are for, as the semantic conventions tell it. */
export interface ServerName {
  readonly 'server.address': string
  readonly 'server.port'?: number
}

export interface RecordedOptions {
  readonly serverOf: (upstream: string) => ServerName | undefined
  /** What the conventions have renamed is told by both names. */
  readonly hasOldNames: boolean
}

/** Puts what was recorded into series. */
export function addRecorded(recorder: Recorder, series: SeriesSet, options: RecordedOptions): void {
  for (const [index, method] of METHODS.entries()) {
    for (const [tls, scheme] of ['http', 'https'].entries()) {
      const value = recorder.active[index * 2 + tls]!
      // Of what is never used there is no series.
      const attributes = { 'http.request.method': method, 'url.scheme': scheme }
      if (value > 0 || wasUsed(recorder, index, tls === 1)) series.add('http.server.active_requests', attributes, value)
    }
  }
  for (const route of recorder.routes) {
    addRequests(route, series)
    addCalls(route, series, options)
    addDecisions(route, series)
  }
}

function wasUsed({ routes }: Recorder, method: number, isTls: boolean): boolean {
  return routes.some(({ requests }) =>
    [...requests.keys()].some((key) => {
      const of = ofRequestKey(key)
      return of.method === method && of.isTls === isTls
    }),
  )
}

function routeOf({ httpRoute, rpcMethod }: RouteCounts): Attributes {
  return httpRoute === undefined ? {} : { 'http.route': httpRoute, 'rpc.method': rpcMethod! }
}

function addRequests(route: RouteCounts, series: SeriesSet): void {
  const ofRoute = routeOf(route)
  for (const [key, { duration, bytesIn, bytesOut }] of route.requests) {
    const { method, isTls, status } = ofRequestKey(key)
    const attributes = {
      'http.request.method': METHODS[method]!,
      'url.scheme': isTls ? 'https' : 'http',
      'http.response.status_code': status,
      // Only what is wrong on the server's side (semantic conventions, `error.type`).
      ...(status >= 500 ? { 'error.type': String(status) } : {}),
      ...ofRoute,
    }
    addHistogram(series, 'http.server.request.duration', attributes, duration)
    addHistogram(series, 'http.server.request.body.size', attributes, bytesIn)
    addHistogram(series, 'http.server.response.body.size', attributes, bytesOut)
  }
  for (const direction of ['decode', 'encode'] as const) {
    if (route[direction].isEmpty) continue
    const attributes = { 'protobridge.transcode.direction': direction, ...ofRoute }
    addHistogram(series, 'protobridge.transcode.duration', attributes, route[direction])
  }
  for (const [reason, count] of route.errors) {
    series.add('protobridge.errors', { 'error.type': reason, ...ofRoute }, count)
  }
}

function addCalls({ rpcMethod, calls }: RouteCounts, series: SeriesSet, options: RecordedOptions): void {
  for (const { upstream, byStatus } of calls) {
    for (const [code, duration] of byStatus.entries()) {
      if (duration === undefined) continue
      const status = codeName(code)
      const attributes = {
        'rpc.system.name': 'grpc',
        'rpc.method': rpcMethod!,
        'rpc.response.status_code': status,
        ...(code === 0 ? {} : { 'error.type': status }),
        ...options.serverOf(upstream),
        'protobridge.upstream': upstream,
      }
      addHistogram(series, 'rpc.client.call.duration', attributes, duration)
      if (!options.hasOldNames) continue
      const [service, method] = rpcMethod!.split('/')
      const old = {
        'rpc.system': 'grpc',
        'rpc.service': service!,
        'rpc.method': method!,
        'rpc.grpc.status_code': code,
        ...options.serverOf(upstream),
      }
      series.addHistogram('rpc.client.duration', old, duration.sum * 1000, [...duration.counts])
    }
  }
}

/** Of the method: its routes have the same policies. */
function addDecisions({ rpcMethod, auth, limits }: RouteCounts, series: SeriesSet): void {
  if (rpcMethod === undefined) return
  const allowed = { 'protobridge.decision': 'allowed', 'rpc.method': rpcMethod }
  const denied = { 'protobridge.decision': 'denied', 'rpc.method': rpcMethod }
  for (const [provider, count] of auth.allowedBy) {
    series.add('protobridge.auth.decisions', { ...allowed, 'protobridge.auth.provider': provider }, count)
  }
  for (const [reason, count] of auth.denied) {
    series.add('protobridge.auth.decisions', { ...denied, 'error.type': reason }, count)
  }
  if (limits.allowed > 0) series.add('protobridge.limit.decisions', allowed, limits.allowed)
  for (const [reason, count] of limits.denied) {
    series.add('protobridge.limit.decisions', { ...denied, 'error.type': reason }, count)
  }
}

function addHistogram(series: SeriesSet, name: string, attributes: Attributes, { sum, counts }: Histogram): void {
  series.addHistogram(name, attributes, sum, [...counts])
}
