import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { repairedSource } from './load-descriptor-set.js'
import type { ReflectionRequest } from './reflection/messages.js'
import { ReflectionSession, StreamEnded, UNIMPLEMENTED, type OpenReflectionStream } from './reflection/session.js'
import { repairDescriptors, type RepairedDescriptors } from './repair/repair.js'
import type { DescriptorSource } from './types.js'
import { wellKnownFile } from './well-known.js'

export interface ReflectionOptions {
  /** How to name the source to a person: `reflection of catalog`. */
  readonly label: string
  readonly openStream: OpenReflectionStream
  /** Absolute time in ms (as Date.now()) by which all must be answered. */
  readonly deadlineMs: number
  readonly autoMap: boolean
  /** Bounds on what is taken from a server. */
  readonly maxFiles?: number
  readonly maxBytes?: number
}

/** Newest first (grpc/doc/server-reflection.md); the messages are alike. */
const METHODS = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
]
const MAX_FILES = 10_000
const MAX_BYTES = 64 * 1024 * 1024
/** Questions under way at a time. */
const WINDOW = 16
/** Bounds on asking for types that loose descriptors name without having them. */
const MOST_ROUNDS = 8
const MOST_UNRESOLVED = 1000

/**
 * Asks a server by reflection, v1 or else v1alpha, for its services and every file they need.
 * @throws Error that says to a person why there is no answer
 */
export async function loadReflection(options: ReflectionOptions): Promise<DescriptorSource> {
  let timer: NodeJS.Timeout | undefined
  let session: ReflectionSession | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('the server did not answer in time')),
      Math.max(0, Math.min(options.deadlineMs - Date.now(), 2_147_483_647)),
    )
  })
  try {
    for (const path of METHODS) {
      session = new ReflectionSession(options.openStream, path, options.maxBytes ?? MAX_BYTES)
      const loading = new Loading(session, options.maxFiles ?? MAX_FILES)
      try {
        const { result, services } = await Promise.race([loading.run(), expired])
        session.close()
        const source = repairedSource(result, options.label, options.autoMap)
        return { ...source, roots: filesOf(services, source.files) }
      } catch (error) {
        const isUnimplemented = error instanceof StreamEnded && error.code === UNIMPLEMENTED
        if (!isUnimplemented) throw error
      }
    }
    throw new Error('the server has no reflection service: enable it there, or name protos or descriptors instead')
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error))
    session?.fail(reason)
    throw new Error(`${options.label}: ${sentence(reason)}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function sentence(error: Error): string {
  if (!(error instanceof StreamEnded)) return error.message
  const status = error.message === '' ? `status ${error.code}` : `status ${error.code}, ${error.message}`
  return error.code === 0 ? 'the server ended the stream before it had answered all' : `the call failed with ${status}`
}

class Loading {
  readonly #session: ReflectionSession
  readonly #maxFiles: number
  readonly #files = new Map<string, { proto: FileDescriptorProto; bytes: Uint8Array }>()
  /** Full names of the services in them. */
  readonly #services = new Set<string>()

  constructor(session: ReflectionSession, maxFiles: number) {
    this.#session = session
    this.#maxFiles = maxFiles
  }

  async run(): Promise<{ result: RepairedDescriptors; services: Set<string> }> {
    const answer = await this.#session.ask({ kind: 'listServices', name: '' })
    if (answer.kind === 'error') throw new Error(`the server does not list its services: ${answer.message}`)
    if (answer.kind !== 'services') throw new Error('the server did not answer with a list of services')
    const names = [...new Set(answer.names)]
    if (names.length > this.#maxFiles) throw new Error(`the server lists more than ${this.#maxFiles} services`)
    const services = new Set<string>()
    await inWindow(names, async (listed) => {
      // @grpc/reflection lists a service of no package as `.Service`, and knows it by that name only.
      const name = listed.startsWith('.') ? listed.slice(1) : listed
      if (!this.#services.has(name)) await this.#askFiles({ kind: 'fileContainingSymbol', name: listed })
      // Health and reflection are never served, so that their absence does no harm.
      if (!this.#services.has(name) && !name.startsWith('grpc.'))
        throw new Error(`the server lists service ${name} but has no descriptor of it`)
      services.add(name)
    })
    for (let missing = this.#missing(); missing.length > 0; missing = this.#missing()) {
      await inWindow(missing, async (name) => {
        if (this.#files.has(name)) return
        await this.#askFiles({ kind: 'fileByFilename', name })
        if (!this.#files.has(name)) throw new Error(`the server does not have "${name}", which its files import`)
      })
    }
    return { result: await this.#repaired(), services }
  }

  /**
   * The files, repaired where they are loose. Those do not say what they import: types of no package, notably, have to
   * be asked for by name.
   */
  async #repaired(): Promise<RepairedDescriptors> {
    const asked = new Set<string>()
    for (let round = 0; ; round++) {
      const result = repairDescriptors([...this.#files.values()].map(({ proto }) => proto))
      const wanted = result.unresolved.filter((name) => !asked.has(name)).slice(0, MOST_UNRESOLVED)
      if (wanted.length === 0 || round === MOST_ROUNDS) return result
      const before = this.#files.size
      await inWindow(wanted, async (name) => {
        asked.add(name)
        const full = name.startsWith('.') ? name.slice(1) : name
        for (const spelling of [full, `.${full}`])
          await this.#askFiles({ kind: 'fileContainingSymbol', name: spelling })
      })
      if (this.#files.size === before) return result
    }
  }

  /** What is imported, not there, and not one of protobuf's own files. */
  #missing(): string[] {
    const names = new Set<string>()
    for (const { proto } of this.#files.values())
      for (const name of proto.dependency)
        if (!this.#files.has(name) && wellKnownFile(name) === undefined) names.add(name)
    return [...names]
  }

  async #askFiles(request: ReflectionRequest): Promise<void> {
    const answer = await this.#session.ask(request)
    if (answer.kind === 'error') return
    if (answer.kind !== 'files') throw new Error('the server did not answer with file descriptors')
    for (const bytes of answer.files) this.#add(bytes)
  }

  #add(bytes: Uint8Array): void {
    let proto: FileDescriptorProto
    try {
      proto = fromBinary(FileDescriptorProtoSchema, bytes)
    } catch {
      throw new Error('the server sent something that is not a file descriptor')
    }
    if (proto.name === '') throw new Error('the server sent a file descriptor without a name')
    const known = this.#files.get(proto.name)
    if (known !== undefined) {
      const isSame =
        Buffer.compare(known.bytes, bytes) === 0 ||
        Buffer.compare(toBinary(FileDescriptorProtoSchema, known.proto), toBinary(FileDescriptorProtoSchema, proto)) ===
          0
      if (!isSame) throw new Error(`the server sent two different files "${proto.name}"`)
      return
    }
    if (this.#files.size >= this.#maxFiles) throw new Error(`the server sent more than ${this.#maxFiles} files`)
    this.#files.set(proto.name, { proto, bytes })
    const prefix = proto.package === '' ? '' : `${proto.package}.`
    for (const { name } of proto.service) this.#services.add(prefix + name)
  }
}

/** Names of the files that declare these services. */
function filesOf(services: ReadonlySet<string>, files: readonly FileDescriptorProto[]): Set<string> {
  const declaring = files.filter(({ package: scope, service }) =>
    service.some(({ name }) => services.has(scope === '' ? name : `${scope}.${name}`)),
  )
  return new Set(declaring.map(({ name }) => name))
}

/** Runs `task` for every item, so many at a time. */
async function inWindow<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) await task(items[next++]!)
  }
  await Promise.all(Array.from({ length: Math.min(WINDOW, items.length) }, worker))
}
