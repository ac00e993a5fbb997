import type { Row } from './html.js'
import type { UpstreamView } from './types.js'

/** The rows of one upstream on the page of all: one for each endpoint, or one that says that there is none. */
export function upstreamRows({ name, target, resolvedAt, resolutionError, endpoints }: UpstreamView): Row[] {
  const resolution = { resolvedAt: resolvedAt ?? '', resolutionError: resolutionError ?? '' }
  const none = { address: '', state: 'no endpoint', weight: '', inFlight: '', ejections: '', lastError: '' }
  if (endpoints.length === 0) {
    return [{ upstream: name, target, ...none, source: '', since: '', zone: '', tags: '', meta: '', ...resolution }]
  }
  return endpoints.map((endpoint) => ({
    upstream: name,
    target,
    address: endpoint.address,
    state: endpoint.state,
    weight: endpoint.weight,
    inFlight: endpoint.inFlight,
    ejections: endpoint.ejections,
    lastError: endpoint.lastError ?? '',
    source: endpoint.source,
    since: endpoint.since,
    zone: endpoint.zone ?? '',
    tags: endpoint.tags.join(', '),
    meta: Object.entries(endpoint.meta)
      .map(([key, value]) => `${key}=${value}`)
      .join(', '),
    ...resolution,
  }))
}
