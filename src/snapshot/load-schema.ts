import type { GatewayConfig } from '../config/index.js'
import { buildSchema, loadDescriptorSet, loadProtos, type DescriptorSource, type Schema } from '../descriptors/index.js'
import type { Problems } from '../problems/index.js'
import type { Reflected } from './types.js'

export interface LoadedSchema {
  readonly schema: Schema | undefined
  /** Upstreams whose reflection is still awaited. */
  readonly awaited: readonly string[]
  /** Files on disk that were read. */
  readonly files: readonly string[]
}

/** Reads every `schema` entry of the configuration into one registry; reflection is what has been told so far. */
export function loadSchema(config: GatewayConfig, reflected: Reflected, problems: Problems): LoadedSchema {
  const sources: DescriptorSource[] = []
  const awaited: string[] = []
  const files: string[] = []
  for (const entry of config.schema) {
    if (entry.kind === 'reflection') {
      const source = reflected.get(entry.upstream)
      if (source === undefined) awaited.push(entry.upstream)
      else sources.push({ ...source, autoMap: entry.autoMap })
      continue
    }
    const source = entry.kind === 'protos' ? loadProtos(entry, problems) : loadDescriptorSet(entry, problems)
    if (entry.kind === 'descriptors') files.push(entry.file)
    if (source === undefined) continue
    sources.push(source)
    files.push(...source.paths.values())
  }
  const schema = sources.length === 0 ? undefined : buildSchema(sources, problems)
  return { schema, awaited, files }
}
