import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { LocationTable } from './locations.js'
import type { SourceText } from './source-text.js'

/** `(google.api.http)` or `deprecated`: one part of an option's name. */
export interface OptionNamePart {
  readonly text: string
  readonly isExtension: boolean
  readonly start: number
  /** Full name of the extension, once resolved. */
  resolved: string | undefined
}

/** A value as written. `start` is its offset in the file. */
export type OptionValue =
  | { readonly kind: 'identifier'; readonly start: number; readonly text: string; readonly isNegative: boolean }
  | { readonly kind: 'integer'; readonly start: number; readonly value: bigint }
  | { readonly kind: 'float'; readonly start: number; readonly value: number }
  | { readonly kind: 'string'; readonly start: number; readonly value: Uint8Array }
  | { readonly kind: 'list'; readonly start: number; readonly items: readonly OptionValue[] }
  | { readonly kind: 'message'; readonly start: number; readonly fields: readonly AggregateField[] }

/** One `name: value` inside braces, in the text format. */
export interface AggregateField {
  readonly kind: 'field' | 'extension' | 'any'
  /** Field name; extension name as written; or type URL. */
  readonly text: string
  readonly start: number
  readonly value: OptionValue
  resolved: string | undefined
}

/** One option as written, before it is known what its name means. */
export interface OptionNode {
  readonly name: readonly OptionNamePart[]
  readonly value: OptionValue
  readonly start: number
}

/** An element of a FileDescriptorProto: keys of `ParsedFile.options`. */
export type DescriptorElement = object

/** A file after parsing: names are not resolved, options not interpreted. */
export interface ParsedFile {
  readonly source: SourceText
  readonly proto: FileDescriptorProto
  readonly locations: LocationTable
  /** Options of each element that has any, in source order. */
  readonly options: ReadonlyMap<DescriptorElement, readonly OptionNode[]>
  /** Default values as tokens, to be read when the field's type is known. */
  readonly defaults: ReadonlyMap<DescriptorElement, OptionValue>
  /** Extension ranges and reserved ranges written `to max`. */
  readonly openEnded: ReadonlySet<DescriptorElement>
  /** True after a syntax error: what is missing here must not be reported elsewhere. */
  readonly isDamaged: boolean
}
