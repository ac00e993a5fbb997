import { packAny } from '../support/protos.js'
import { toDuration, toTimestamp } from '../support/time.js'
import { libraryProtos } from './messages.js'
import type { Book } from './messages.js'
import type { LibraryStore } from './store.js'

const published = (date: string) => toTimestamp(Date.parse(`${date}T00:00:00Z`))
const hours = (count: number) => toDuration(count * 3600)

/** The novels on shelf 1. Together they have every field set, and unset, in some book. */
const FICTION: Partial<Book>[] = [
  {
    title: 'The Left Hand of Darkness',
    authors: [{ display_name: 'Ursula K. Le Guin', birth_year: 1929 }],
    isbn: '9780441478125',
    page_count: 304,
    copies_printed: '1000000',
    rating: 4.5,
    fingerprint: Buffer.from('fbff00', 'hex'),
    labels: { language: 'en', award: 'Hugo' },
    chapters: { 1: 'A Parade in Erhenrang', 2: 'The Place Inside the Blizzard', 3: 'The Mad King' },
    publish_time: published('1969-03-01'),
    reading_time: hours(7.5),
    tags: ['classic', 'science fiction'],
    blurb: '',
    purchase: { vendor: 'Ace Books', price_cents: '95' },
    metadata: {
      fields: {
        edition: { numberValue: 1 },
        signed: { boolValue: false },
        series: { structValue: { fields: { name: { stringValue: 'Hainish Cycle' }, part: { numberValue: 4 } } } },
        owners: { listValue: { values: [{ stringValue: 'U. Tenar' }, { nullValue: 'NULL_VALUE' }] } },
      },
    },
    extra: { stringValue: 'light is the left hand of darkness' },
    index_terms: { values: [{ stringValue: 'ansible' }, { numberValue: 44 }, { boolValue: true }] },
  },
  {
    title: 'Solaris',
    authors: [{ display_name: 'Stanisław Lem', birth_year: 1921 }],
    isbn: '9780156027601',
    page_count: 204,
    copies_printed: '9007199254740993',
    rating: 4.25,
    labels: { language: 'pl' },
    publish_time: published('1961-06-01'),
    reading_time: hours(5),
    tags: ['classic', 'science fiction', 'ocean'],
    subtitle: { value: '' },
    donation: { donor: 'K. Kelvin', anonymous: true },
    extra: { nullValue: 'NULL_VALUE' },
  },
  {
    title: 'Pedro Páramo',
    authors: [{ display_name: 'Juan Rulfo', birth_year: 1917 }],
    isbn: '9780802133908',
    page_count: 124,
    rating: 4.125,
    labels: { language: 'es', 'shelf mark': 'R/8' },
    publish_time: published('1955-07-18'),
    reading_time: hours(3),
    legend: '“came with the house”',
  },
  {
    title: 'Moby-Dick',
    authors: [{ display_name: 'Herman Melville', birth_year: 1819 }],
    isbn: '9780142437247',
    page_count: 625,
    rating: 3.75,
    labels: { language: 'en' },
    publish_time: published('1851-10-18'),
    reading_time: hours(18),
    tags: ['classic', 'ocean'],
    subtitle: { value: 'or, The Whale' },
    blurb: 'Call me Ishmael.',
  },
  {
    title: '雪国',
    authors: [{ display_name: '川端康成', birth_year: 1899 }],
    page_count: 175,
    rating: 4,
    labels: { language: 'ja' },
    publish_time: published('1948-12-01'),
    reading_time: hours(4),
    subtitle: { value: 'Snow Country' },
  },
]

/** The science on shelf 2. */
const SCIENCE: Partial<Book>[] = [
  {
    title: 'The Art of Computer Programming',
    authors: [{ display_name: 'Donald E. Knuth', birth_year: 1938 }],
    isbn: '9780201896831',
    page_count: 650,
    copies_printed: '1000000',
    rating: 4.75,
    labels: { language: 'en' },
    chapters: { 1: 'Basic Concepts', 2: 'Information Structures' },
    publish_time: published('1968-01-01'),
    reading_time: toDuration(90_000.5),
    subtitle: { value: 'Volume 1: Fundamental Algorithms' },
    purchase: { vendor: 'Addison-Wesley', price_cents: '1950' },
    attachments: [
      packAny(libraryProtos, 'library.v1.Review', { reviewer: 'a reader', stars: 5, text: 'hard, and worth it' }),
      packAny(libraryProtos, 'google.protobuf.Duration', { seconds: '42', nanos: 0 }),
    ],
  },
  {
    title: 'On the Origin of Species',
    authors: [{ display_name: 'Charles Darwin', birth_year: 1809 }],
    isbn: '9780140439120',
    page_count: 502,
    rating: 4,
    labels: { language: 'en' },
    publish_time: published('1859-11-24'),
    reading_time: hours(14),
  },
  {
    title: 'De rerum natura',
    authors: [{ display_name: 'T. Lucretius Carus', birth_year: -98 }],
    page_count: 320,
    rating: 3.5,
    labels: { language: 'la' },
    reading_time: hours(9),
    tags: ['classic', 'verse'],
  },
]

/** The smallest PNG there is: one transparent pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

/** Fills an empty library: three shelves, the last of them empty, and eight books. */
export function seedLibrary(store: LibraryStore): void {
  for (const theme of ['Fiction', 'Science', 'Poetry']) store.addShelf({ theme }, '')
  for (const book of FICTION) store.addBook('shelves/1', { ...book, genre: 'FICTION' }, '')
  for (const book of SCIENCE) store.addBook('shelves/2', { ...book, genre: 'SCIENCE' }, '')

  const first = 'shelves/1/books/1'
  store.reviews.set(first, [
    {
      name: `${first}/reviews/1`,
      reviewer: 'Genly',
      stars: 5,
      text: 'I was there.',
      create_time: published('1969-04-01'),
    },
    { name: `${first}/reviews/2`, reviewer: 'Argaven', stars: 2, text: '', create_time: published('1970-01-01') },
  ])
  store.covers.set(first, { content_type: 'image/png', data: PIXEL, extensions: [] })
  const text = (content: string) => ({
    content_type: 'text/plain; charset=utf-8',
    data: Buffer.from(content),
    extensions: [],
  })
  store.files.set(`${first}/files/errata.txt`, text('p. 12: for "Estre" read "Estraven"\n'))
  store.files.set(`${first}/files/maps/gethen/north.svg`, {
    content_type: 'image/svg+xml',
    data: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'),
    extensions: [],
  })
  store.files.set(`${first}/files/notes/a b/ä.txt`, text('a name with a space, and one that is not ASCII\n'))
}
