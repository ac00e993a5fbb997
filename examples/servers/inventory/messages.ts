import type { FieldMask } from '../support/field-mask.js'
import { loadProtos, messageType } from '../support/protos.js'
import type { MessageType } from '../support/protos.js'
import type { Seconds } from '../support/time.js'

/** The inventory's types, loaded as a user of @grpc/proto-loader does. */
export const inventoryProtos = loadProtos('inventory/v1/inventory.proto')

/** The messages below have the shapes that proto-loader gives them: see `loadProtos`. */
export type Unit = 'UNIT_UNSPECIFIED' | 'UNIT_PIECE' | 'UNIT_KILOGRAM' | 'UNIT_LITRE'

export interface Stock {
  sku: string
  warehouse: string
  quantity: string
  reserved: string
}

export interface Item {
  sku: string
  description: string
  unit: Unit
  price_cents: string
  size: { width_mm: number; height_mm: number; depth_mm: number } | null
  ambient?: boolean
  cooled_to?: number
  instructions?: string
  stock: Record<string, Stock>
  barcodes: string[]
  revision: number
  change_time: Seconds | null
}

export interface Movement {
  sequence: string
  sku: string
  warehouse: string
  delta: string
  time: Seconds
}

export interface ListItemsRequest {
  page_size: number
  page_token: string
  sku_prefix: string
  warehouse: string
  units: Unit[]
}

export interface UpdateItemRequest {
  item: Item | null
  update_mask: FieldMask | null
}

export const itemType: MessageType<Item> = messageType(inventoryProtos, 'inventory.v1.Item')

/** A whole item of some of its fields: the others are at their defaults. */
export const makeItem = (fields: Partial<Item>): Item => itemType.deserialize(itemType.serialize(fields))
