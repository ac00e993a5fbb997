import type { PolicySettings } from '../config/index.js'
import { auth } from './auth/index.js'
import { concurrency } from './concurrency.js'
import { cors } from './cors.js'
import { addressLimits, callerLimits } from './limits/index.js'
import { headerEdits } from './header-edits.js'
import { shedding } from './shedding/index.js'
import type { CompiledPolicy, MethodPolicies, PolicyContext, PolicyKind, PolicyMethod } from './types.js'

export type {
  Filter,
  HeaderEdit,
  MessageFilter,
  MethodPolicies,
  PolicyContext,
  PolicyKind,
  PolicyMethod,
  PolicyRequest,
} from './types.js'

export { AuthProviders, protoAuthOf, hashPassword, SCRYPT, type AuthDependencies, type Identity } from './auth/index.js'
export { claimTextOf, headerValueOf } from './request-values.js'
export { ConcurrencyCounts } from './concurrency.js'
export { type LimiterSet, Limiters, openLimitPrimary, type StoreNotes } from './limits/index.js'
export { shedderOf } from './shedding/index.js'
export { POLICY_REASONS, PolicyReason } from './reasons.js'

/** The one table of policies, in the order they run. */
const KINDS: readonly PolicyKind[] = [cors, shedding, addressLimits, auth, callerLimits, concurrency, headerEdits]

/** The chain of one method, made at load; undefined where no policy is set for it, which then costs nothing. */
export function compilePolicies(
  method: PolicyMethod,
  settings: PolicySettings,
  context: PolicyContext,
): MethodPolicies | undefined {
  const compiled: CompiledPolicy[] = []
  const used = new Set<PolicyKind>()
  for (const kind of KINDS) {
    const policy = kind.compile(method, settings, context)
    if (policy === undefined) continue
    compiled.push(policy)
    used.add(kind)
  }
  if (compiled.length === 0) return undefined
  return {
    asksCaller: used.has(auth),
    isLimited: [addressLimits, callerLimits, concurrency].some((kind) => used.has(kind)),
    filters: partsOf(compiled, 'filter'),
    messageFilters: partsOf(compiled, 'messageFilter'),
    metadataEdits: partsOf(compiled, 'editMetadata'),
    responseEdits: partsOf(compiled, 'editResponse'),
    cors: compiled.find((policy) => policy.cors !== undefined)?.cors,
  }
}

function partsOf<Part extends keyof CompiledPolicy>(
  policies: readonly CompiledPolicy[],
  part: Part,
): NonNullable<CompiledPolicy[Part]>[] {
  return policies.flatMap((policy) => policy[part] ?? [])
}
