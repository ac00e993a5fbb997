import type { FileDescriptorProto, SourceCodeInfo_Location } from '@bufbuild/protobuf/wkt'
import type { Position } from '../problems/index.js'
import type { SourceLocations } from './types.js'

/** Places and comments from the SourceCodeInfo that came with descriptors, where it did. */
export class ImportedLocations implements SourceLocations {
  readonly #files: Map<string, FileDescriptorProto>
  readonly #byPath = new Map<string, Map<string, SourceCodeInfo_Location>>()

  constructor(files: readonly FileDescriptorProto[]) {
    this.#files = new Map(files.map((file) => [file.name, file]))
  }

  positionOf(file: string, path: readonly number[]): Position | undefined {
    const [line, column] = this.#locate(file, path)?.span ?? []
    if (line === undefined || column === undefined || line < 0 || column < 0) return undefined
    return { file, line: line + 1, column: column + 1 }
  }

  commentOf(file: string, path: readonly number[]): string {
    return this.#locate(file, path)?.leadingComments ?? ''
  }

  #locate(name: string, path: readonly number[]): SourceCodeInfo_Location | undefined {
    // One kind of top-level declaration at a time: most are never asked for.
    const kind = path[0]
    const index = `${kind} ${name}`
    let byPath = this.#byPath.get(index)
    if (byPath === undefined) {
      byPath = new Map()
      for (const location of this.#files.get(name)?.sourceCodeInfo?.location ?? []) {
        if (location.path[0] !== kind) continue
        const key = location.path.join('.')
        if (!byPath.has(key)) byPath.set(key, location)
      }
      this.#byPath.set(index, byPath)
    }
    return byPath.get(path.join('.'))
  }
}
