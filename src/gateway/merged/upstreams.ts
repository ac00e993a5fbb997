import type { UpstreamView } from '../../admin/index.js'

type EndpointView = UpstreamView['endpoints'][number]

/**
 * What several workers tell of the upstreams, as one: each has connections of its own. Calls under way and ejections are
 * added up; of an endpoint that is not the same to all, the worst is told.
 */
export function mergeUpstreams(views: readonly (readonly UpstreamView[])[]): UpstreamView[] {
  const byName = new Map<string, UpstreamView[]>()
  for (const upstream of views.flat()) byName.set(upstream.name, [...(byName.get(upstream.name) ?? []), upstream])
  return [...byName.values()].map((same) => ({
    ...same[0]!,
    resolutionError: same.find(({ resolutionError }) => resolutionError !== undefined)?.resolutionError,
    resolvedAt: latest(same.map(({ resolvedAt }) => resolvedAt)),
    endpoints: mergeEndpoints(same.flatMap(({ endpoints }) => endpoints)),
  }))
}

function mergeEndpoints(views: readonly EndpointView[]): EndpointView[] {
  const byAddress = new Map<string, EndpointView>()
  for (const view of views) {
    const before = byAddress.get(view.address)
    byAddress.set(view.address, before === undefined ? view : mergeTwo(before, view))
  }
  return [...byAddress.values()]
}

function mergeTwo(one: EndpointView, other: EndpointView): EndpointView {
  const told = rank(other.state) > rank(one.state) ? other : one
  return {
    ...told,
    inFlight: one.inFlight + other.inFlight,
    ejections: one.ejections + other.ejections,
    lastError: told.lastError ?? one.lastError ?? other.lastError,
    since: one.since < other.since ? one.since : other.since,
  }
}

/** The later, the worse; but one worker that has not called it yet says nothing of an endpoint that others call. */
const STATES = ['IDLE', 'CONNECTING', 'READY', 'DRAINING', 'TRANSIENT_FAILURE', 'UNHEALTHY', 'EJECTED']

const rank = (state: string): number => STATES.indexOf(state)

function latest(times: readonly (string | undefined)[]): string | undefined {
  return times.reduce((one, other) => (one === undefined || (other !== undefined && other > one) ? other : one))
}
