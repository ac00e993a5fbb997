import type { FieldMask } from '../support/field-mask.js'
import { maskingOf } from '../support/field-mask.js'
import { cutPage } from '../support/page.js'
import type { PageRequest } from '../support/page.js'
import { shelfType } from './messages.js'
import type { Shelf } from './messages.js'
import { errors, SHELF } from './store.js'
import type { LibraryStore } from './store.js'

export const PAGE_LIMITS = { usual: 50, most: 100 }

/** The fields of a shelf that only the server sets. */
const OUTPUT_ONLY = ['name', 'book_count', 'create_time']
const masking = maskingOf(shelfType)

/** The methods on shelves. */
export function shelfMethods(store: LibraryStore) {
  return {
    GetShelf: (request: { name: string }) => store.shelf(request.name),

    ListShelves(request: PageRequest) {
      const page = cutPage(store.shelves(), request, null, PAGE_LIMITS, errors)
      return { shelves: page.items, next_page_token: page.nextPageToken }
    },

    CreateShelf(request: { shelf: Shelf | null; shelf_id: string }) {
      return store.addShelf({ theme: theme(request.shelf) }, request.shelf_id)
    },

    UpdateShelf(request: { shelf: Shelf | null; update_mask: FieldMask | null }) {
      const { shelf, update_mask } = request
      if (shelf === null) throw errors.invalidArgument('shelf', 'is required')
      const current = store.shelf(shelf.name)
      const asked = update_mask?.paths.length ? update_mask.paths : masking.populated(shelf)
      const paths = masking.check('update_mask', asked, errors).filter((path) => !OUTPUT_ONLY.includes(path))
      const changed = masking.write(paths, shelf, current)
      theme(changed)
      return store.putShelf(changed)
    },

    DeleteShelf(request: { name: string; force: boolean }) {
      const shelf = store.shelf(request.name)
      if (shelf.book_count > 0 && !request.force) {
        throw errors.failedPrecondition('SHELF_NOT_EMPTY', shelf.name, `${shelf.book_count} books stand on it`)
      }
      store.removeShelf(shelf.name)
      return {}
    },

    MergeShelves(request: { name: string; other_shelf: string }) {
      const shelf = store.shelf(request.name)
      if (request.other_shelf === '') throw errors.invalidArgument('other_shelf', 'is required')
      if (request.other_shelf === shelf.name) throw errors.invalidArgument('other_shelf', 'is the shelf itself')
      for (const book of store.books(knownShelf(store, request.other_shelf))) store.moveBook(book.name, shelf.name)
      store.removeShelf(request.other_shelf)
      return store.shelf(shelf.name)
    },
  }
}

/** The name of one shelf that is there: not `shelves/-`. */
export function knownShelf(store: LibraryStore, name: string): string {
  if (name === 'shelves/-') throw errors.notFound(SHELF, name)
  return store.shelf(name).name
}

function theme(shelf: Shelf | null): string {
  if (shelf === null) throw errors.invalidArgument('shelf', 'is required')
  if (shelf.theme === '') throw errors.invalidArgument('shelf.theme', 'must not be empty')
  return shelf.theme
}
