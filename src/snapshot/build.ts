import { createFileRegistry } from '@bufbuild/protobuf'
import type { GatewayConfig, TelemetryConfig } from '../config/index.js'
import { Edge, type RequestObserver } from '../exchange/index.js'
import { shedderOf, type AuthProviders, type ConcurrencyCounts, type LimiterSet } from '../policies/index.js'
import type { Problems } from '../problems/index.js'
import { createRouter } from '../routing/index.js'
import { createTranscoder } from '../transcode/index.js'
import { compileRoutes } from './compile-routes.js'
import { loadSchema } from './load-schema.js'
import { readMappings } from './read-mappings.js'
import type { SchemaMemory } from './schema-memory.js'
import type { HeldUpstreams } from './shared-upstreams.js'
import { snapshotOf } from './snapshot.js'
import type { Reflected, ServedRoute, Snapshot, ToldMappings } from './types.js'
import { ANYTHING_MAY_BE } from './unknown-methods.js'

export interface BuildOptions {
  readonly config: GatewayConfig
  /** What they hold is the snapshot's from then on; where the build fails, it stays the caller's. */
  readonly upstreams: HeldUpstreams
  readonly authProviders: AuthProviders
  readonly limiters: LimiterSet
  readonly concurrencyCounts: ConcurrencyCounts
  /** undefined: nothing is to be served, so that nobody watches. */
  readonly telemetry: ObserverSource | undefined
  readonly reflected: Reflected
  /** Descriptors of files, which outlive a configuration. */
  readonly schemas: SchemaMemory
  /** Mapping files that are not on disk. */
  readonly toldMappings: ToldMappings
  /** `schema` entries were left out of the configuration because of errors, so that some methods are not known. */
  readonly lacksSchema: boolean
}

/** Where a snapshot's observer comes from. */
export interface ObserverSource {
  /** @throws Error where something of it cannot be opened */
  observerFor(config: TelemetryConfig): RequestObserver | undefined
}

/** What came of a build. */
export interface Built {
  /** undefined where the problems have errors. */
  readonly snapshot: Snapshot | undefined
  /** Every file that was read, also where the build failed; absolute. */
  readonly files: readonly string[]
}

/** Builds a snapshot, or says everything that is wrong. */
export function buildSnapshot(options: BuildOptions, problems: Problems): Built {
  const { config, upstreams, authProviders, limiters, telemetry, reflected, schemas, toldMappings, lacksSchema } =
    options
  const {
    schema,
    awaited: awaitedReflection,
    files: schemaFiles,
    mayMatchUnknown,
  } = loadSchema(config, reflected, schemas, problems)
  const { mappingFiles, paths, awaited: awaitedMappings, notes } = readMappings(config, toldMappings, problems)
  const transcoder = createTranscoder({
    registry: schema?.registry ?? createFileRegistry(),
    json: config.json,
    query: config.query,
    patch: config.patch,
  })
  const compiled = compileRoutes(
    {
      config,
      schema,
      mappingFiles,
      mayMatchUnknown: lacksSchema ? ANYTHING_MAY_BE : mayMatchUnknown,
      upstreams,
      transcoder,
      policyContext: {
        providers: authProviders.open(config.auth.providers, problems),
        forward: config.auth.forward,
        limiters,
        concurrencyCounts: options.concurrencyCounts,
        shedder: config.shed === undefined ? undefined : shedderOf(config.shed),
      },
    },
    problems,
  )
  const files = [...schemaFiles, ...paths]
  if (problems.hasErrors || schema === undefined) return { snapshot: undefined, files }
  const snapshot = snapshotOf({
    config,
    schema,
    transcoder,
    compression: config.compression,
    edge: edgeOf(config),
    hasSecurityHeaders: config.edge.securityHeaders,
    observer: telemetry?.observerFor(config.telemetry),
    upstreams,
    awaitedReflection,
    awaitedMappings,
    awaited: [
      ...awaitedReflection.map((name) => `the schema of ${name}`),
      ...(awaitedMappings.length > 0 ? ['part of the routes'] : []),
    ],
    ...compiled,
    router: createRouter(compiled.routes.map(routerEntry)),
    warnings: problems.warnings,
    notes,
    files,
  })
  return { snapshot, files }
}

/** undefined: nothing is said of it, and then it costs nothing. */
function edgeOf({ edge }: GatewayConfig): Edge | undefined {
  const { trustedProxies, allow, deny } = edge
  return trustedProxies.length + allow.length + deny.length === 0 ? undefined : new Edge(edge)
}

function routerEntry({ route, hosts, prefix }: ServedRoute) {
  const { httpMethod, template } = route.binding
  return { hosts, prefix, httpMethod, template, value: route }
}
