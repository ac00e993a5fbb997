import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startExampleGateway, type TestGateway } from '../support/gateway.js'
import { callRest, type CallOptions, type JsonAnswer } from '../support/rest.js'

/* The example API that is mapped by a file: every RPC over real sockets. */

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startExampleGateway()
})
afterAll(() => gateway.stop())

const call = (method: string, target: string, options?: CallOptions): Promise<JsonAnswer> =>
  callRest(gateway.port, method, target, options)

describe('inventory, mapped by mappings/inventory.yaml', () => {
  test.each([
    {
      name: 'GetItem',
      target: '/v1/items/BOX-L',
      want: {
        sku: 'BOX-L',
        unit: 'UNIT_PIECE',
        priceCents: '250',
        size: { widthMm: 600, heightMm: 400, depthMm: 400.5 },
        ambient: true,
        barcodes: ['4006381333931', '18446744073709551615'],
        stock: { berlin: { quantity: '120' }, oslo: { quantity: '30' } },
      },
    },
    { name: 'GetItem by the old address', target: '/v1/products/ICE-0', want: { sku: 'ICE-0', cooledTo: -79 } },
    {
      name: 'an encoded slash in a single-segment variable is part of the value',
      target: '/v1/items/INK%2FBLACK',
      want: { sku: 'INK/BLACK', instructions: 'upright, and not above the paper' },
    },
    {
      name: 'ListItems with repeated enums',
      target: '/v1/items?units=UNIT_KILOGRAM&units=UNIT_LITRE',
      want: { items: [{ sku: 'GLUE-1' }, { sku: 'ICE-0' }, { sku: 'INK/BLACK' }] },
    },
    {
      name: 'ListItems of a warehouse, its additional binding',
      target: '/v1/warehouses/lisbon/items?sku_prefix=I',
      want: { items: [{ sku: 'INK/BLACK' }] },
    },
    {
      name: 'GetStock: two variables, a quantity beyond 2^53',
      target: '/v1/warehouses/oslo/stock/ICE-0',
      want: { sku: 'ICE-0', warehouse: 'oslo', quantity: '9007199254740993' },
    },
    {
      name: 'CountStock: a map as response_body',
      target: '/v1/stock:count',
      want: { berlin: '612', lisbon: '32', oslo: '9007199254741023' },
    },
  ])('$name', async ({ target, want }) => {
    expect(await call('GET', target)).toMatchObject({ status: 200, json: want })
  })

  test('HEAD goes to the method the file names for it', async () => {
    const there = await call('HEAD', '/v1/items/BOX-S')
    expect({ status: there.status, length: there.headers.get('content-length') }).toEqual({ status: 200, length: '2' })
    expect((await call('HEAD', '/v1/items/NONE')).status).toBe(404)
    expect((await call('HEAD', '/v1/products/BOX-S')).headers.get('content-length')).not.toBe('2')
  })

  test('an item from its creation to its end', async () => {
    const item = {
      sku: 'TAPE',
      description: 'Tape',
      unit: 'UNIT_PIECE',
      priceCents: '18446744073709551615',
      cooledTo: -1,
    }
    expect(await call('POST', '/v1/items?validate_only=true', { body: item })).toMatchObject({
      status: 200,
      json: item,
    })
    expect((await call('GET', '/v1/items/TAPE')).status).toBe(404)
    expect(await call('POST', '/v1/items', { body: item })).toMatchObject({ status: 200, json: item })
    expect(await call('POST', '/v1/items', { body: item })).toMatchObject({ status: 409, json: { code: 6 } })
    const patched = await call('PATCH', '/v1/items/TAPE', { body: { size: { widthMm: 5 }, ambient: true } })
    expect(patched.json).toMatchObject({ description: 'Tape', size: { widthMm: 5 }, ambient: true })
    expect(patched.json).not.toHaveProperty('cooledTo')
    const put = await call('PUT', '/v1/items/TAPE', { body: { sku: 'TAPE', description: 'New' } })
    expect(put.json).toMatchObject({ description: 'New' })
    expect(put.json).not.toHaveProperty('size')
    expect(await call('PUT', '/v1/items/TAPE', { body: { description: 'x', revision: 1 } })).toMatchObject({
      status: 409,
    })
    expect((await call('DELETE', '/v1/items/TAPE')).body).toBe('{}')
    expect((await call('GET', '/v1/items/TAPE')).status).toBe(404)
  })

  test('stock is adjusted and transferred', async () => {
    const adjusted = await call('POST', '/v1/warehouses/berlin/stock/GLUE-1:adjust', { body: { delta: '5' } })
    expect(adjusted.json).toMatchObject({ sku: 'GLUE-1', warehouse: 'berlin', quantity: '5' })
    const refused = await call('POST', '/v1/warehouses/berlin/stock/GLUE-1:adjust', { body: { delta: -6 } })
    expect(refused).toMatchObject({ status: 400, json: { code: 9 } })
    const moved = await call('POST', '/v1/items/GLUE-1:transfer', { body: { from: 'berlin', to: 'oslo', quantity: 2 } })
    expect(moved.json).toMatchObject({ from: { quantity: '3' }, to: { warehouse: 'oslo', quantity: '2' } })
    expect(await call('DELETE', '/v1/items/GLUE-1')).toMatchObject({ status: 400, json: { code: 9 } })
  })

  test('a stream is known, and not served', async () => {
    expect(await call('GET', '/v1/movements')).toMatchObject({ status: 501, json: { code: 12 } })
  })

  test('a method without a rule is not exposed', async () => {
    const body = { beforeSequence: '1' }
    expect((await call('POST', '/inventory.v1.InventoryService/CompactLedger', { body })).status).toBe(404)
  })
})

describe('a field the path binds and the body has too', () => {
  test.each([
    { name: 'equal: accepted', sku: 'BOX-S', status: 200 },
    { name: 'another value: 400', sku: 'BOX-L', status: 400 },
  ])('$name', async ({ sku, status }) => {
    const answer = await call('PUT', '/v1/items/BOX-S', { body: { sku, description: 'Box' } })
    expect(answer.status).toBe(status)
  })
})
