import { markup, type Html } from '../html.js'
import type { ErrorView, LimitView, Readiness, RouteView, StatusView, UpstreamView } from '../types.js'
import type { Row } from './table.js'

/** Of endpoints: which take calls, which are being tried, which do not. */
const GOOD = ['READY', 'IDLE']
const BAD = ['TRANSIENT_FAILURE', 'UNHEALTHY', 'EJECTED']

/** A word with a colour that says the same. */
export function badge(text: string, tone: 'good' | 'fair' | 'bad'): Html {
  return markup`<span class="badge ${tone}">${text}</span>`
}

function stateBadge(state: string): Html {
  return badge(state, GOOD.includes(state) ? 'good' : BAD.includes(state) ? 'bad' : 'fair')
}

/** An ISO 8601 time, to the second, in one line. */
function moment(iso: string): Html {
  const [date = '', time = ''] = iso.split('T')
  return markup`<time datetime="${iso}">${date} ${time.slice(0, 8)}Z</time>`
}

/** The rows of one upstream: one for each endpoint, or one that says that there is none. */
export function upstreamRows({ name, target, resolvedAt, resolutionError, endpoints }: UpstreamView): Row[] {
  const discovery = resolutionError ?? (resolvedAt === undefined ? 'nothing told yet' : `told at ${resolvedAt}`)
  if (endpoints.length === 0) {
    return [
      {
        upstream: name,
        endpoint: target,
        state: badge('no endpoint', 'bad'),
        ...{ weight: '', 'in flight': '', ejections: '', 'last error': '', since: '', 'zone, tags, meta': '' },
        discovery,
      },
    ]
  }
  return endpoints.map((endpoint, index) => ({
    upstream:
      index === 0
        ? markup`<strong>${name}</strong><br /><small>${target}</small>`
        : markup`<span class="same">${name}</span>`,
    endpoint: endpoint.address,
    state: stateBadge(endpoint.state),
    weight: endpoint.weight,
    'in flight': endpoint.inFlight,
    ejections: endpoint.ejections,
    'last error': endpoint.lastError ?? '',
    since: moment(endpoint.since),
    'zone, tags, meta': [
      ...(endpoint.zone === undefined ? [] : [endpoint.zone]),
      ...endpoint.tags,
      ...Object.entries(endpoint.meta).map(([key, value]) => `${key}=${value}`),
    ].join(', '),
    discovery: `${endpoint.source}: ${discovery}`,
  }))
}

export function routeRow({ hosts, reads, writes, responseBody, ...route }: RouteView): Row {
  return {
    method: markup`<strong>${route.method}</strong>`,
    path: route.path,
    rpc: route.rpc,
    upstream: route.upstream,
    body: route.body,
    'response body': responseBody,
    reads: reads.join(', '),
    writes: writes.join(', '),
    hosts: hosts.join(', '),
    streaming: route.streaming,
    source: route.source,
  }
}

export function errorRow({ kind, time, message, count, request }: ErrorView): Row {
  return {
    'last seen': moment(time),
    times: count,
    what: badge(request === undefined ? kind : String(request.status), kind === 'warning' ? 'fair' : 'bad'),
    reason: request?.reason ?? '',
    where: request === undefined ? '' : `${request.method} ${request.route}`,
    message,
    'last request id': request?.requestId ?? '',
  }
}

export function workerRow({ worker, pid, state, restarts, lastExit }: NonNullable<StatusView['workers']>[number]): Row {
  return {
    worker,
    state: badge(state, state === 'serving' ? 'good' : 'fair'),
    'process id': pid ?? '',
    restarts,
    'how the last one ended': lastExit ?? '',
  }
}

export function limitRow({ select, name, allows, by }: LimitView): Row {
  return { methods: select, limit: name, allows, by }
}

export function checkRow({ name, isOk, detail }: Readiness['checks'][number]): Row {
  return { check: name, ok: badge(isOk ? 'ok' : 'not ok', isOk ? 'good' : 'bad'), detail }
}
