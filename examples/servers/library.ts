/**
 * The example library: a real gRPC server of library.v1.LibraryService, with its data in memory.
 *
 *     node dist/examples/servers/library.js --port 50051
 */
import { unaryHandlers } from './support/calls.js'
import { runAsProcess } from './support/process.js'
import { serve } from './support/serve.js'
import type { RunningServer, ServeOptions } from './support/serve.js'
import { bookMethods } from './library/book-methods.js'
import { bookQueries } from './library/book-queries.js'
import { contentMethods } from './library/content-methods.js'
import { libraryProtos } from './library/messages.js'
import { seedLibrary } from './library/seed.js'
import { addShipping } from './library/shipping.js'
import { shelfMethods } from './library/shelf-methods.js'
import { LibraryStore } from './library/store.js'
import { streamMethods } from './library/stream-methods.js'

/** Starts a library with the books it always begins with. */
export function startLibraryServer(options: ServeOptions): Promise<RunningServer> {
  const store = new LibraryStore(Date.now)
  seedLibrary(store)
  const calling = { servedBy: options.name ?? 'library', storeVersion: () => store.version }
  const methods = {
    ...unaryHandlers(calling, shelfMethods(store)),
    ...unaryHandlers(calling, bookQueries(store)),
    ...unaryHandlers(calling, bookMethods(store)),
    ...unaryHandlers(calling, contentMethods(store)),
    ...streamMethods(store),
  }
  if (options.inventory !== undefined) addShipping(methods, options.inventory)
  return serve(
    {
      name: 'library.v1.LibraryService',
      definition: libraryProtos,
      protoFile: 'library/v1/library.proto',
      methods,
    },
    options,
  )
}

await runAsProcess(import.meta.url, 'library', startLibraryServer)
