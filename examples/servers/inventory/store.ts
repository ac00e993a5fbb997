import { EventEmitter } from 'node:events'
import { errorsOf } from '../support/rpc-error.js'
import { toTimestamp } from '../support/time.js'
import { makeItem } from './messages.js'
import type { Item, Movement, Stock } from './messages.js'

/** The domain of the inventory's ErrorInfo details. */
export const errors = errorsOf('inventory.example.com')

export const ITEM = 'inventory.example.com/Item'
export const WAREHOUSE = 'inventory.example.com/Warehouse'

/** All the stock room has, in memory. */
export class InventoryStore {
  readonly now: () => number
  /** How often anything was changed. */
  version = 0
  readonly warehouses: readonly string[]
  #ledger: Movement[] = []
  #nextSequence = 1n
  readonly #items = new Map<string, Item>()
  readonly #watchers = new EventEmitter().setMaxListeners(0)

  /** @param now milliseconds since the epoch */
  constructor(now: () => number, warehouses: readonly string[]) {
    this.now = now
    this.warehouses = warehouses
  }

  has(sku: string): boolean {
    return this.#items.has(sku)
  }

  item(sku: string): Item {
    const item = this.#items.get(sku)
    if (item === undefined) throw errors.notFound(ITEM, `items/${sku}`)
    return item
  }

  /** By SKU. */
  items(): Item[] {
    return [...this.#items.values()].sort((left, right) => (left.sku < right.sku ? -1 : 1))
  }

  /** Adds or replaces an item, one revision further. */
  put(item: Item): Item {
    this.version++
    const stored = makeItem({ ...item, revision: item.revision + 1, change_time: toTimestamp(this.now()) })
    this.#items.set(stored.sku, stored)
    return stored
  }

  remove(sku: string): void {
    this.version++
    this.#items.delete(sku)
  }

  /** What there is of an item in a warehouse: none, where it never was. */
  stock(sku: string, warehouse: string): Stock {
    if (!this.warehouses.includes(warehouse)) throw errors.notFound(WAREHOUSE, `warehouses/${warehouse}`)
    return this.item(sku).stock[warehouse] ?? { sku, warehouse, quantity: '0', reserved: '0' }
  }

  /** Adds to the stock, or takes from it what is not reserved. */
  move(sku: string, warehouse: string, delta: bigint): Stock {
    const stock = this.stock(sku, warehouse)
    const quantity = BigInt(stock.quantity) + delta
    if (quantity < BigInt(stock.reserved)) {
      throw errors.failedPrecondition(
        'NOT_ENOUGH_STOCK',
        `warehouses/${warehouse}/stock/${sku}`,
        `${stock.quantity} are there, ${stock.reserved} of them reserved`,
      )
    }
    const item = this.item(sku)
    const moved = { ...stock, quantity: String(quantity) }
    this.put({ ...item, stock: { ...item.stock, [warehouse]: moved } })
    const movement = {
      sequence: String(this.#nextSequence++),
      sku,
      warehouse,
      delta: String(delta),
      time: toTimestamp(this.now()),
    }
    this.#ledger.push(movement)
    this.#watchers.emit('movement', movement)
    return moved
  }

  /** Movements from a sequence number on, oldest first. */
  movements(from: bigint): Movement[] {
    return this.#ledger.filter((movement) => BigInt(movement.sequence) >= from)
  }

  /** Calls `listener` with every further movement until the returned function is called. */
  watch(listener: (movement: Movement) => void): () => void {
    this.#watchers.on('movement', listener)
    return () => this.#watchers.off('movement', listener)
  }

  /** Forgets movements before a sequence number. Returns how many. */
  compact(before: bigint): number {
    const kept = this.movements(before)
    const removed = this.#ledger.length - kept.length
    this.#ledger = kept
    return removed
  }
}
