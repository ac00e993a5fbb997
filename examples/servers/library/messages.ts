import { loadProtos, messageType } from '../support/protos.js'
import type { Any, MessageType } from '../support/protos.js'
import type { FieldMask } from '../support/field-mask.js'
import type { Seconds } from '../support/time.js'

/** The library's types, loaded as a user of @grpc/proto-loader does. */
export const libraryProtos = loadProtos('library/v1/library.proto')

/** The messages below have the shapes that proto-loader gives them: see `loadProtos`. */
export type Genre = 'GENRE_UNSPECIFIED' | 'FICTION' | 'SCIENCE' | 'HISTORY' | 'POETRY'
export type BookState = 'STATE_UNSPECIFIED' | 'AVAILABLE' | 'CHECKED_OUT'

export interface Shelf {
  name: string
  theme: string
  book_count: number
  create_time: Seconds | null
}

/** `google.protobuf.Value`. */
export type Value =
  | { nullValue: 'NULL_VALUE' }
  | { numberValue: number }
  | { stringValue: string }
  | { boolValue: boolean }
  | { structValue: Struct }
  | { listValue: { values: Value[] } }

/** `google.protobuf.Struct`. */
export interface Struct {
  fields: Record<string, Value>
}

export interface Book {
  name: string
  title: string
  authors: { display_name: string; birth_year: number }[]
  isbn: string
  genre: Genre
  page_count: number
  copies_printed: string
  rating: number
  fingerprint: Buffer
  labels: Record<string, string>
  chapters: Record<number, string>
  publish_time: Seconds | null
  reading_time: Seconds | null
  tags: string[]
  subtitle: { value: string } | null
  blurb?: string
  purchase?: { vendor: string; price_cents: string }
  donation?: { donor: string; anonymous: boolean }
  legend?: string
  metadata: Struct | null
  extra: Value | null
  index_terms: { values: Value[] } | null
  attachments: Any[]
  state: BookState
  etag: string
  create_time: Seconds | null
  update_time: Seconds | null
}

export interface Review {
  name: string
  reviewer: string
  stars: number
  text: string
  create_time: Seconds | null
}

export interface HttpBody {
  content_type: string
  data: Buffer
  extensions: Any[]
}

export interface Loan {
  book: string
  borrower: string
  due_time: Seconds
  period: Seconds
}

export interface ListBooksRequest {
  parent: string
  page_size: number
  page_token: string
  filter: string
  order_by: string
  genres: Genre[]
  published_after: Seconds | null
  max_reading_time: Seconds | null
  available: { value: boolean } | null
  pages: { min: number; max: number } | null
  read_mask: FieldMask | null
}

export interface SearchBooksRequest {
  criterion?: 'title' | 'author' | 'genre' | 'label'
  title?: string
  author?: string
  genre?: Genre
  label?: { key: string; value: string }
  limit: number
}

export interface ShelfEvent {
  time: Seconds
  added?: Book
  updated?: Book
  removed?: string
}

export const bookType: MessageType<Book> = messageType(libraryProtos, 'library.v1.Book')
export const shelfType: MessageType<Shelf> = messageType(libraryProtos, 'library.v1.Shelf')

/** A whole book of some of its fields: the others are at their defaults. */
export const makeBook = (fields: Partial<Book>): Book => bookType.deserialize(bookType.serialize(fields))

/** A whole shelf of some of its fields. */
export const makeShelf = (fields: Partial<Shelf>): Shelf => shelfType.deserialize(shelfType.serialize(fields))
