import { makeItem } from './messages.js'
import type { Item } from './messages.js'
import { InventoryStore } from './store.js'

const WAREHOUSES = ['berlin', 'lisbon', 'oslo']

/** The items, each with what lies of it in which warehouse. */
const ITEMS: { item: Partial<Item>; quantities: Record<string, bigint> }[] = [
  {
    item: {
      sku: 'BOX-L',
      description: 'Cardboard box, large',
      unit: 'UNIT_PIECE',
      price_cents: '250',
      size: { width_mm: 600, height_mm: 400, depth_mm: 400.5 },
      ambient: true,
      barcodes: ['4006381333931', '18446744073709551615'],
    },
    quantities: { berlin: 120n, oslo: 30n },
  },
  {
    item: { sku: 'BOX-S', description: 'Cardboard box, small', unit: 'UNIT_PIECE', price_cents: '95', ambient: true },
    quantities: { berlin: 480n },
  },
  {
    item: { sku: 'GLUE-1', description: 'Bookbinder’s glue', unit: 'UNIT_KILOGRAM', price_cents: '1290', cooled_to: 8 },
    quantities: { lisbon: 25n },
  },
  {
    item: {
      sku: 'ICE-0',
      description: 'Dry ice',
      unit: 'UNIT_KILOGRAM',
      price_cents: '310',
      cooled_to: -79,
    },
    quantities: { oslo: 9_007_199_254_740_993n },
  },
  {
    item: {
      sku: 'INK/BLACK',
      description: 'Ink, black',
      unit: 'UNIT_LITRE',
      price_cents: '4999',
      instructions: 'upright, and not above the paper',
    },
    quantities: { berlin: 12n, lisbon: 7n },
  },
]

/** A stock room with the items it always begins with. */
export function seededInventory(now: () => number): InventoryStore {
  const store = new InventoryStore(now, WAREHOUSES)
  for (const { item, quantities } of ITEMS) {
    store.put(makeItem(item))
    for (const [warehouse, quantity] of Object.entries(quantities)) store.move(item.sku!, warehouse, quantity)
  }
  return store
}
