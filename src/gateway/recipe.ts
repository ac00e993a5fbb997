import { packSource, unpackSource, type PackedSource } from '../descriptors/index.js'
import type { FileRecord } from '../files/index.js'
import type { Reflected, ToldMappings } from '../snapshot/index.js'

/** All that went into a load, as plain values: another process makes the same snapshot of it, whatever has changed since. */
export interface Recipe {
  /** What was read to find the configuration, and after that. */
  readonly config: FileRecord
  readonly build: FileRecord
  readonly reflected: ReadonlyMap<string, PackedSource>
  readonly toldMappings: ToldMappings
}

export function packReflected(reflected: Reflected): Recipe['reflected'] {
  return new Map([...reflected].map(([name, source]) => [name, packSource(source)]))
}

export function unpackReflected(packed: Recipe['reflected']): Reflected {
  return new Map([...packed].map(([name, source]) => [name, unpackSource(source)]))
}
