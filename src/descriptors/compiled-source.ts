import type { CompiledFile } from './compiler/compile.js'
import { CompiledLocations } from './compiler/compiled-locations.js'
import type { DescriptorSource } from './types.js'

/** Compiled files as a source. Those with errors, which are reported already, are left out. */
export function compiledSource(
  compiled: readonly CompiledFile[],
  source: Pick<DescriptorSource, 'label' | 'roots' | 'autoMap'>,
): DescriptorSource {
  const files = compiled.filter(({ isSound }) => isSound)
  const locations = new CompiledLocations(files)
  const paths = new Map<string, string>()
  for (const { proto, parsed } of files) if (parsed !== undefined) paths.set(proto.name, parsed.source.path)
  return { ...source, files: files.map(({ proto }) => proto), paths, optionPositions: locations, locations }
}
