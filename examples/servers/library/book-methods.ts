import type { FieldMask } from '../support/field-mask.js'
import { maskingOf } from '../support/field-mask.js'
import { toDuration, toNanos, toTimestamp } from '../support/time.js'
import type { Seconds } from '../support/time.js'
import { bookType } from './messages.js'
import type { Book, Loan, Review, Struct } from './messages.js'
import { errors, shelfOf } from './store.js'
import type { LibraryStore } from './store.js'
import { knownShelf } from './shelf-methods.js'

/** The fields of a book that only the server sets, and what identifies it. */
const OUTPUT_ONLY = ['name', 'state', 'etag', 'create_time', 'update_time']
const ISBN = /^[0-9]{13}$/
const BOOK_NAME = /^shelves\/[^/]+\/books\/([^/]+)$/
const WEEK_SECONDS = 7 * 24 * 3600
const masking = maskingOf(bookType)

/** The methods that change books. */
export function bookMethods(store: LibraryStore) {
  return {
    CreateBook(request: { parent: string; book: Book | null; book_id: string }) {
      return createBook(store, request.parent, request.book, request.book_id)
    },

    UpdateBook(request: { book: Book | null; update_mask: FieldMask | null; allow_missing: boolean }) {
      const { book, update_mask } = request
      if (book === null) throw errors.invalidArgument('book', 'is required')
      const id = BOOK_NAME.exec(book.name)?.[1]
      if (request.allow_missing && id !== undefined && !isThere(store, book.name)) {
        return createBook(store, shelfOf(book.name), book, id)
      }
      const current = store.book(book.name)
      checkEtag(current, book.etag)
      const asked = update_mask?.paths.length ? update_mask.paths : masking.populated(book)
      const paths = masking
        .check('update_mask', asked, errors)
        .filter((path) => !OUTPUT_ONLY.includes(path.split('.')[0]!))
      return store.changeBook(checkedBook(masking.write(paths, book, current)))
    },

    DeleteBook(request: { name: string; etag: string }) {
      checkEtag(store.book(request.name), request.etag)
      store.removeBook(request.name)
      return {}
    },

    MoveBook(request: { name: string; other_shelf: string }) {
      store.book(request.name)
      if (request.other_shelf === '') throw errors.invalidArgument('other_shelf', 'is required')
      const shelf = knownShelf(store, request.other_shelf)
      if (shelf === shelfOf(request.name)) throw errors.invalidArgument('other_shelf', 'is where the book stands')
      return store.moveBook(request.name, shelf)
    },

    CheckoutBook(request: { name: string; borrower: string; period: Seconds | null }): Loan {
      const book = store.book(request.name)
      if (request.borrower === '') throw errors.invalidArgument('borrower', 'must not be empty')
      const period = request.period ?? toDuration(4 * WEEK_SECONDS)
      const nanos = toNanos(period)
      if (nanos <= 0n || nanos > BigInt(12 * WEEK_SECONDS) * 1_000_000_000n) {
        throw errors.invalidArgument('period', 'must be more than nothing and at most twelve weeks')
      }
      if (book.state === 'CHECKED_OUT') {
        const holder = store.loans.get(book.name)?.borrower ?? 'somebody'
        throw errors.failedPrecondition('BOOK_CHECKED_OUT', book.name, `${holder} has it`)
      }
      const dueMs = store.now() + Number(nanos / 1_000_000n)
      const loan = { book: book.name, borrower: request.borrower, due_time: toTimestamp(dueMs), period }
      store.loans.set(book.name, loan)
      store.changeBook({ ...book, state: 'CHECKED_OUT' })
      return loan
    },

    ReturnBook(request: { name: string }) {
      const book = store.book(request.name)
      if (book.state !== 'CHECKED_OUT') {
        throw errors.failedPrecondition('BOOK_NOT_CHECKED_OUT', book.name, 'it is on its shelf')
      }
      store.loans.delete(book.name)
      return store.changeBook({ ...book, state: 'AVAILABLE' })
    },

    ListReviews(request: { parent: string; min_stars: number }) {
      const { name } = store.book(request.parent)
      return { reviews: (store.reviews.get(name) ?? []).filter((review) => review.stars >= request.min_stars) }
    },

    CreateReview(request: { parent: string; review: Review | null }): Review {
      const { name } = store.book(request.parent)
      const { review } = request
      if (review === null) throw errors.invalidArgument('review', 'is required')
      if (review.reviewer === '') throw errors.invalidArgument('review.reviewer', 'must not be empty')
      if (review.stars < 1 || review.stars > 5) throw errors.invalidArgument('review.stars', 'must be 1 to 5')
      const reviews = store.reviews.get(name) ?? []
      const added = {
        ...review,
        name: `${name}/reviews/${reviews.length + 1}`,
        create_time: toTimestamp(store.now()),
      }
      store.reviews.set(name, [...reviews, added])
      store.version++
      return added
    },

    SetTags(request: { name: string; tags: string[] }) {
      const tags = [...new Set(request.tags)].sort()
      store.changeBook({ ...store.book(request.name), tags })
      return { tags }
    },

    GetMetadata: (request: { name: string }): Struct => store.book(request.name).metadata ?? { fields: {} },

    PutMetadata(request: { name: string; metadata: Struct | null }): Struct {
      const metadata = request.metadata ?? { fields: {} }
      store.changeBook({ ...store.book(request.name), metadata })
      return metadata
    },

    AppraiseBook: (request: { name: string }) => appraise(store.book(request.name)),
  }
}

/** Puts a book on a shelf, as CreateBook and ImportBooks do. */
export function createBook(store: LibraryStore, parent: string, book: Book | null, id: string): Book {
  if (book === null) throw errors.invalidArgument('book', 'is required')
  return store.addBook(knownShelf(store, parent), checkedBook(book), id)
}

/** A book whose fields say what they may. */
function checkedBook(book: Book): Book {
  if (book.title === '') throw errors.invalidArgument('book.title', 'must not be empty')
  if (book.page_count < 0) throw errors.invalidArgument('book.page_count', 'must not be negative')
  if (book.rating < 0 || book.rating > 5) throw errors.invalidArgument('book.rating', 'must be 0 to 5')
  if (book.isbn !== '' && !ISBN.test(book.isbn)) throw errors.invalidArgument('book.isbn', 'must be 13 digits')
  return book
}

function checkEtag(current: Book, etag: string): void {
  if (etag !== '' && etag !== current.etag) throw errors.aborted(current.name, etag, current.etag)
}

function isThere(store: LibraryStore, name: string): boolean {
  return store.books(shelfOf(name)).some((book) => book.name === name)
}

/** An old book is worth more. What nobody knows stays unset. */
function appraise(book: Book) {
  const publishedMs = book.publish_time === null ? undefined : Number(toNanos(book.publish_time) / 1_000_000n)
  const age = publishedMs === undefined ? 0 : 2026 - new Date(publishedMs).getUTCFullYear()
  return {
    book: book.name,
    value: { value: age * 12.5 },
    confidence: { value: publishedMs === undefined ? 0 : 0.75 },
    copies_printed: book.copies_printed === '0' ? null : { value: book.copies_printed },
    catalogued: { value: '18446744073709551615' },
    rank_change: { value: -3 },
    rank: { value: 4_000_000_000 },
    first_edition: { value: false },
    remark: book.blurb === undefined ? null : { value: book.blurb },
    seal: { value: book.fingerprint },
  }
}
