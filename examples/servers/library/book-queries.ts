import { maskingOf } from '../support/field-mask.js'
import type { FieldMask } from '../support/field-mask.js'
import { compileFilter } from '../support/filter.js'
import type { FieldReader, Filter } from '../support/filter.js'
import { compileOrderBy } from '../support/order-by.js'
import type { Order } from '../support/order-by.js'
import { cutPage } from '../support/page.js'
import { toNanos } from '../support/time.js'
import { bookType } from './messages.js'
import type { Book, ListBooksRequest, SearchBooksRequest } from './messages.js'
import { BOOK, byName, errors, shelfOf } from './store.js'
import type { LibraryStore } from './store.js'
import { PAGE_LIMITS } from './shelf-methods.js'

const masking = maskingOf(bookType)

/** RFC 3339 in UTC: sorts as text as it does in time. */
const time = (value: Book['publish_time']) =>
  value === null ? undefined : new Date(Number(toNanos(value) / 1_000_000n)).toISOString()

/** What a filter may name. */
const FILTER_FIELDS: Record<string, (rest: string) => FieldReader<Book>> = {
  name: () => (book) => book.name,
  title: () => (book) => book.title,
  isbn: () => (book) => book.isbn,
  genre: () => (book) => book.genre,
  state: () => (book) => book.state,
  page_count: () => (book) => book.page_count,
  rating: () => (book) => book.rating,
  tags: () => (book) => book.tags,
  authors: () => (book) => book.authors.map((author) => author.display_name),
  publish_time: () => (book) => time(book.publish_time),
  'labels.': (key) => (book) => book.labels[key],
}

/** What a list may be ordered by. */
const ORDERS: Record<string, Order<Book>> = {
  name: byName,
  title: (left, right) => left.title.localeCompare(right.title, 'en'),
  page_count: (left, right) => left.page_count - right.page_count,
  rating: (left, right) => left.rating - right.rating,
  publish_time: (left, right) => (time(left.publish_time) ?? '').localeCompare(time(right.publish_time) ?? ''),
}

/** The methods that find books. */
export function bookQueries(store: LibraryStore) {
  return {
    GetBook(request: { name: string; isbn: string; read_mask: FieldMask | null }) {
      if (request.name !== '' && request.isbn !== '') throw errors.invalidArgument('isbn', 'is given beside a name')
      if (request.name === '' && request.isbn === '') throw errors.invalidArgument('name', 'or isbn is required')
      const book = request.name !== '' ? store.book(request.name) : bookByIsbn(store, request.isbn)
      return readMask(request.read_mask)(book)
    },

    ListBooks(request: ListBooksRequest) {
      const read = readMask(request.read_mask)
      const passes = requestFilter(request)
      const order = compileOrderBy(request.order_by, ORDERS, errors)
      const books = store.books(request.parent).filter(passes)
      if (order) books.sort(order)
      const query = { ...request, page_size: undefined, page_token: undefined }
      const page = cutPage(books, request, query, PAGE_LIMITS, errors)
      return { books: page.items.map(read), next_page_token: page.nextPageToken, total_size: books.length }
    },

    BatchGetBooks(request: { parent: string; names: string[] }) {
      store.books(request.parent)
      const books = request.names.map((name, index) => {
        if (request.parent !== 'shelves/-' && shelfOf(name) !== request.parent) {
          throw errors.invalidArgument(`names[${index}]`, `does not stand on ${request.parent}`)
        }
        return store.book(name)
      })
      return { books }
    },

    SearchBooks(request: SearchBooksRequest) {
      const found = store.books('shelves/-').filter(criterion(request))
      const counts: Record<string, number> = {}
      for (const book of found) counts[shelfOf(book.name)] = (counts[shelfOf(book.name)] ?? 0) + 1
      return { books: found.slice(0, request.limit || 50), found_by_shelf: counts }
    },
  }
}

function bookByIsbn(store: LibraryStore, isbn: string): Book {
  const digits = isbn.replaceAll('-', '')
  const book = store.books('shelves/-').find((candidate) => candidate.isbn === digits)
  if (book === undefined) throw errors.notFound(BOOK, `books/${isbn}`)
  return book
}

/** Cuts books down to what a mask names; leaves them whole without one. */
function readMask(mask: FieldMask | null): (book: Book) => Book {
  if (mask === null || mask.paths.length === 0) return (book) => book
  const paths = masking.check('read_mask', mask.paths, errors)
  return (book) => masking.pick(paths, book)
}

/** Everything of a list request that a book must pass. */
function requestFilter(request: ListBooksRequest): Filter<Book> {
  const { genres, published_after: after, max_reading_time: within, available, pages } = request
  const passesText = compileFilter(request.filter, FILTER_FIELDS, errors)
  if (pages !== null && pages.max > 0 && pages.min > pages.max) {
    throw errors.invalidArgument('pages', 'min must not be above max')
  }
  return (book) =>
    passesText(book) &&
    (genres.length === 0 || genres.includes(book.genre)) &&
    (after === null || (book.publish_time !== null && toNanos(book.publish_time) > toNanos(after))) &&
    (within === null || (book.reading_time !== null && toNanos(book.reading_time) <= toNanos(within))) &&
    (available === null || (book.state === 'AVAILABLE') === available.value) &&
    (pages === null || (book.page_count >= pages.min && (pages.max === 0 || book.page_count <= pages.max)))
}

function criterion(request: SearchBooksRequest): Filter<Book> {
  const contains = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase())
  switch (request.criterion) {
    case 'title':
      return (book) => contains(book.title, request.title!) || contains(book.subtitle?.value ?? '', request.title!)
    case 'author':
      return (book) => book.authors.some((author) => contains(author.display_name, request.author!))
    case 'genre':
      return (book) => book.genre === request.genre
    case 'label':
      return (book) => book.labels[request.label!.key] === request.label!.value
    default:
      throw errors.invalidArgument('criterion', 'is required: title, author, genre or label')
  }
}
