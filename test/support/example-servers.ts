import { startInventoryServer } from '../../examples/servers/inventory.js'
import { startLibraryServer } from '../../examples/servers/library.js'

/** The two example servers, listening. */
export interface ExampleServers {
  /** `127.0.0.1:PORT` of library.v1.LibraryService. */
  readonly library: string
  /** `127.0.0.1:PORT` of inventory.v1.InventoryService. */
  readonly inventory: string
  /** Ends both at once, calls in flight included. */
  stop(): Promise<void>
}

/** Starts both example servers in this process, freshly seeded, on free ports: real sockets, nothing to build first. */
export async function startExamples(): Promise<ExampleServers> {
  const [library, inventory] = await Promise.all([startLibraryServer({ port: 0 }), startInventoryServer({ port: 0 })])
  return {
    library: `127.0.0.1:${library.port}`,
    inventory: `127.0.0.1:${inventory.port}`,
    stop: async () => {
      await Promise.all([library.stop(), inventory.stop()])
    },
  }
}
