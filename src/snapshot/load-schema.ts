import { resolve } from 'node:path'
import type { GatewayConfig } from '../config/index.js'
import type { DescriptorSource, Schema } from '../descriptors/index.js'
import type { Problems } from '../problems/index.js'
import { findXmlOptionFaults } from '../transcode/index.js'
import type { SchemaMemory } from './schema-memory.js'
import type { Reflected } from './types.js'
import { ALL_KNOWN, ANYTHING_MAY_BE, unknownMethodsOf, type MayMatchUnknown } from './unknown-methods.js'

export interface LoadedSchema {
  /** Without anything in it while no source has told anything; undefined where the sources do not fit together. */
  readonly schema: Schema | undefined
  /** Upstreams whose reflection is still awaited. */
  readonly awaited: readonly string[]
  /** Files on disk that were read; absolute. */
  readonly files: readonly string[]
  readonly mayMatchUnknown: MayMatchUnknown
}

/** Reads every `schema` entry of the configuration into one registry; reflection is what has been told so far. */
export function loadSchema(
  config: GatewayConfig,
  reflected: Reflected,
  memory: SchemaMemory,
  problems: Problems,
): LoadedSchema {
  memory.begin(config.schema)
  const sources: DescriptorSource[] = []
  const awaited: string[] = []
  const files: string[] = []
  const unknown: MayMatchUnknown[] = []
  for (const entry of config.schema) {
    if (entry.kind === 'reflection') {
      const source = reflected.get(entry.upstream)
      if (source === undefined) awaited.push(entry.upstream)
      else sources.push({ ...source, autoMap: entry.autoMap })
      continue
    }
    const source = memory.source(entry, problems)
    if (source === undefined) {
      unknown.push(ANYTHING_MAY_BE)
      continue
    }
    sources.push(source)
    for (const path of source.paths.values()) files.push(resolve(path))
    if (entry.kind === 'protos') unknown.push(unknownMethodsOf(source, entry.roots))
  }
  const before = problems.errors.length
  const schema = memory.schema(sources, problems, (built) => reportXmlOptions(built, problems))
  if (awaited.length > 0 || problems.errors.length > before) unknown.push(ANYTHING_MAY_BE)
  return { schema, awaited, files, mayMatchUnknown: anyOf(unknown) }
}

/** Options of protobridge/xml.proto that cannot be followed: told at load, not with the first XML that meets them. */
function reportXmlOptions(schema: Schema, problems: Problems): void {
  for (const { message, field, what, advice } of findXmlOptionFaults(schema.registry)) {
    const selector = field === undefined ? message.typeName : `${message.typeName}.${field.name}`
    problems.error(schema.positionOf(message), what, advice === undefined ? { selector } : { selector, advice })
  }
}

function anyOf(unknown: readonly MayMatchUnknown[]): MayMatchUnknown {
  const some = unknown.filter((mayMatch) => mayMatch !== ALL_KNOWN)
  return some.length === 0 ? ALL_KNOWN : (pattern) => some.some((mayMatch) => mayMatch(pattern))
}
