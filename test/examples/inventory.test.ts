import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { status } from '@grpc/grpc-js'
import { startInventoryServer } from '../../examples/servers/inventory.js'
import type { RunningServer } from '../../examples/servers/support/serve.js'
import { connect } from '../support/example-client.js'
import type { ExampleClient } from '../support/example-client.js'

type Fields = Record<string, unknown>

let server: RunningServer
let inventory: ExampleClient

beforeEach(async () => {
  server = await startInventoryServer({ port: 0 })
  inventory = connect(`127.0.0.1:${server.port}`, 'inventory/v1/inventory.proto', 'inventory.v1.InventoryService')
})

afterEach(async () => {
  inventory.close()
  await server.stop()
})

const skus = (message: Fields) => (message['items'] as Fields[]).map(({ sku }) => sku)

describe('reading', () => {
  test('GetItem has every kind of field', async () => {
    const { message, headers } = await inventory.call('GetItem', { sku: 'BOX-L' })
    expect(message).toMatchObject({
      unit: 'UNIT_PIECE',
      price_cents: '250',
      size: { depth_mm: 400.5 },
      storage: 'ambient',
      stock: { berlin: { quantity: '120', reserved: '0' }, oslo: { quantity: '30' } },
      barcodes: ['4006381333931', '18446744073709551615'],
      revision: 3,
    })
    expect(headers.get('x-served-by')).toEqual(['inventory'])
  })

  test('ItemExists says nothing else', async () => {
    expect((await inventory.call('ItemExists', { sku: 'INK/BLACK' })).message).toEqual({})
  })

  test.each([
    { named: 'all', request: {}, finds: ['BOX-L', 'BOX-S', 'GLUE-1', 'ICE-0', 'INK/BLACK'] },
    { named: 'a prefix', request: { sku_prefix: 'BOX' }, finds: ['BOX-L', 'BOX-S'] },
    { named: 'a warehouse', request: { warehouse: 'lisbon' }, finds: ['GLUE-1', 'INK/BLACK'] },
    { named: 'units', request: { units: ['UNIT_LITRE', 'UNIT_KILOGRAM'] }, finds: ['GLUE-1', 'ICE-0', 'INK/BLACK'] },
  ])('ListItems by $named', async ({ request, finds }) => {
    expect(skus((await inventory.call('ListItems', request)).message)).toEqual(finds)
  })

  test('ListItems pages', async () => {
    const { message } = await inventory.call('ListItems', { page_size: 3 })
    const page_token = message['next_page_token']
    const { message: rest } = await inventory.call('ListItems', { page_size: 3, page_token })
    expect([skus(message), skus(rest)]).toEqual([
      ['BOX-L', 'BOX-S', 'GLUE-1'],
      ['ICE-0', 'INK/BLACK'],
    ])
    expect(rest['next_page_token']).toBe('')
  })

  test('CountStock is exact beyond 2^53', async () => {
    const { message } = await inventory.call('CountStock', {})
    const oslo = '9007199254741023'
    expect(message).toEqual({ quantity_by_warehouse: { berlin: '612', lisbon: '32', oslo } })
  })

  test('GetStock of what never was there is none', async () => {
    const { message } = await inventory.call('GetStock', { sku: 'BOX-S', warehouse: 'oslo' })
    expect(message).toMatchObject({ sku: 'BOX-S', warehouse: 'oslo', quantity: '0' })
  })
})

describe('changing', () => {
  test('CreateItem begins without stock', async () => {
    const item = { sku: 'TAPE-1', description: 'Tape', instructions: 'dry', stock: { oslo: { quantity: '5' } } }
    const { message } = await inventory.call('CreateItem', { item })
    expect(message).toMatchObject({ sku: 'TAPE-1', storage: 'instructions', stock: {}, revision: 1 })
  })

  test('CreateItem that only validates adds nothing', async () => {
    const item = { sku: 'TAPE-1', description: 'Tape' }
    await inventory.call('CreateItem', { item, validate_only: true })
    expect(await inventory.fail('ItemExists', { sku: 'TAPE-1' })).toMatchObject({ code: status.NOT_FOUND })
  })

  test.each([
    {
      named: 'what the mask names',
      request: { item: { sku: 'BOX-L', size: { width_mm: 1 } }, update_mask: { paths: ['size.width_mm'] } },
      gives: { description: 'Cardboard box, large', size: { width_mm: 1, height_mm: 400, depth_mm: 400.5 } },
    },
    {
      named: 'everything without a mask, but not the stock',
      request: { item: { sku: 'BOX-L', description: 'Crate', cooled_to: -4 } },
      gives: { description: 'Crate', storage: 'cooled_to', size: null, stock: { berlin: { quantity: '120' } } },
    },
  ])('UpdateItem changes $named', async ({ request, gives }) => {
    expect((await inventory.call('UpdateItem', request)).message).toMatchObject({ ...gives, revision: 4 })
  })

  test('stock is adjusted and transferred', async () => {
    const at = { sku: 'BOX-L', warehouse: 'berlin' }
    expect((await inventory.call('AdjustStock', { ...at, delta: '-20' })).message).toMatchObject({ quantity: '100' })
    const transfer = { sku: 'BOX-L', from: 'berlin', to: 'lisbon', quantity: '40' }
    expect((await inventory.call('TransferStock', transfer)).message).toMatchObject({
      from: { quantity: '60' },
      to: { warehouse: 'lisbon', quantity: '40' },
    })
  })

  test('DeleteItem removes what is out of stock', async () => {
    await inventory.call('AdjustStock', { sku: 'BOX-S', warehouse: 'berlin', delta: '-480' })
    await inventory.call('DeleteItem', { sku: 'BOX-S' })
    expect(await inventory.fail('GetItem', { sku: 'BOX-S' })).toMatchObject({ code: status.NOT_FOUND })
  })

  test('StreamMovements sends the ledger and goes on; CompactLedger shortens it', async () => {
    const stream = inventory.raw['StreamMovements']!({ sku: 'GLUE-1', from_sequence: '1' })
    const read = stream[Symbol.asyncIterator]()
    expect((await read.next()).value).toMatchObject({ sku: 'GLUE-1', delta: '25' })
    await inventory.call('AdjustStock', { sku: 'GLUE-1', warehouse: 'lisbon', delta: '-1' })
    expect((await read.next()).value).toMatchObject({ delta: '-1', sequence: '8' })
    stream.on('error', () => undefined)
    stream.cancel()
    const { message } = await inventory.call('CompactLedger', { before_sequence: '8' })
    expect(message).toEqual({ removed: '7' })
  })
})

describe('refusing', () => {
  const I = status.INVALID_ARGUMENT
  const N = status.NOT_FOUND
  const F = status.FAILED_PRECONDITION
  test.each([
    { method: 'GetItem', request: { sku: 'X' }, code: N, says: 'items/X does not exist' },
    { method: 'ListItems', request: { page_size: -1 }, code: I, says: 'page_size: must not be negative' },
    { method: 'CreateItem', request: {}, code: I, says: 'item: is required' },
    {
      method: 'CreateItem',
      request: { item: { sku: 'x' } },
      code: I,
      says: 'item.sku: must be 1 to 32 of A-Z, 0-9, / and -',
    },
    {
      method: 'CreateItem',
      request: { item: { sku: 'BOX-L', description: 'x' } },
      code: status.ALREADY_EXISTS,
      says: 'items/BOX-L exists already',
    },
    {
      method: 'UpdateItem',
      request: { item: { sku: 'BOX-L', revision: 1 } },
      code: status.ABORTED,
      says: 'items/BOX-L was changed meanwhile: read it again',
    },
    {
      method: 'UpdateItem',
      request: { item: { sku: 'BOX-L' }, update_mask: { paths: ['colour'] } },
      code: I,
      says: 'update_mask: there is no field colour',
    },
    { method: 'DeleteItem', request: { sku: 'BOX-L' }, code: F, says: 'items/BOX-L: there is stock of it' },
    {
      method: 'GetStock',
      request: { sku: 'BOX-L', warehouse: 'paris' },
      code: N,
      says: 'warehouses/paris does not exist',
    },
    {
      method: 'AdjustStock',
      request: { sku: 'BOX-L', warehouse: 'oslo', delta: '-31' },
      code: F,
      says: 'warehouses/oslo/stock/BOX-L: 30 are there, 0 of them reserved',
    },
    {
      method: 'TransferStock',
      request: { sku: 'BOX-L', from: 'oslo', to: 'paris', quantity: '1' },
      code: N,
      says: 'warehouses/paris does not exist',
    },
    {
      method: 'TransferStock',
      request: { sku: 'BOX-L', from: 'oslo', to: 'oslo', quantity: '1' },
      code: I,
      says: 'to: is where it comes from',
    },
  ])('$method: $says', async ({ method, request, code, says }) => {
    const failure = await inventory.fail(method, request)
    expect(failure).toMatchObject({ code, message: says })
    expect(failure.details[0]).toMatchObject({ '@type': 'ErrorInfo', domain: 'inventory.example.com' })
  })
})
