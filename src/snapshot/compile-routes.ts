import type { DescMethod } from '@bufbuild/protobuf'
import type { GatewayConfig } from '../config/index.js'
import type { Schema } from '../descriptors/index.js'
import type { Route } from '../exchange/index.js'
import { bindMethods, findConflicts, type Binding, type MappingFile, type PlacedBinding } from '../mapping/index.js'
import { compilePolicies, type MethodPolicies, type PolicyContext } from '../policies/index.js'
import { Problems } from '../problems/index.js'
import type { BindingPlan, Transcoder } from '../transcode/index.js'
import type { UnaryCall, Upstream } from '../upstream/index.js'
import { assignUpstreams } from './assign-upstreams.js'
import { compileCall, type CallableUpstream, type CompiledCall } from './compile-call.js'
import { compileVariants } from './route-variants.js'
import { compileSettings, type MethodSettings } from './settings.js'
import type { HeldUpstreams } from './shared-upstreams.js'
import type { ServedRoute } from './types.js'
import type { MayMatchUnknown } from './unknown-methods.js'

export interface RouteSources {
  readonly config: GatewayConfig
  /** undefined: what there is does not fit together, which has been reported. */
  readonly schema: Schema | undefined
  readonly mappingFiles: readonly MappingFile[]
  readonly mayMatchUnknown: MayMatchUnknown
  readonly upstreams: HeldUpstreams
  readonly transcoder: Transcoder
  readonly policyContext: PolicyContext
}

export interface CompiledRoutes {
  readonly routes: readonly ServedRoute[]
  /** Full names of methods without an HTTP rule. */
  readonly unmapped: readonly string[]
  /** Full names of methods that have one, and no upstream. */
  readonly unserved: readonly string[]
}

/** Gives every method its rules, its upstream and its settings, and tells whatever in them does not add up. */
export function compileRoutes(sources: RouteSources, problems: Problems): CompiledRoutes {
  const { config, schema, mappingFiles: files, mayMatchUnknown, upstreams, transcoder } = sources
  const names = (schema?.services ?? []).flatMap(({ desc }) => desc.methods.map(fullName))
  const known = { names, mayMatchUnknown }
  const { bindings, unmapped } =
    schema === undefined ? { bindings: [], unmapped: [] } : bindMethods({ schema, files, problems, mayMatchUnknown })
  const assigned = assignUpstreams(config, known, problems)
  const settingsOf = compileSettings(config, known, problems)
  const named = namedUpstreams(config, upstreams)
  // Where nobody asks for it, nothing is counted.
  const isCounted = config.policies.some(({ settings: { retry, hedge } }) => retry !== undefined || hedge !== undefined)
  const placed: PlacedBinding[] = []
  const routes: ServedRoute[] = []
  const unserved = new Set<string>()
  for (const binding of bindings) {
    const name = fullName(binding.method)
    const upstreamConfig = assigned.get(name)
    if (upstreamConfig === undefined) {
      unserved.add(name)
      continue
    }
    const { hosts, prefix } = upstreamConfig
    placed.push({ binding, hosts, prefix })
    const upstream = upstreams.byName.get(upstreamConfig.name)
    // Left out because something of it is wrong, which has been reported.
    if (upstream === undefined) continue
    const main = { upstream, hashBy: upstreamConfig.balancer.hashBy }
    const { conditions, settingsFor } = settingsOf(name)
    const compile = (met: number, told: Problems): CompiledRoute => {
      const settings = settingsFor(met)
      const policies = compilePolicies({ name, desc: binding.method, problems: told }, settings, sources.policyContext)
      return new CompiledRoute(
        binding,
        prefix,
        name,
        upstream,
        transcoder,
        settings,
        policies,
        compileCall(binding, main, named, settings, isCounted),
      )
    }
    const route = compile(0, problems)
    if (conditions.length > 0) {
      // What is wrong with an entry is told at load, not when the first request meets it.
      for (let i = 0; i < conditions.length; i++) compile(1 << i, problems)
      route.variantFor = compileVariants(conditions, (met) => (met === 0 ? route : compile(met, new Problems())))
    }
    routes.push({ route, hosts, prefix })
  }
  findConflicts(placed, problems)
  return { routes, unmapped: unmapped.map(fullName), unserved: [...unserved] }
}

/** Upstreams by name, as routes call them. */
function namedUpstreams(
  config: GatewayConfig,
  upstreams: HeldUpstreams,
): (name: string) => CallableUpstream | undefined {
  const callable = new Map<string, CallableUpstream>()
  for (const { name, balancer } of config.upstreams) {
    const upstream = upstreams.byName.get(name)
    if (upstream !== undefined) callable.set(name, { upstream, hashBy: balancer.hashBy })
  }
  return (name) => callable.get(name)
}

class CompiledRoute implements Route {
  readonly binding: Binding
  readonly rpcPath: string
  readonly httpRoute: string
  readonly rpcName: string
  readonly upstream: Upstream
  readonly call: UnaryCall
  readonly callHash: Route['callHash']
  readonly callKeys: Route['callKeys']
  variantFor: Route['variantFor'] = undefined
  readonly timeoutMs: number
  readonly maxRequestBytes: number
  readonly policies: MethodPolicies | undefined
  readonly #transcoder: Transcoder
  #plan: BindingPlan | undefined

  constructor(
    binding: Binding,
    prefix: string,
    name: string,
    upstream: Upstream,
    transcoder: Transcoder,
    settings: MethodSettings,
    policies: MethodPolicies | undefined,
    { call, callHash, callKeys }: CompiledCall,
  ) {
    this.binding = binding
    this.rpcPath = `/${binding.method.parent.typeName}/${binding.method.name}`
    this.httpRoute = prefix + binding.template.source
    this.rpcName = name
    this.upstream = upstream
    this.call = call
    this.callHash = callHash
    this.callKeys = callKeys
    this.timeoutMs = settings.timeoutMs
    this.maxRequestBytes = settings.maxRequestBytes
    this.policies = policies
    this.#transcoder = transcoder
    this.#plan = undefined
  }

  /** Compiled at first use: of ten thousand routes a process may never see most. */
  get plan(): BindingPlan {
    return (this.#plan ??= this.#transcoder.compile(this.binding))
  }
}

function fullName(method: DescMethod): string {
  return `${method.parent.typeName}.${method.name}`
}
