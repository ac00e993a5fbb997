import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { credentials, makeClientConstructor, status } from '@grpc/grpc-js'
import { fromBinary, toJson } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { service as healthService } from 'grpc-health-check'
import { startLibraryServer } from '../../examples/servers/library.js'
import { projectRoot } from '../../examples/servers/support/protos.js'
import type { RunningServer } from '../../examples/servers/support/serve.js'
import { connect } from '../support/example-client.js'

type Fields = Record<string, unknown>

const PROTOS = join(projectRoot(), 'protos')
let server: RunningServer
let address: string

beforeAll(async () => {
  server = await startLibraryServer({ port: 0 })
  address = `127.0.0.1:${server.port}`
})

afterAll(() => server.stop())

/** What a real protoc makes of a file and its imports. */
function compiledByProtoc(file: string): Map<string, FileDescriptorProto> {
  const folder = mkdtempSync(join(tmpdir(), 'protoc-'))
  try {
    const out = join(folder, 'set.binpb')
    const protoc = join(projectRoot(), 'node_modules', 'protoc', 'protoc.cjs')
    execFileSync(process.execPath, [protoc, `-I${PROTOS}`, '--include_imports', '-o', out, file])
    const { file: files } = fromBinary(FileDescriptorSetSchema, readFileSync(out))
    return new Map(files.map((compiled) => [compiled.name, compiled]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.each(['v1', 'v1alpha'])('grpc.reflection.%s', (version) => {
  async function ask(...requests: Fields[]): Promise<Fields[]> {
    const file = `grpc/reflection/${version}/reflection.proto`
    const client = connect(address, file, `grpc.reflection.${version}.ServerReflection`)
    const stream = client.raw['ServerReflectionInfo']!()
    for (const request of requests) stream.write(request)
    stream.end()
    const answers: Fields[] = []
    for await (const answer of stream) answers.push(answer)
    client.close()
    return answers
  }

  const files = (answer: Fields | undefined) =>
    (answer?.['file_descriptor_response'] as { file_descriptor_proto: Buffer[] }).file_descriptor_proto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    )

  test('lists all services, its own among them', async () => {
    const [answer] = await ask({ list_services: '' })
    const { service } = answer!['list_services_response'] as { service: Fields[] }
    expect(service.map(({ name }) => name).sort()).toEqual([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'library.v1.LibraryService',
    ])
  })

  test('sends what protoc makes of the file, annotations included, and all imports', async () => {
    const [answer] = await ask({ file_containing_symbol: 'library.v1.LibraryService' })
    const sent = files(answer)
    expect(sent[0]!.name).toBe('library/v1/library.proto')
    const real = compiledByProtoc('library/v1/library.proto')
    expect(sent.map(({ name }) => name).sort()).toEqual([...real.keys()].sort())
    // The well-known types are built in, without the file options that nobody reads at run time.
    for (const file of sent.filter(({ name }) => !name.startsWith('google/protobuf/'))) {
      const bare = { ...file, sourceCodeInfo: undefined }
      expect(toJson(FileDescriptorProtoSchema, bare)).toEqual(toJson(FileDescriptorProtoSchema, real.get(file.name)!))
    }
    // Custom options are unknown fields of the bare descriptor types: compared as bytes.
    const methodOptions = (file: FileDescriptorProto) =>
      file.service.flatMap(({ method }) => method.map(({ options }) => options?.$unknown))
    expect(methodOptions(sent[0]!)).toEqual(methodOptions(real.get(sent[0]!.name)!))
    expect(methodOptions(sent[0]!).every((options) => options?.some(({ no }) => no === 72295728))).toBe(true)
  })

  test.each([
    { symbol: 'library.v1.LibraryService.GetBook', file: 'library/v1/library.proto' },
    { symbol: 'library.v1.Book.Author', file: 'library/v1/library.proto' },
    { symbol: 'library.v1.Book.Author.birth_year', file: 'library/v1/library.proto' },
    { symbol: 'library.v1.Book.CHECKED_OUT', file: 'library/v1/library.proto' },
    { symbol: 'google.api.http', file: 'google/api/annotations.proto' },
    { symbol: 'grpc.health.v1.Health', file: 'health/v1/health.proto' },
  ])('finds $symbol', async ({ symbol, file }) => {
    const [answer] = await ask({ file_containing_symbol: symbol })
    expect(files(answer)[0]!.name).toBe(file)
  })

  test('finds files by name and extensions by number', async () => {
    const extension = { containing_type: 'google.protobuf.MethodOptions', extension_number: 72295728 }
    const [byName, byNumber, numbers] = await ask(
      { file_by_filename: 'google/api/http.proto' },
      { file_containing_extension: extension },
      { all_extension_numbers_of_type: 'google.protobuf.MethodOptions' },
    )
    expect(files(byName)[0]!.name).toBe('google/api/http.proto')
    expect(files(byNumber)[0]!.name).toBe('google/api/annotations.proto')
    expect(numbers).toMatchObject({ all_extension_numbers_response: { extension_number: [72295728] } })
  })

  test.each([
    { request: { file_by_filename: 'none.proto' }, code: status.NOT_FOUND, says: 'none.proto is not known here' },
    { request: { file_containing_symbol: 'a.B' }, code: status.NOT_FOUND, says: 'a.B is not known here' },
    {
      request: { file_containing_extension: { containing_type: 'a.B', extension_number: 1 } },
      code: status.NOT_FOUND,
      says: 'a.B 1 is not known here',
    },
    { request: { all_extension_numbers_of_type: 'a.B' }, code: status.NOT_FOUND, says: 'a.B is not known here' },
    { request: {}, code: status.INVALID_ARGUMENT, says: 'the request asks for nothing' },
  ])('answers $request with an error, and goes on', async ({ request, code, says }) => {
    const answers = await ask(request, { list_services: '' })
    expect(answers[0]).toMatchObject({ error_response: { error_code: code, error_message: says } })
    expect(answers[1]).toHaveProperty('list_services_response.service.length', 4)
  })
})

describe('grpc.health.v1', () => {
  const check = (service: string) =>
    new Promise((resolve, reject) => {
      const client = new (makeClientConstructor(healthService, 'Health'))(address, credentials.createInsecure())
      const method = client['check']!.bind(client) as (
        request: Fields,
        done: (error: unknown, answer: unknown) => void,
      ) => void
      method({ service }, (error, answer) => {
        client.close()
        if (error) reject(error)
        else resolve(answer)
      })
    })

  test.each(['', 'library.v1.LibraryService'])('"%s" is serving', async (service) => {
    expect(await check(service)).toEqual({ status: 'SERVING' })
  })

  test('another service is NOT_FOUND', async () => {
    await expect(check('none')).rejects.toMatchObject({ code: status.NOT_FOUND })
  })
})
