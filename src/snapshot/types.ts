import type { GatewayConfig } from '../config/index.js'
import type { DescriptorSource, Schema } from '../descriptors/index.js'
import type { Route, ServingState } from '../exchange/index.js'
import type { Problem } from '../problems/index.js'
import type { Upstream } from '../upstream/index.js'

/**
 * Everything requests are served from, compiled from one configuration and the descriptors it names. Immutable; a
 * reload builds another beside it.
 */
export interface Snapshot extends ServingState {
  readonly config: GatewayConfig
  /** Without anything in it while no source has told anything (reflection only, not answered yet). */
  readonly schema: Schema
  readonly routes: readonly ServedRoute[]
  readonly upstreams: readonly Upstream[]
  /** Methods that have no HTTP rule, as full names. */
  readonly unmapped: readonly string[]
  /** Methods that have a rule, and no upstream to serve them. */
  readonly unserved: readonly string[]
  readonly warnings: readonly Problem[]
  /** What was read and is not used: worth saying once. */
  readonly notes: readonly string[]
  /** Upstreams whose reflection has not answered yet. */
  readonly awaitedReflection: readonly string[]
  /** Entries of `mappings` that have not been told yet: Consul did not answer. */
  readonly awaitedMappings: readonly string[]
  /** Mapping and descriptor files that were read; a change in one is a reason to reload. */
  readonly files: readonly string[]
  /** No new requests: what it holds is released when the last request leaves, and then this resolves. */
  retire(): Promise<void>
}

/** A route with where it is served. */
export interface ServedRoute {
  readonly route: Route
  readonly hosts: readonly string[]
  readonly prefix: string
}

/** A mapping file, named as problems name it, or why it cannot be read, as a clause. */
export type MappingText =
  { readonly file: string; readonly text: string } | { readonly file: string; readonly wrong: string }

/** The mapping files of each entry of `mappings` that is not on disk, with a name for each; absent: not told yet. */
export type ToldMappings = ReadonlyMap<string, readonly (readonly [name: string, text: MappingText])[]>

/** What reflection of each `schema` entry's upstream told; absent: not yet. */
export type Reflected = ReadonlyMap<string, DescriptorSource>
