import {
  Server,
  ServerCredentials,
  type handleUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer, loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { ReflectionV1AlphaImplementation } from '@grpc/reflection/build/src/implementations/reflection-v1alpha.js'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { join } from 'node:path'
import { BUNDLED, FIXTURES, GOOGLEAPIS, runProtoc } from './protoc.js'

/** Protos of which proto-loader loses something; see each. */
export const LOOSE = join(FIXTURES, '..', 'loose')
export const ROOTS = [LOOSE, FIXTURES, BUNDLED, GOOGLEAPIS]

/** Protos as a Node server loads them. */
export function loadLoosely(names: readonly string[], options: Options = {}): PackageDefinition {
  return loadSync([...names], { includeDirs: ROOTS, ...options })
}

/** What protoc makes of them. */
export function protocFiles(names: readonly string[]): FileDescriptorProto[] {
  const { files, status, stderr } = runProtoc(ROOTS, names)
  if (status !== 0) throw new Error(stderr)
  return files
}

/** The same from what protoc made of them. */
export function loadFromSet(names: readonly string[]): PackageDefinition {
  const set = create(FileDescriptorSetSchema, { file: protocFiles(names) })
  return loadFileDescriptorSetFromBuffer(Buffer.from(toBinary(FileDescriptorSetSchema, set)), {})
}

/** The descriptors that come with what proto-loader has loaded. */
export function descriptorsOf(definition: PackageDefinition): FileDescriptorProto[] {
  const files = new Map<string, FileDescriptorProto>()
  // Each type carries the same list of all files; services come without.
  const lists = new Set<readonly Uint8Array[]>()
  const buffers = new Set<Uint8Array>()
  for (const entry of Object.values(definition))
    if ('fileDescriptorProtos' in entry && Array.isArray(entry.fileDescriptorProtos))
      lists.add(entry.fileDescriptorProtos as Uint8Array[])
  for (const list of lists) for (const bytes of list) buffers.add(bytes)
  for (const bytes of buffers) {
    const file = fromBinary(FileDescriptorProtoSchema, bytes)
    if (!files.has(file.name)) files.set(file.name, file)
  }
  return [...files.values()]
}

const echo: handleUnaryCall<unknown, unknown> = (call, callback) => {
  callback(null, call.request)
}

/** A Node server with npm's `@grpc/reflection`, on a free port. Every unary method answers what it is sent. */
export async function startLooseServer(
  definition: PackageDefinition,
  versions: 'both' | 'v1alpha' = 'both',
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = new Server()
  for (const entry of Object.values(definition)) {
    if ('format' in entry) continue
    const service: ServiceDefinition = entry
    const methods: UntypedServiceImplementation = {}
    for (const [name, { requestStream, responseStream }] of Object.entries(service))
      if (!requestStream && !responseStream) methods[name] = echo
    server.addService(service, methods)
  }
  if (versions === 'both') new ReflectionService(definition).addToServer(server)
  else new ReflectionV1AlphaImplementation(definition).addToServer(server)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  return { port, stop: () => new Promise((resolve) => server.tryShutdown(() => resolve())) }
}
