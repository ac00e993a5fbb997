import type { Readiness } from '../admin/index.js'
import type { Snapshot } from '../snapshot/index.js'

/** Ready: a snapshot is served, its reflection is known, each upstream has had an endpoint, and it is not draining. */
export function readinessOf(snapshot: Snapshot, isDraining: boolean): Readiness {
  const checks = [
    { name: 'accepting', isOk: !isDraining, detail: isDraining ? 'shutting down' : 'accepting requests' },
    ...snapshot.awaitedReflection.map((name) => ({
      name: `reflection of ${name}`,
      isOk: false,
      detail: 'has not answered yet',
    })),
    ...snapshot.upstreams.map(({ name, hasHadEndpoints }) => ({
      name: `upstream ${name}`,
      isOk: hasHadEndpoints,
      detail: hasHadEndpoints ? 'has had endpoints' : 'no endpoint was found yet',
    })),
  ]
  return { isReady: checks.every(({ isOk }) => isOk), checks }
}
