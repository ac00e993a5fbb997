/**
 * The example stock room: a real gRPC server of inventory.v1.InventoryService, with its data in memory.
 *
 *     node dist/examples/servers/inventory.js --port 50052
 */
import { unaryHandlers } from './support/calls.js'
import { runAsProcess } from './support/process.js'
import { serve } from './support/serve.js'
import type { RunningServer, ServeOptions } from './support/serve.js'
import { inventoryProtos } from './inventory/messages.js'
import { inventoryMethods, streamMovements } from './inventory/methods.js'
import { seededInventory } from './inventory/seed.js'

/** Starts a stock room with the items it always begins with. */
export function startInventoryServer(options: ServeOptions): Promise<RunningServer> {
  const store = seededInventory(Date.now)
  const calling = { servedBy: options.name ?? 'inventory', storeVersion: () => store.version }
  const methods = { ...unaryHandlers(calling, inventoryMethods(store)), StreamMovements: streamMovements(store) }
  return serve(
    {
      name: 'inventory.v1.InventoryService',
      definition: inventoryProtos,
      protoFile: 'inventory/v1/inventory.proto',
      methods,
    },
    options,
  )
}

await runAsProcess(import.meta.url, 'inventory', startInventoryServer)
