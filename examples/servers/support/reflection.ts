import { status } from '@grpc/grpc-js'
import type { handleBidiStreamingCall, Server } from '@grpc/grpc-js'
import { toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { loadProtos as compileProtos } from '../../../src/descriptors/index.js'
import { Problems } from '../../../src/problems/index.js'
import { loadProtos, serviceDefinition } from './protos.js'

/** The versions of the protocol. Their messages are the same. */
const VERSIONS = ['v1', 'v1alpha'] as const
const reflectionFiles = VERSIONS.map((version) => `grpc/reflection/${version}/reflection.proto`)
const reflectionProtos = loadProtos(...reflectionFiles)

/** ServerReflectionRequest: one of these, and `message_request` says which. */
interface ReflectionRequest {
  host: string
  message_request?: string
  file_by_filename?: string
  file_containing_symbol?: string
  file_containing_extension?: { containing_type: string; extension_number: number }
  all_extension_numbers_of_type?: string
  list_services?: string
}

/** What the server has, by what it is asked for by. */
interface Catalogue {
  readonly services: readonly string[]
  readonly files: ReadonlyMap<string, FileDescriptorProto>
  /** Names of files, by the full names of what is in them. */
  readonly symbols: ReadonlyMap<string, string>
  /** Names of files, by extended type and then by number. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, string>>
}

/** Where the .proto files of a server are, and which of them have its services. */
export interface ReflectedProtos {
  readonly roots: readonly string[]
  readonly files: readonly string[]
}

/**
 * Adds server reflection, v1 and v1alpha, to a server.
 *
 * The descriptors come from protobridge's own compiler, since they must be what `protoc` makes: those in a
 * proto-loader package, which `@grpc/reflection` sends, have lost custom options (`google.api.http` among them),
 * imports, file names and `optional`.
 *
 * @throws LoadError if a file does not compile
 */
export function addReflection(server: Server, protos: ReflectedProtos): void {
  const catalogue = compileCatalogue(protos)
  const handler: handleBidiStreamingCall<ReflectionRequest, object> = (call) => {
    call.on('data', (request: ReflectionRequest) => {
      call.write({ valid_host: request.host, original_request: request, ...answer(catalogue, request) })
    })
    call.on('end', () => call.end())
  }
  for (const version of VERSIONS) {
    const service = serviceDefinition(reflectionProtos, `grpc.reflection.${version}.ServerReflection`)
    server.addService(service, { ServerReflectionInfo: handler })
  }
}

function compileCatalogue({ roots, files }: ReflectedProtos): Catalogue {
  const problems = new Problems()
  const position = { file: 'examples', line: 0, column: 0 }
  const asked = [...files, ...reflectionFiles]
  const source = compileProtos({ protos: asked, roots, autoMap: false, position }, problems)
  problems.throwIfAny()
  const compiled = source?.files ?? []
  const symbols = new Map<string, string>()
  const extensions = new Map<string, Map<number, string>>()
  const services: string[] = []
  for (const file of compiled) {
    for (const { name, extendee, number } of declarations(file)) {
      symbols.set(name, file.name)
      if (extendee === undefined) continue
      const type = extendee.slice(1)
      extensions.set(type, (extensions.get(type) ?? new Map<number, string>()).set(number, file.name))
    }
    if (asked.includes(file.name))
      services.push(...file.service.map((service) => qualified(file.package, service.name)))
  }
  return { services, files: new Map(compiled.map((file) => [file.name, file])), symbols, extensions }
}

/** Everything a file declares, by full name. */
function* declarations(file: FileDescriptorProto): Generator<{ name: string; extendee?: string; number: number }> {
  const scope = file.package
  for (const service of file.service) {
    const name = qualified(scope, service.name)
    yield { name, number: 0 }
    for (const method of service.method) yield { name: `${name}.${method.name}`, number: 0 }
  }
  yield* contents(scope, file)
  for (const message of file.messageType) yield* messageDeclarations(scope, message)
}

function* messageDeclarations(scope: string, message: DescriptorProto): ReturnType<typeof declarations> {
  const name = qualified(scope, message.name)
  yield { name, number: 0 }
  for (const { name: member } of [...message.field, ...message.oneofDecl])
    yield { name: `${name}.${member}`, number: 0 }
  yield* contents(name, message)
  for (const nested of message.nestedType) yield* messageDeclarations(name, nested)
}

/** Enums, their values and extensions: what files and messages hold alike. */
function* contents(
  scope: string,
  holder: Pick<DescriptorProto, 'enumType' | 'extension'>,
): ReturnType<typeof declarations> {
  for (const { name, value } of holder.enumType) {
    yield { name: qualified(scope, name), number: 0 }
    // An enum's values are named in the scope the enum is in (descriptor.proto).
    for (const { name: valueName } of value) yield { name: qualified(scope, valueName), number: 0 }
  }
  for (const { name, extendee, number } of holder.extension) yield { name: qualified(scope, name), extendee, number }
}

function qualified(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`
}

function answer(catalogue: Catalogue, request: ReflectionRequest): object {
  switch (request.message_request) {
    case 'list_services':
      return { list_services_response: { service: catalogue.services.map((name) => ({ name })) } }
    case 'file_by_filename':
      return filesFrom(catalogue, catalogue.files.get(request.file_by_filename!)?.name, request.file_by_filename!)
    case 'file_containing_symbol':
      return filesFrom(
        catalogue,
        catalogue.symbols.get(request.file_containing_symbol!),
        request.file_containing_symbol!,
      )
    case 'file_containing_extension': {
      const { containing_type: type, extension_number: number } = request.file_containing_extension!
      return filesFrom(catalogue, catalogue.extensions.get(type)?.get(number), `${type} ${number}`)
    }
    case 'all_extension_numbers_of_type': {
      const type = request.all_extension_numbers_of_type!
      if (!catalogue.symbols.has(type)) return failure(status.NOT_FOUND, `${type} is not known here`)
      const numbers = [...(catalogue.extensions.get(type)?.keys() ?? [])]
      return { all_extension_numbers_response: { base_type_name: type, extension_number: numbers } }
    }
    default:
      return failure(status.INVALID_ARGUMENT, 'the request asks for nothing')
  }
}

/** A file and all it imports, itself first. */
function filesFrom(catalogue: Catalogue, name: string | undefined, asked: string): object {
  if (name === undefined) return failure(status.NOT_FOUND, `${asked} is not known here`)
  const names = new Set([name])
  for (const reached of names) for (const imported of catalogue.files.get(reached)!.dependency) names.add(imported)
  const files = [...names].map((reached) => toBinary(FileDescriptorProtoSchema, catalogue.files.get(reached)!))
  return { file_descriptor_response: { file_descriptor_proto: files } }
}

function failure(code: status, message: string): object {
  return { error_response: { error_code: code, error_message: message } }
}
