import type { PolicySettings } from '../config/index.js'
import { headerEdits } from './header-edits.js'
import type { CompiledPolicy, MethodPolicies, PolicyKind, PolicyMethod } from './types.js'

export type {
  Filter,
  HeaderEdit,
  MessageFilter,
  MethodPolicies,
  PolicyKind,
  PolicyMethod,
  PolicyRequest,
} from './types.js'

/** The one table of policies, in the order they run. */
const KINDS: readonly PolicyKind[] = [headerEdits]

/** The chain of one method, made at load; undefined where no policy is set for it, which then costs nothing. */
export function compilePolicies(method: PolicyMethod, settings: PolicySettings): MethodPolicies | undefined {
  const compiled: CompiledPolicy[] = []
  for (const kind of KINDS) {
    const policy = kind.compile(method, settings)
    if (policy !== undefined) compiled.push(policy)
  }
  if (compiled.length === 0) return undefined
  return {
    filters: partsOf(compiled, 'filter'),
    messageFilters: partsOf(compiled, 'messageFilter'),
    metadataEdits: partsOf(compiled, 'editMetadata'),
    responseEdits: partsOf(compiled, 'editResponse'),
  }
}

function partsOf<Part extends keyof CompiledPolicy>(
  policies: readonly CompiledPolicy[],
  part: Part,
): NonNullable<CompiledPolicy[Part]>[] {
  return policies.flatMap((policy) => policy[part] ?? [])
}
