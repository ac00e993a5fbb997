import type { DescEnum, DescExtension, DescMessage, DescMethod, DescService, FileRegistry } from '@bufbuild/protobuf'
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { Position } from '../problems/index.js'

/**
 * Files from one source (a `schema` entry): compiled `.proto` files, a descriptor set, or a server's reflection.
 * `files` are in dependency order and complete (every import is present).
 */
export interface DescriptorSource {
  /** How to name it to a person: `protos/library/v1/*.proto`, `image.binpb`, `reflection of catalog`. */
  readonly label: string
  readonly files: readonly FileDescriptorProto[]
  /** Names (as imported, `library/v1/library.proto`) of the files asked for; the others are only their imports. */
  readonly roots: ReadonlySet<string>
  /** `autoMap: true`: methods of the roots without an HTTP rule are served at POST /package.Service/Method. */
  readonly autoMap: boolean
  /** Import name → the path on disk to show in errors. Absent names show as they are. */
  readonly paths: ReadonlyMap<string, string>
  /**
   * Precise places of option values that SourceCodeInfo does not have, from our own compiler: see `OptionPositions`.
   */
  readonly optionPositions: OptionPositions | undefined
  /** Places and comments of declarations, where the source has them: our own compiler's, or SourceCodeInfo. */
  readonly locations: SourceLocations | undefined
  /** What a person should know of the source as a whole: `buildSchema` warns of it. */
  readonly warnings?: readonly SourceWarning[]
}

/** A clause each, without a full stop. */
export interface SourceWarning {
  readonly message: string
  readonly advice: string
}

/** Where declarations stand and what is written above them. Paths are those of SourceCodeInfo (descriptor.proto). */
export interface SourceLocations {
  /** @param file name as imported */
  positionOf(file: string, path: readonly number[]): Position | undefined
  /** Leading comment without its markers, or ''. */
  commentOf(file: string, path: readonly number[]): string
}

/** Where in its file an option of a method stands, down to a value inside an aggregate. */
export interface OptionPositions {
  /**
   * @param element full name of the element that carries the option, `library.v1.LibraryService.GetBook`
   * @param path option and fields inside it, by name and index: `['google.api.http', 'additional_bindings', 1, 'get']`
   * @returns the most precise place known on that path, or undefined where nothing of it is known
   */
  find(element: string, path: readonly (string | number)[]): Position | undefined
}

/** All types the gateway knows, from every source, in one registry with features resolved. Immutable. */
export interface Schema {
  readonly registry: FileRegistry
  /** Services of the root files (what may be served), each with its source; `grpc.*` ones included. */
  readonly services: readonly ServedService[]
  /** Where an element is declared; `{file, 0, 0}` where the source has no positions. */
  positionOf(desc: DescMessage | DescEnum | DescExtension | DescService | DescMethod): Position
  /** Where a method's option stands; falls back to the method's own place. `path` as in OptionPositions. */
  optionPosition(method: DescMethod, path: readonly (string | number)[]): Position
  /** Leading comment of an element, or '' ; kept for generated documentation. */
  commentOf(desc: DescMessage | DescService | DescMethod): string
}

export interface ServedService {
  readonly desc: DescService
  readonly autoMap: boolean
  readonly source: string
}
