import { context, propagation } from '@opentelemetry/api'
import { credentials, makeClientConstructor, Metadata } from '@grpc/grpc-js'
import type { Client, handleUnaryCall, ServiceError, UntypedServiceImplementation } from '@grpc/grpc-js'
import { inventoryProtos } from '../inventory/messages.js'
import type { Item } from '../inventory/messages.js'
import { serviceDefinition } from '../support/protos.js'

/** As far as it matters here. */
interface Appraisal {
  readonly remark: { readonly value: string } | null
}

/** What a book is sent in. */
const BOX = 'BOX-S'
/** What says to which request and trace a call belongs. */
const CARRIED = ['traceparent', 'tracestate', 'baggage', 'x-request-id']

type StockRoom = Client & {
  getItem(
    request: { sku: string },
    metadata: Metadata,
    options: object,
    answer: (error: ServiceError | null, item?: Item) => void,
  ): void
}

/**
 * Makes AppraiseBook ask the stock room what a box costs, and say so in its remark: a service that calls another one. The
 * call's deadline and its end are the caller's.
 */
export function addShipping(methods: UntypedServiceImplementation, inventory: string): void {
  const Inventory = makeClientConstructor(
    serviceDefinition(inventoryProtos, 'inventory.v1.InventoryService'),
    'inventory.v1.InventoryService',
  )
  const stockRoom = new Inventory(inventory, credentials.createInsecure()) as unknown as StockRoom
  const appraise = methods['AppraiseBook'] as handleUnaryCall<unknown, Appraisal>
  const withShipping: handleUnaryCall<unknown, Appraisal> = (call, answer) => {
    const metadata = new Metadata()
    for (const name of CARRIED) for (const value of call.metadata.get(name)) metadata.add(name, value)
    // Where this process traces itself, its own span is what the call belongs to.
    propagation.inject(context.active(), metadata, { set: (carrier, name, value) => carrier.set(name, value) })
    stockRoom.getItem({ sku: BOX }, metadata, { parent: call }, (error, item) => {
      if (error !== null) return answer(error)
      appraise(call, (failure, appraisal, trailers, flags) => {
        const cents = Number(item?.price_cents ?? 0)
        const remark = [appraisal?.remark?.value, `sent in a box for ${(cents / 100).toFixed(2)}`]
        const shipped = appraisal && { ...appraisal, remark: { value: remark.filter(Boolean).join('; ') } }
        answer(failure, shipped, trailers, flags)
      })
    })
  }
  methods['AppraiseBook'] = withShipping
}
