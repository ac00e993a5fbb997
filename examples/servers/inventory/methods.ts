import { Metadata } from '@grpc/grpc-js'
import type { handleServerStreamingCall } from '@grpc/grpc-js'
import { maskingOf } from '../support/field-mask.js'
import { cutPage } from '../support/page.js'
import { itemType, makeItem } from './messages.js'
import type { Item, ListItemsRequest, Movement, UpdateItemRequest } from './messages.js'
import { errors, ITEM } from './store.js'
import type { InventoryStore } from './store.js'

const PAGE_LIMITS = { usual: 20, most: 100 }
const SKU = /^[A-Z0-9][A-Z0-9/-]{0,31}$/

/** What only the server sets, and what identifies an item. */
const OUTPUT_ONLY = ['sku', 'stock', 'revision', 'change_time']
const masking = maskingOf(itemType)

/** The unary methods. */
export function inventoryMethods(store: InventoryStore) {
  return {
    GetItem: (request: { sku: string }) => store.item(request.sku),

    ItemExists(request: { sku: string }) {
      store.item(request.sku)
      return {}
    },

    ListItems(request: ListItemsRequest) {
      const { page_size, page_token, ...query } = request
      const items = store
        .items()
        .filter(
          (item) =>
            item.sku.startsWith(query.sku_prefix) &&
            (query.warehouse === '' || item.stock[query.warehouse] !== undefined) &&
            (query.units.length === 0 || query.units.includes(item.unit)),
        )
      const page = cutPage(items, { page_size, page_token }, query, PAGE_LIMITS, errors)
      return { items: page.items, next_page_token: page.nextPageToken }
    },

    CreateItem(request: { item: Item | null; validate_only: boolean }) {
      const item = checkedItem(request.item)
      if (store.has(item.sku)) throw errors.alreadyExists(ITEM, `items/${item.sku}`)
      const added = makeItem({ ...item, stock: {}, revision: 0, change_time: null })
      return request.validate_only ? added : store.put(added)
    },

    UpdateItem(request: UpdateItemRequest) {
      if (request.item === null) throw errors.invalidArgument('item', 'is required')
      const current = store.item(request.item.sku)
      const { revision } = request.item
      if (revision !== 0 && revision !== current.revision) {
        throw errors.aborted(`items/${current.sku}`, String(revision), String(current.revision))
      }
      const asked = request.update_mask?.paths.length ? request.update_mask.paths : ['*']
      const paths = masking
        .check('update_mask', asked, errors)
        .filter((path) => !OUTPUT_ONLY.includes(path.split('.')[0]!))
      return store.put(checkedItem(masking.write(paths, request.item, current)))
    },

    DeleteItem(request: { sku: string }) {
      const item = store.item(request.sku)
      if (Object.values(item.stock).some((stock) => stock.quantity !== '0')) {
        throw errors.failedPrecondition('ITEM_IN_STOCK', `items/${item.sku}`, 'there is stock of it')
      }
      store.remove(item.sku)
      return {}
    },

    GetStock: (request: { warehouse: string; sku: string }) => store.stock(request.sku, request.warehouse),

    AdjustStock(request: { warehouse: string; sku: string; delta: string }) {
      if (request.delta === '0') throw errors.invalidArgument('delta', 'must not be 0')
      return store.move(request.sku, request.warehouse, BigInt(request.delta))
    },

    TransferStock(request: { sku: string; from: string; to: string; quantity: string }) {
      if (request.quantity === '0') throw errors.invalidArgument('quantity', 'must not be 0')
      if (request.from === request.to) throw errors.invalidArgument('to', 'is where it comes from')
      // Asked first, so that nothing leaves for a warehouse that does not exist.
      store.stock(request.sku, request.to)
      const from = store.move(request.sku, request.from, -BigInt(request.quantity))
      return { from, to: store.move(request.sku, request.to, BigInt(request.quantity)) }
    },

    CountStock() {
      const totals: Record<string, string> = {}
      for (const item of store.items()) {
        for (const { warehouse, quantity } of Object.values(item.stock)) {
          totals[warehouse] = String(BigInt(totals[warehouse] ?? 0) + BigInt(quantity))
        }
      }
      return { quantity_by_warehouse: totals }
    },

    CompactLedger: (request: { before_sequence: string }) => ({
      removed: String(store.compact(BigInt(request.before_sequence))),
    }),
  }
}

/** StreamMovements. */
export function streamMovements(
  store: InventoryStore,
): handleServerStreamingCall<{ sku: string; from_sequence: string }, Movement> {
  return (call) => {
    const { sku, from_sequence: from } = call.request
    const send = (movement: Movement) => {
      if (sku === '' || movement.sku === sku) call.write(movement)
    }
    // Without this a client would not know that it is being told of movements until there is one.
    call.sendMetadata(new Metadata())
    if (from !== '0') for (const movement of store.movements(BigInt(from))) send(movement)
    call.on('cancelled', store.watch(send))
  }
}

/** An item whose fields say what they may. */
function checkedItem(item: Item | null): Item {
  if (item === null) throw errors.invalidArgument('item', 'is required')
  if (!SKU.test(item.sku)) throw errors.invalidArgument('item.sku', 'must be 1 to 32 of A-Z, 0-9, / and -')
  if (item.description === '') throw errors.invalidArgument('item.description', 'must not be empty')
  return item
}
