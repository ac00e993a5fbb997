import type { Readiness } from '../admin/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { Upstream } from '../upstream/index.js'

/** Ready: a snapshot is served, its reflection and its mapping files are known, each upstream has had an endpoint, and it is not draining. */
export function readinessOf(snapshot: Snapshot, isDraining: boolean): Readiness {
  const checks = [
    { name: 'accepting', isOk: !isDraining, detail: isDraining ? 'shutting down' : 'accepting requests' },
    ...snapshot.awaitedReflection.map((name) => ({
      name: `reflection of ${name}`,
      isOk: false,
      detail: 'has not answered yet',
    })),
    ...snapshot.awaitedMappings.map((address) => ({
      name: `mapping files in ${address}`,
      isOk: false,
      detail: 'Consul has not answered yet',
    })),
    ...snapshot.upstreams.map((upstream) => ({
      name: `upstream ${upstream.name}`,
      isOk: upstream.hasHadEndpoints,
      detail: detailOf(upstream),
    })),
  ]
  return { isReady: checks.every(({ isOk }) => isOk), checks }
}

/** For a person: an upstream that has had endpoints is ready, whatever became of them. */
function detailOf(upstream: Upstream): string {
  const { hasHadEndpoints, resolutionError } = upstream
  if (!hasHadEndpoints) return resolutionError ?? 'no endpoint was found yet'
  const endpoints = upstream.endpoints()
  const down = endpoints.filter(({ state }) => DOWN.includes(state)).length
  const health = down === 0 ? '' : `, ${down} of ${endpoints.length} down`
  return `has had endpoints${health}${resolutionError === undefined ? '' : `; ${resolutionError}`}`
}

/** States in which an endpoint takes no calls. */
const DOWN = ['TRANSIENT_FAILURE', 'UNHEALTHY', 'EJECTED']
