import { Metadata } from '@grpc/grpc-js'
import type { handleBidiStreamingCall, handleClientStreamingCall, handleServerStreamingCall } from '@grpc/grpc-js'
import { toServerError } from '../support/calls.js'
import { toNanos } from '../support/time.js'
import type { Seconds } from '../support/time.js'
import { createBook } from './book-methods.js'
import type { Book, ShelfEvent } from './messages.js'
import { knownShelf } from './shelf-methods.js'
import type { LibraryStore } from './store.js'

interface WatchRequest {
  name: string
  start_time: Seconds | null
  max_events: number
}

/** The methods whose requests or answers are streams. */
export function streamMethods(store: LibraryStore): {
  WatchShelf: handleServerStreamingCall<WatchRequest, ShelfEvent>
  ImportBooks: handleClientStreamingCall<{ parent: string; book: Book | null }, { imported: number; names: string[] }>
  Converse: handleBidiStreamingCall<{ text: string }, { text: string; turn: number }>
} {
  return {
    WatchShelf(call) {
      const { name, start_time: start, max_events: max } = call.request
      let sent = 0
      let unwatch = () => {}
      const send = (event: ShelfEvent) => {
        if (max > 0 && sent >= max) return
        call.write(event)
        sent++
        if (sent === max) {
          unwatch()
          call.end()
        }
      }
      try {
        knownShelf(store, name)
      } catch (error) {
        call.emit('error', toServerError(error, new Metadata()))
        return
      }
      // Without this a client would not know that it is being told of changes until there is one.
      call.sendMetadata(new Metadata())
      unwatch = store.watch(name, send)
      call.on('cancelled', unwatch)
      if (start === null) return
      for (const event of store.events(name)) if (toNanos(event.time) >= toNanos(start)) send(event)
    },

    ImportBooks(call, callback) {
      const names: string[] = []
      let isOver = false
      call.on('data', (request: { parent: string; book: Book | null }) => {
        if (isOver) return
        try {
          names.push(createBook(store, request.parent, request.book, '').name)
        } catch (error) {
          isOver = true
          callback(toServerError(error, new Metadata()))
        }
      })
      call.on('end', () => {
        if (!isOver) callback(null, { imported: names.length, names })
      })
    },

    Converse(call) {
      let turn = 0
      call.on('data', (request: { text: string }) => {
        turn++
        call.write({ text: answer(store, request.text), turn })
      })
      call.on('end', () => call.end())
    },
  }
}

/** The librarian knows where books are, and nothing else. */
function answer(store: LibraryStore, text: string): string {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return 'Yes?'
  const book = store.books('shelves/-').find((candidate) => candidate.title.toLowerCase().includes(wanted))
  return book === undefined ? `I know of no book called "${text.trim()}".` : `"${book.title}" is ${book.name}.`
}
