import type { DescMethod } from '@bufbuild/protobuf'
import type { GatewayConfig } from '../config/index.js'
import type { Schema } from '../descriptors/index.js'
import type { Route } from '../exchange/index.js'
import { bindMethods, findConflicts, type Binding, type MappingFile } from '../mapping/index.js'
import type { Problems } from '../problems/index.js'
import { createRouter } from '../routing/index.js'
import { createTranscoder, type BindingPlan, type Transcoder } from '../transcode/index.js'
import type { Upstream } from '../upstream/index.js'
import { assignUpstreams } from './assign-upstreams.js'
import { loadSchema } from './load-schema.js'
import { readMappings } from './read-mappings.js'
import { emptyRegistry, snapshotOf } from './snapshot.js'
import { compileSettings } from './settings.js'
import type { HeldUpstreams } from './shared-upstreams.js'
import type { Reflected, ServedRoute, Snapshot } from './types.js'

/**
 * Builds a snapshot, or says everything that is wrong. What `upstreams` holds is the snapshot's from then on; where the
 * build fails, it stays the caller's.
 * @returns undefined where `problems` has errors
 */
export function buildSnapshot(
  config: GatewayConfig,
  upstreams: HeldUpstreams,
  reflected: Reflected,
  problems: Problems,
): Snapshot | undefined {
  const { schema, awaited, files } = loadSchema(config, reflected, problems)
  const { mappingFiles, paths, notes } = readMappings(config, problems)
  const transcoder = createTranscoder({
    registry: schema?.registry ?? emptyRegistry(),
    json: config.json,
    query: config.query,
    patch: config.patch,
  })
  const compiled =
    schema === undefined
      ? NOTHING
      : compileRoutes(config, schema, mappingFiles, upstreams, transcoder, awaited.length > 0, problems)
  if (problems.hasErrors) return undefined
  return snapshotOf({
    config,
    schema,
    transcoder,
    upstreams,
    awaitedReflection: awaited,
    ...compiled,
    router: createRouter(compiled.routes.map(routerEntry)),
    warnings: problems.warnings,
    notes,
    files: [...files, ...paths],
  })
}

/** What a gateway serves while the reflection it needs has not been told: nothing, and it says so. */
export function buildWaitingSnapshot(
  config: GatewayConfig,
  upstreams: HeldUpstreams,
  awaited: readonly string[],
): Snapshot {
  const { json, query, patch } = config
  return snapshotOf({
    config,
    schema: undefined,
    transcoder: createTranscoder({ registry: emptyRegistry(), json, query, patch }),
    upstreams,
    awaitedReflection: awaited,
    ...NOTHING,
    router: createRouter<Route>([]),
    warnings: [],
    notes: [],
    files: [],
  })
}

interface CompiledRoutes {
  readonly routes: readonly ServedRoute[]
  readonly unmapped: readonly string[]
  readonly unserved: readonly string[]
}

const NOTHING: CompiledRoutes = { routes: [], unmapped: [], unserved: [] }

function compileRoutes(
  config: GatewayConfig,
  schema: Schema,
  mappingFiles: readonly MappingFile[],
  upstreams: HeldUpstreams,
  transcoder: Transcoder,
  isPartial: boolean,
  problems: Problems,
): CompiledRoutes {
  const names = schema.services.flatMap(({ desc }) => desc.methods.map(fullName))
  const { bindings, unmapped } = bindMethods({ schema, files: mappingFiles, problems })
  const assigned = assignUpstreams(config, names, isPartial, problems)
  const settingsOf = compileSettings(config, names, isPartial, problems)
  const routes: ServedRoute[] = []
  const unserved = new Set<string>()
  for (const binding of bindings) {
    const name = fullName(binding.method)
    const upstreamConfig = assigned.get(name)
    if (upstreamConfig === undefined) {
      unserved.add(name)
      continue
    }
    const upstream = upstreams.byName.get(upstreamConfig.name)
    // Left out because its certificates cannot be used, which has been reported.
    if (upstream === undefined) continue
    const route = new CompiledRoute(binding, name, upstream, transcoder, settingsOf(name))
    routes.push({ route, hosts: upstreamConfig.hosts, prefix: upstreamConfig.prefix })
  }
  findConflicts(
    routes.map(({ route, hosts, prefix }) => ({ binding: route.binding, hosts, prefix })),
    problems,
  )
  return { routes, unmapped: unmapped.map(fullName), unserved: [...unserved] }
}

class CompiledRoute implements Route {
  readonly binding: Binding
  readonly rpcPath: string
  readonly rpcName: string
  readonly upstream: Upstream
  readonly timeoutMs: number
  readonly maxRequestBytes: number
  readonly #transcoder: Transcoder
  #plan: BindingPlan | undefined

  constructor(
    binding: Binding,
    name: string,
    upstream: Upstream,
    transcoder: Transcoder,
    settings: { readonly timeoutMs: number; readonly maxRequestBytes: number },
  ) {
    this.binding = binding
    this.rpcPath = `/${binding.method.parent.typeName}/${binding.method.name}`
    this.rpcName = name
    this.upstream = upstream
    this.timeoutMs = settings.timeoutMs
    this.maxRequestBytes = settings.maxRequestBytes
    this.#transcoder = transcoder
    this.#plan = undefined
  }

  /** Compiled at first use: of ten thousand routes a process may never see most. */
  get plan(): BindingPlan {
    return (this.#plan ??= this.#transcoder.compile(this.binding))
  }
}

function routerEntry({ route, hosts, prefix }: ServedRoute) {
  const { httpMethod, template } = route.binding
  return { hosts, prefix, httpMethod, template, value: route }
}

function fullName(method: DescMethod): string {
  return `${method.parent.typeName}.${method.name}`
}
