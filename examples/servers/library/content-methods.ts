import { createHash } from 'node:crypto'
import type { ResponseHeaders } from '../support/calls.js'
import type { Book, HttpBody } from './messages.js'
import { BOOK, errors } from './store.js'
import type { LibraryStore } from './store.js'

const MAX_COVER_BYTES = 2 * 1024 * 1024
const FILE_NAME = /^(shelves\/[^/]+\/books\/[^/]+)\/files\/(.+)$/

/** The methods whose requests or answers are raw HTTP bodies. */
export function contentMethods(store: LibraryStore) {
  return {
    DownloadBook(request: { name: string; format: string }, headers: ResponseHeaders): HttpBody {
      const book = store.book(request.name)
      const format = request.format === '' ? 'text/plain' : request.format
      const write = FORMATS[format]
      if (write === undefined) throw errors.invalidArgument('format', 'must be text/plain or text/html')
      const extension = format === 'text/html' ? 'html' : 'txt'
      headers.set('content-disposition', `attachment; filename="${request.name.replaceAll('/', '-')}.${extension}"`)
      return { content_type: `${format}; charset=utf-8`, data: Buffer.from(write(book)), extensions: [] }
    },

    GetCover(request: { name: string }): HttpBody {
      const { name } = store.book(request.name)
      const cover = store.covers.get(name)
      if (cover === undefined) throw errors.notFound(`${BOOK}Cover`, `${name}/cover`)
      return cover
    },

    UploadCover(request: { name: string; content: HttpBody | null; overwrite: boolean }) {
      const { name } = store.book(request.name)
      const { content } = request
      if (content === null || content.data.length === 0) throw errors.invalidArgument('content', 'must not be empty')
      if (!content.content_type.startsWith('image/')) {
        throw errors.invalidArgument('content.content_type', 'must be that of a picture')
      }
      if (content.data.length > MAX_COVER_BYTES) throw errors.invalidArgument('content', 'must be at most 2 MiB')
      if (store.covers.has(name) && !request.overwrite) throw errors.alreadyExists(`${BOOK}Cover`, `${name}/cover`)
      store.covers.set(name, { ...content, extensions: [] })
      store.version++
      return {
        book: name,
        content_type: content.content_type,
        size_bytes: String(content.data.length),
        sha256: createHash('sha256').update(content.data).digest(),
      }
    },

    GetBookFile(request: { name: string }): HttpBody {
      const book = FILE_NAME.exec(request.name)?.[1]
      if (book === undefined) throw errors.invalidArgument('name', 'must be shelves/*/books/*/files/**')
      store.book(book)
      const file = store.files.get(request.name)
      if (file === undefined) throw errors.notFound(`${BOOK}File`, request.name)
      return file
    },
  }
}

const FORMATS: Record<string, (book: Book) => string> = {
  'text/plain': (book) => `${heading(book)}\n`,
  'text/html': (book) => `<!doctype html>\n<title>${escape(book.title)}</title>\n<p>${escape(heading(book))}</p>\n`,
}

function heading(book: Book): string {
  const authors = book.authors.map((author) => author.display_name).join(', ')
  return `${book.title}\n${authors}${book.blurb ? `\n\n${book.blurb}` : ''}`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
