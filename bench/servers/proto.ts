import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: above both `bench/servers` and `dist/bench/servers`. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)))
export const protoRoots = [join(root, 'bench'), join(root, 'protos')]
export const benchProto = 'bench.proto'

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder))
}
