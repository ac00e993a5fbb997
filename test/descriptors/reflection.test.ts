import { create, fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { describe, expect, test } from '@jest/globals'
import {
  buildSchema,
  compileSource,
  loadProtos,
  loadReflection,
  type OpenReflectionStream,
} from '../../src/descriptors/index.js'
import { formatProblem, Problems } from '../../src/problems/index.js'
import { BUNDLED } from './protoc.js'

const V1 = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
const V1_ALPHA = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'

const SERVICE = `syntax = "proto3";
package shop.v1;
import "google/api/annotations.proto";
import "google/protobuf/empty.proto";
service Shop { rpc Open(google.protobuf.Empty) returns (Door) { option (google.api.http).get = "/v1/door"; } }
service Till { rpc Ring(Door) returns (Door); }
message Door { string name = 1; }
`

/** The reflection messages, compiled from the protos that define them: an oracle for the codec written by hand. */
function reflectionMessages(version: 'v1' | 'v1alpha'): { request: DescMessage; response: DescMessage } {
  const problems = new Problems()
  const source = loadProtos(
    {
      protos: [`grpc/reflection/${version}/reflection.proto`],
      roots: [BUNDLED],
      autoMap: false,
      position: { file: 'test', line: 0, column: 0 },
    },
    problems,
  )
  const registry = buildSchema([source!], problems)!.registry
  expect(problems.errors).toEqual([])
  return {
    request: registry.getMessage(`grpc.reflection.${version}.ServerReflectionRequest`)!,
    response: registry.getMessage(`grpc.reflection.${version}.ServerReflectionResponse`)!,
  }
}

type Answer =
  | { case: 'fileDescriptorResponse'; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: 'listServicesResponse'; value: { service: { name: string }[] } }
  | { case: 'errorResponse'; value: { errorCode: number; errorMessage: string } }

/** A server in this process. `answer` gives its answers, or nothing for none at all. */
function server(
  version: 'v1' | 'v1alpha',
  answer: (question: { case: string; value: string }) => Answer | Uint8Array | undefined,
  asked: string[] = [],
): OpenReflectionStream {
  const messages = reflectionMessages(version)
  return (path, handler) => {
    if (path !== (version === 'v1' ? V1 : V1_ALPHA)) {
      setImmediate(() => handler.onEnd({ code: 12, message: 'unknown service' }))
      return { send: () => true, halfClose: () => undefined, cancel: () => undefined }
    }
    return {
      send: (bytes) => {
        const request = fromBinary(messages.request, bytes) as unknown as {
          messageRequest: { case: string; value: string }
        }
        asked.push(`${request.messageRequest.case} ${request.messageRequest.value}`)
        const given = answer(request.messageRequest)
        if (given === undefined) return true
        const response = given instanceof Uint8Array ? given : encode(messages.response, given)
        setImmediate(() => handler.onMessage(response))
        return true
      },
      halfClose: () => setImmediate(() => handler.onEnd({ code: 0, message: '' })),
      cancel: () => undefined,
    }
  }
}

function encode(response: DescMessage, answer: Answer): Uint8Array {
  const message = create(response)
  const field = response.fields.find(({ localName }) => localName === answer.case)!
  reflect(response, message).set(field, reflect(field.message!, create(field.message!, answer.value as never)))
  return toBinary(response, message)
}

function compiledFiles(text = SERVICE): FileDescriptorProto[] {
  const problems = new Problems()
  const source = compileSource('shop/v1/shop.proto', text, problems)
  expect(problems.errors.map(formatProblem)).toEqual([])
  return [...source.files]
}

/** A server that knows files; `lacks` are names it does not have. */
function serving(files: readonly FileDescriptorProto[], services: readonly string[], sendsImports = false) {
  const bytesOf = (file: FileDescriptorProto) => toBinary(FileDescriptorProtoSchema, file)
  return (question: { case: string; value: string }): Answer => {
    if (question.case === 'listServices')
      return { case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } }
    const file = files.find((one) =>
      question.case === 'fileByFilename'
        ? one.name === question.value
        : one.service.some(({ name }) => `${one.package}.${name}` === question.value),
    )
    if (file === undefined) return { case: 'errorResponse', value: { errorCode: 5, errorMessage: 'not found' } }
    return {
      case: 'fileDescriptorResponse',
      value: { fileDescriptorProto: sendsImports ? files.map(bytesOf) : [bytesOf(file)] },
    }
  }
}

const load = (
  openStream: OpenReflectionStream,
  more: { maxFiles?: number; maxBytes?: number; deadlineMs?: number } = {},
) => loadReflection({ label: 'reflection of shop', openStream, deadlineMs: Date.now() + 5_000, autoMap: true, ...more })

const SERVICES = ['shop.v1.Shop', 'shop.v1.Till']

describe('reflection', () => {
  test.each([
    { what: 'v1', version: 'v1', sendsImports: false },
    { what: 'v1 that sends imports along', version: 'v1', sendsImports: true },
    { what: 'v1alpha, where v1 is unknown', version: 'v1alpha', sendsImports: false },
  ] as const)('$what', async ({ version, sendsImports }) => {
    const source = await load(server(version, serving(compiledFiles(), SERVICES, sendsImports)))
    const problems = new Problems()
    const schema = buildSchema([source], problems)!
    expect(problems.errors.map(formatProblem)).toEqual([])
    expect(schema.services).toMatchObject([{ autoMap: true, source: 'reflection of shop' }, { autoMap: true }])
    expect(schema.services.map(({ desc }) => desc.typeName)).toEqual(SERVICES)
    expect(schema.registry.getExtension('google.api.http')).toBeDefined()
  })

  test('a file is asked for once, protobuf’s own files never', async () => {
    const asked: string[] = []
    await load(server('v1', serving(compiledFiles(), ['shop.v1.Shop']), asked))
    expect(asked.sort()).toEqual([
      'fileByFilename google/api/annotations.proto',
      'fileByFilename google/api/http.proto',
      'fileContainingSymbol shop.v1.Shop',
      'listServices ',
    ])
  })

  test('of grpc.* services a missing descriptor does no harm', async () => {
    const source = await load(server('v1', serving(compiledFiles(), ['grpc.health.v1.Health', ...SERVICES])))
    expect([...source.roots]).toEqual(['shop/v1/shop.proto'])
  })

  const unlike = compiledFiles()
  const changed = compiledFiles(SERVICE.replace('string name', 'int32 name')).at(-1)!
  test.each([
    {
      what: 'a server without reflection',
      open: server('v1', () => undefined),
      at: '/none',
      error: 'no reflection service',
    },
    {
      what: 'a service without a descriptor',
      open: server('v1', serving(compiledFiles(), ['shop.v1.Gone'])),
      error: 'the server lists service shop.v1.Gone but has no descriptor of it',
    },
    {
      what: 'an import the server does not have',
      open: server(
        'v1',
        serving(
          compiledFiles().filter(({ name }) => name !== 'google/api/http.proto'),
          SERVICES,
        ),
      ),
      error: 'the server does not have "google/api/http.proto", which its files import',
    },
    {
      what: 'something that is not a response',
      open: server('v1', () => Uint8Array.of(255, 255, 255)),
      error: 'the server sent a response that is not a ServerReflectionResponse',
    },
    {
      what: 'an answer to another question',
      open: server('v1', () => ({ case: 'fileDescriptorResponse', value: { fileDescriptorProto: [] } })),
      error: 'the server did not answer with a list of services',
    },
    {
      what: 'an error for the list',
      open: server('v1', () => ({ case: 'errorResponse', value: { errorCode: 7, errorMessage: 'not for you' } })),
      error: 'the server does not list its services: not for you',
    },
    {
      what: 'a file that is none',
      open: server('v1', (question) =>
        question.case === 'listServices'
          ? serving([], SERVICES)(question)
          : { case: 'fileDescriptorResponse', value: { fileDescriptorProto: [Uint8Array.of(255)] } },
      ),
      error: 'the server sent something that is not a file descriptor',
    },
    {
      what: 'two different files of one name',
      open: server('v1', (question) =>
        serving(
          question.value === 'shop.v1.Till' ? [changed] : unlike.slice(0, -1).concat(withoutTill(unlike.at(-1)!)),
          SERVICES,
        )(question),
      ),
      error: 'the server sent two different files "shop/v1/shop.proto"',
    },
  ])('$what: $error', async ({ open, at, error }) => {
    const openStream: OpenReflectionStream = at === undefined ? open : (_path, handler) => open(at, handler)
    await expect(load(openStream)).rejects.toThrow(
      `reflection of shop: ${error === 'no reflection service' ? 'the server has no reflection service' : error}`,
    )
  })

  test('a server that sends more files than allowed', async () => {
    await expect(load(server('v1', serving(compiledFiles(), SERVICES, true)), { maxFiles: 2 })).rejects.toThrow(
      'reflection of shop: the server sent more than 2 files',
    )
  })

  test('a server that sends more bytes than allowed', async () => {
    await expect(load(server('v1', serving(compiledFiles(), SERVICES, true)), { maxBytes: 500 })).rejects.toThrow(
      "reflection of shop: the server's descriptors are larger than 500 bytes",
    )
  })

  test('a server that does not answer: given up at the deadline, the stream cancelled', async () => {
    let isCancelled = false
    const openStream: OpenReflectionStream = () => ({
      send: () => true,
      halfClose: () => undefined,
      cancel: () => (isCancelled = true),
    })
    await expect(load(openStream, { deadlineMs: Date.now() + 20 })).rejects.toThrow(
      'reflection of shop: the server did not answer in time',
    )
    expect(isCancelled).toBe(true)
  })

  test('a call that fails says how', async () => {
    const openStream: OpenReflectionStream = (_path, handler) => {
      setImmediate(() => handler.onEnd({ code: 14, message: 'connection refused' }))
      return { send: () => true, halfClose: () => undefined, cancel: () => undefined }
    }
    await expect(load(openStream)).rejects.toThrow(
      'reflection of shop: the call failed with status 14, connection refused',
    )
  })

  test('a stream that ends early', async () => {
    const openStream: OpenReflectionStream = (_path, handler) => {
      setImmediate(() => handler.onEnd({ code: 0, message: '' }))
      return { send: () => true, halfClose: () => undefined, cancel: () => undefined }
    }
    await expect(load(openStream)).rejects.toThrow(
      'reflection of shop: the server ended the stream before it had answered all',
    )
  })
})

function withoutTill(file: FileDescriptorProto): FileDescriptorProto {
  const copy = fromBinary(FileDescriptorProtoSchema, toBinary(FileDescriptorProtoSchema, file))
  copy.service = copy.service.filter(({ name }) => name !== 'Till')
  return copy
}
