import type { DescMessage, FileRegistry } from '@bufbuild/protobuf'
import { buildSchema, compileSource } from '../src/descriptors/index.js'
import { Problems } from '../src/problems/index.js'

const PROTO = `
syntax = "proto3";
package bench.transcode;
import "google/protobuf/timestamp.proto";
message Book {
  string name = 1;
  string title = 2;
  repeated Author authors = 3;
  int32 pages = 4;
  int64 isbn = 5;
  double rating = 6;
  bool available = 7;
  repeated string tags = 8;
  map<string, string> labels = 9;
  Genre genre = 10;
  google.protobuf.Timestamp publish_time = 11;
}
message Author { string display_name = 1; sint32 birth_year = 2; }
enum Genre { GENRE_UNSPECIFIED = 0; POETRY = 1; }
message Books { repeated Book books = 1; string next_page_token = 2; }
message Part { string title = 1; Part part = 2; int32 number = 3; }
`

/** Levels of the deep message: messages may have 100. */
const DEPTH = 60
/** Books of the list, some 300 KB of JSON. */
const BOOKS = 900

/** One message, as what an application would hand to `JSON.stringify`: canonical ProtoJSON, fields by number. */
export interface Sample {
  readonly name: string
  readonly type: DescMessage
  readonly object: object
}

const book = {
  name: 'shelves/1/books/7',
  title: 'The Left Hand of Darkness',
  authors: [{ displayName: 'Ursula K. Le Guin', birthYear: 1929 }],
  pages: 286,
  isbn: '9780441478125',
  rating: 4.25,
  available: true,
  tags: ['winter', 'Gethen & Karhide'],
  labels: { shelf: 'north', owner: 'Genly Ai' },
  genre: 'POETRY',
  publishTime: '1969-03-01T12:30:00Z',
}

function deepPart(levels: number): object {
  return levels === 0 ? { title: 'leaf' } : { title: 'part', part: deepPart(levels - 1), number: levels }
}

export interface Samples {
  readonly registry: FileRegistry
  readonly samples: readonly Sample[]
}

/** The messages both directions are measured with. */
export function transcodeSamples(): Samples {
  const problems = new Problems()
  const schema = buildSchema([compileSource('bench-transcode.proto', PROTO, problems)], problems)
  problems.throwIfAny()
  const { registry } = schema!
  const typeOf = (name: string): DescMessage => registry.getMessage(`bench.transcode.${name}`)!
  const books = Array.from({ length: BOOKS }, (_, i) => ({ ...book, pages: i + 1, isbn: String(9780441478125 + i) }))
  return {
    registry,
    samples: [
      { name: '300 B', type: typeOf('Book'), object: book },
      { name: '300 KB', type: typeOf('Books'), object: { books } },
      { name: 'deep', type: typeOf('Part'), object: deepPart(DEPTH) },
    ],
  }
}
