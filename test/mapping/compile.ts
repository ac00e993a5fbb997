import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { Schema } from '../../src/descriptors/index.js'

const HEADER = `
  syntax = "proto3";
  import "google/api/annotations.proto";
  import "google/protobuf/any.proto";
  import "google/protobuf/duration.proto";
  import "google/protobuf/empty.proto";
  import "google/protobuf/field_mask.proto";
  import "google/protobuf/struct.proto";
  import "google/protobuf/timestamp.proto";
  import "google/protobuf/wrappers.proto";
`

/**
 * A schema of one file, `test.proto`, compiled by protoc. Positions of options are their paths, for a test to see which
 * was asked for: `test.proto#google.api.http.get:1:1`.
 */
export function compileSchema(body: string, more: { autoMap?: boolean; unserved?: readonly string[] } = {}): Schema {
  const directory = mkdtempSync(join(tmpdir(), 'protobridge-mapping-'))
  try {
    writeFileSync(join(directory, 'test.proto'), HEADER + body)
    const protoc = createRequire(import.meta.url).resolve('protoc/protoc.cjs')
    const out = join(directory, 'out')
    const args = ['-I', directory, '-I', 'protos', '--include_imports', `--descriptor_set_out=${out}`, 'test.proto']
    const { status, stderr } = spawnSync(process.execPath, [protoc, ...args], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(out)))
    const { services } = registry.getFile('test.proto')!
    return {
      registry,
      services: services
        .filter(({ name }) => more.unserved?.includes(name) !== true)
        .map((desc) => ({ desc, autoMap: more.autoMap ?? false, source: 'test.proto' })),
      positionOf: (desc) => ({ file: `test.proto@${desc.name}`, line: 1, column: 1 }),
      optionPosition: (_, path) => ({ file: `test.proto#${path.join('.')}`, line: 1, column: 1 }),
      commentOf: () => '',
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}
