import type { UpstreamView } from '../admin/index.js'
import type { Snapshot } from '../snapshot/index.js'

/** The upstreams as `/upstreams` shows them. */
export function describeUpstreams({ upstreams }: Snapshot): UpstreamView[] {
  return upstreams.map((upstream) => ({
    name: upstream.name,
    target: upstream.target,
    resolutionError: upstream.resolutionError,
    resolvedAt: upstream.resolvedAt,
    endpoints: upstream.endpoints(),
  }))
}
