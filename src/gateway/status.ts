import { VERSION } from '../version/index.js'
import type { CurrentSnapshot } from './current-snapshot.js'
import type { RegistrationView } from './registration.js'
import type { GatewayStatus } from './types.js'

/** What `/status` tells, of one process or of all. */
export function statusOf(
  { snapshot, generation, ageSeconds, lastErrors }: CurrentSnapshot,
  operation: {
    /** As Date.now(). */
    readonly startedMs: number
    readonly isReady: boolean
    readonly isDraining: boolean
    readonly registration: RegistrationView | null
  },
): GatewayStatus {
  const { routes, unmapped, unserved, upstreams } = snapshot
  const { startedMs, isReady, isDraining, registration } = operation
  return {
    version: VERSION,
    generation,
    uptimeSeconds: Math.floor((Date.now() - startedMs) / 1000),
    ageSeconds,
    routes: routes.length,
    methods: new Set(routes.map(({ route }) => route.rpcName)).size,
    unmappedMethods: unmapped.length,
    unservedMethods: unserved.length,
    upstreams: upstreams.length,
    isReady,
    isDraining,
    lastErrors,
    registration,
  }
}
