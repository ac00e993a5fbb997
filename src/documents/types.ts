import type { Position } from '../problems/index.js'

/**
 * A document as a person wrote it, with the place of everything in it. An alias is the very node it stands for: a
 * document is a graph without cycles, and following every alias takes a bounded number of steps.
 */
export type DocumentNode = DocumentScalar | DocumentList | DocumentMap

export interface DocumentScalar {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly position: Position
}

export interface DocumentList {
  readonly kind: 'list'
  readonly items: readonly DocumentItem[]
  readonly position: Position
}

export interface DocumentMap {
  readonly kind: 'map'
  /** In the order of the text; of a key written twice (which has been reported) the first. */
  readonly entries: ReadonlyMap<string, DocumentEntry>
  readonly position: Position
}

export interface DocumentItem {
  /** Where the value is written here: the place of the alias where it is one, and else that of the node. */
  readonly position: Position
  readonly value: DocumentNode
}

export interface DocumentEntry extends DocumentItem {
  readonly keyPosition: Position
}
