import type { SchemaConfig } from '../config/index.js'
import { buildSchema, loadDescriptorSet, loadProtos, type DescriptorSource, type Schema } from '../descriptors/index.js'
import { FileMemo } from '../files/index.js'
import type { Problems } from '../problems/index.js'

type FileEntry = Exclude<SchemaConfig, { readonly kind: 'reflection' }>

/** What a source of files came to; without anything to tell of it, which is what makes it worth keeping. */
interface LoadedSource {
  readonly source: DescriptorSource | undefined
  readonly isClean: boolean
}

/**
 * Keeps descriptors through reloads, as long as the files they are made of stay as they are: compiling them is most of what a
 * load of a large API takes, and requests wait meanwhile. What had errors or warnings is made again, so that they are told again.
 */
export class SchemaMemory {
  readonly #sources = new Map<string, FileMemo<LoadedSource>>()
  #built: { readonly sources: readonly DescriptorSource[]; readonly schema: Schema } | undefined

  /** A load of these begins: what else there was is forgotten. */
  begin(entries: readonly SchemaConfig[]): void {
    const keys = new Set(entries.flatMap((entry) => (entry.kind === 'reflection' ? [] : [keyOf(entry)])))
    for (const key of this.#sources.keys()) if (!keys.has(key)) this.#sources.delete(key)
  }

  source(entry: FileEntry, problems: Problems): DescriptorSource | undefined {
    const key = keyOf(entry)
    const memo = this.#sources.get(key) ?? new FileMemo<LoadedSource>()
    this.#sources.set(key, memo)
    const load = (): LoadedSource => {
      const before = countOf(problems)
      const source = entry.kind === 'protos' ? loadProtos(entry, problems) : loadDescriptorSet(entry, problems)
      return { source, isClean: countOf(problems) === before }
    }
    return memo.get(key, load, ({ isClean }) => isClean).source
  }

  /** `buildSchema`, and what is to be checked of it. */
  schema(
    sources: readonly DescriptorSource[],
    problems: Problems,
    check: (schema: Schema) => void,
  ): Schema | undefined {
    const built = this.#built
    if (built?.sources.length === sources.length && built.sources.every((source, index) => source === sources[index]))
      return built.schema
    const before = countOf(problems)
    const schema = buildSchema(sources, problems)
    if (schema !== undefined) check(schema)
    this.#built = schema !== undefined && countOf(problems) === before ? { sources, schema } : undefined
    return schema
  }
}

function keyOf({ position: _, ...settings }: FileEntry): string {
  return JSON.stringify(settings)
}

function countOf({ errors, warnings }: Problems): number {
  return errors.length + warnings.length
}
