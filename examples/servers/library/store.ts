import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { errorsOf } from '../support/rpc-error.js'
import { toTimestamp } from '../support/time.js'
import { bookType, makeBook, makeShelf } from './messages.js'
import type { Book, HttpBody, Loan, Review, Shelf, ShelfEvent } from './messages.js'

/** The domain of the library's ErrorInfo details. */
export const errors = errorsOf('library.example.com')

export const SHELF = 'library.example.com/Shelf'
export const BOOK = 'library.example.com/Book'

/** A resource id that a client may choose (https://aip.dev/122). */
const ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** How many events a shelf remembers for those who watch it later. */
const REMEMBERED_EVENTS = 1000

/** What a change of a shelf's books is, before it has a time. */
type Change = Omit<ShelfEvent, 'time'>

/** All the library has, in memory. Names are checked here; what the fields say is checked by the methods. */
export class LibraryStore {
  readonly now: () => number
  /** How often anything was changed. */
  version = 0
  readonly reviews = new Map<string, Review[]>()
  readonly loans = new Map<string, Loan>()
  readonly covers = new Map<string, HttpBody>()
  /** By full name, `shelves/1/books/1/files/…`. */
  readonly files = new Map<string, HttpBody>()
  readonly #shelves = new Map<string, Shelf>()
  readonly #books = new Map<string, Book>()
  readonly #events = new Map<string, ShelfEvent[]>()
  readonly #watchers = new EventEmitter().setMaxListeners(0)

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.now = now
  }

  /** By number or name of the last part. */
  shelves(): Shelf[] {
    return [...this.#shelves.values()].sort(byName).map((shelf) => this.#counted(shelf))
  }

  shelf(name: string): Shelf {
    const shelf = this.#shelves.get(name)
    if (shelf === undefined) throw errors.notFound(SHELF, name)
    return this.#counted(shelf)
  }

  addShelf(fields: Partial<Shelf>, id: string): Shelf {
    const name = `shelves/${this.#chooseId('shelf_id', id, [...this.#shelves.keys()])}`
    if (this.#shelves.has(name)) throw errors.alreadyExists(SHELF, name)
    return this.putShelf(makeShelf({ ...fields, name, create_time: toTimestamp(this.now()) }))
  }

  putShelf(shelf: Shelf): Shelf {
    this.version++
    this.#shelves.set(shelf.name, shelf)
    return this.#counted(shelf)
  }

  /** Removes a shelf and all that stands on it. */
  removeShelf(name: string): void {
    for (const book of this.books(name)) this.removeBook(book.name)
    this.version++
    this.#shelves.delete(name)
    this.#events.delete(name)
  }

  /** The books of a shelf, or of all with `shelves/-`. NOT_FOUND if there is no such shelf. */
  books(shelf: string): Book[] {
    if (shelf !== 'shelves/-') this.shelf(shelf)
    const isThere = (book: Book) => shelf === 'shelves/-' || shelfOf(book.name) === shelf
    return [...this.#books.values()].filter(isThere).sort(byName)
  }

  book(name: string): Book {
    const book = this.#books.get(name)
    if (book === undefined) throw errors.notFound(BOOK, name)
    return book
  }

  addBook(shelf: string, fields: Partial<Book>, id: string): Book {
    const taken = this.books(shelf).map((book) => book.name)
    const name = `${shelf}/books/${this.#chooseId('book_id', id, taken)}`
    if (this.#books.has(name)) throw errors.alreadyExists(BOOK, name)
    const time = toTimestamp(this.now())
    const book = this.#sealed({ ...fields, name, state: 'AVAILABLE', create_time: time, update_time: time })
    this.#books.set(name, book)
    this.#tell(shelf, { added: book })
    return book
  }

  /** Replaces a book that is there, and gives it a new etag. */
  changeBook(fields: Book): Book {
    const book = this.#sealed({ ...fields, update_time: toTimestamp(this.now()) })
    this.#books.set(book.name, book)
    this.#tell(shelfOf(book.name), { updated: book })
    return book
  }

  removeBook(name: string): void {
    this.#books.delete(name)
    this.reviews.delete(name)
    this.loans.delete(name)
    this.covers.delete(name)
    for (const file of this.files.keys()) if (file.startsWith(`${name}/files/`)) this.files.delete(file)
    this.#tell(shelfOf(name), { removed: name })
  }

  /** Gives a book a new name on another shelf, with all that belongs to it. */
  moveBook(name: string, shelf: string): Book {
    const book = this.book(name)
    const moved = this.addBook(shelf, { ...book, etag: '' }, '')
    const reviews = this.reviews.get(name)
    const loan = this.loans.get(name)
    const cover = this.covers.get(name)
    if (reviews) {
      const renamed = reviews.map((review) => ({ ...review, name: moved.name + review.name.slice(name.length) }))
      this.reviews.set(moved.name, renamed)
    }
    if (loan) this.loans.set(moved.name, { ...loan, book: moved.name })
    if (cover) this.covers.set(moved.name, cover)
    for (const [file, content] of [...this.files]) {
      if (file.startsWith(`${name}/files/`)) this.files.set(moved.name + file.slice(name.length), content)
    }
    this.removeBook(name)
    return this.changeBook({ ...moved, state: book.state, create_time: book.create_time })
  }

  /** What happened on a shelf, oldest first. */
  events(shelf: string): readonly ShelfEvent[] {
    return this.#events.get(shelf) ?? []
  }

  /** Calls `listener` with every further event of a shelf until the returned function is called. */
  watch(shelf: string, listener: (event: ShelfEvent) => void): () => void {
    this.#watchers.on(shelf, listener)
    return () => this.#watchers.off(shelf, listener)
  }

  #tell(shelf: string, change: Change): void {
    this.version++
    const event: ShelfEvent = { time: toTimestamp(this.now()), ...change }
    this.#events.set(shelf, [...this.events(shelf), event].slice(-REMEMBERED_EVENTS))
    this.#watchers.emit(shelf, event)
  }

  #counted(shelf: Shelf): Shelf {
    let count = 0
    for (const name of this.#books.keys()) if (shelfOf(name) === shelf.name) count++
    return { ...shelf, book_count: count }
  }

  /** The id a client asks for, or else the next free number. */
  #chooseId(field: string, id: string, taken: readonly string[]): string {
    if (id !== '') {
      if (!ID.test(id)) throw errors.invalidArgument(field, 'must be 1 to 63 lower-case letters, digits and hyphens')
      return id
    }
    const numbers = taken.map((name) => Number(name.slice(name.lastIndexOf('/') + 1))).filter(Number.isInteger)
    return String(Math.max(0, ...numbers) + 1)
  }

  /** A book with the etag of its content: two different versions never have the same. */
  #sealed(fields: Partial<Book>): Book {
    const book = makeBook({ ...fields, etag: '' })
    const digest = createHash('sha256').update(String(this.version)).update(bookType.serialize(book))
    return { ...book, etag: digest.digest('base64url').slice(0, 12) }
  }
}

/** The shelf a book stands on: `shelves/1` of `shelves/1/books/2`. */
export function shelfOf(bookName: string): string {
  return bookName.split('/', 2).join('/')
}

/** By name, numbers in it by their value: `shelves/2` before `shelves/10`. */
export function byName(left: { name: string }, right: { name: string }): number {
  return NAMES.compare(left.name, right.name)
}

const NAMES = new Intl.Collator('en', { numeric: true })
