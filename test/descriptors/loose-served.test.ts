import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { pino } from 'pino'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { loadFromSet, loadLoosely, startLooseServer } from './loose-server.js'

const NAMES = [
  'edition.proto',
  'orders.proto',
  'refunds.proto',
  'library/v1/library.proto',
  'inventory/v1/inventory.proto',
]

/** `protobridge serve --target`, before a Node server with npm's `@grpc/reflection` that answers what it is sent. */
async function serveTarget(
  server: Awaited<ReturnType<typeof startLooseServer>>,
): Promise<{ url: string; gateway: OperatedGateway; log: string[]; stop: () => Promise<void> }> {
  const log: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) })
  const gateway = await openGateway(
    {
      kind: 'target',
      target: `ipv4:127.0.0.1:${server.port}`,
      overrides: { listen: '127.0.0.1:0', admin: '127.0.0.1:0' },
    },
    { logger, env: { OTEL_SDK_DISABLED: 'true' } },
  )
  const { urls } = await gateway.listen()
  const stop = async () => {
    await gateway.close()
    await server.stop()
  }
  return { url: urls[0]!, gateway, log, stop }
}

async function post(url: string, body: unknown): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, json: await response.json() }
}

describe.each([
  { how: 'names kept', load: () => loadLoosely(NAMES, { keepCase: true }), versions: 'both' as const },
  { how: 'names changed to camelCase', load: () => loadLoosely(NAMES), versions: 'both' as const },
  { how: 'v1alpha only', load: () => loadLoosely(NAMES), versions: 'v1alpha' as const },
  {
    how: 'read from a descriptor set',
    load: () => loadFromSet(NAMES),
    versions: 'both' as const,
  },
])('a Node server with @grpc/reflection is served at once: $how', ({ load, versions }) => {
  let served: Awaited<ReturnType<typeof serveTarget>>
  beforeAll(async () => {
    served = await serveTarget(await startLooseServer(load(), versions))
  })
  afterAll(() => served.stop())

  test('every unary method of every service has its route', () => {
    const routes = served.gateway.snapshot.routes.map(({ route }) => route.rpcName)
    expect(routes).toEqual(
      expect.arrayContaining([
        'shop.orders.Orders.PutOrder',
        'shop.types.Refunds.Give',
        'shop.edition.Parcels.Send',
        'library.v1.LibraryService.GetBook',
        'inventory.v1.InventoryService.GetItem',
      ]),
    )
  })

  test('the operator is told once, in one line', () => {
    const warnings = served.log.map((line) => JSON.parse(line) as { level: number; msg: string })
    expect(warnings.filter(({ msg }) => msg.includes('loose')).map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^reflection of upstream:0:0: the descriptors are loose .*: name its protos to have them$/),
    ])
  })

  test.each([
    {
      what: 'maps, also those called like another message',
      json: {
        lines: { a: { count: 1, tags: [{ key: 'k', value: 'v' }] }, b: {} },
        printedLines: { text: 't' },
        stateByDay: { '-3': 'STATE_PAID', 4: 'STATE_SENT' },
        prices: { eur: { currencyCode: 'EUR', units: '9007199254740993' } },
        seenAt: { true: '2024-02-29T12:00:00Z' },
        tag: [{ key: 'x', value: 'y' }],
      },
    },
    {
      what: 'optional fields, present and empty',
      json: { giftNote: '', totalCents: '0', lastState: 'STATE_UNSPECIFIED' },
    },
    { what: 'nested enums', json: { state: 'STATE_SENT', lastState: 'STATE_PAID' } },
    {
      what: 'well-known types',
      json: {
        createdAt: '2024-02-29T12:00:00.123Z',
        openFor: '90.500s',
        extra: { a: [1, null, { b: true }] },
        weight: '12',
        mask: 'giftNote,state',
        attachment: { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1s' },
        failure: {
          code: 5,
          message: 'gone',
          details: [{ '@type': 'type.googleapis.com/google.protobuf.Duration', value: '2s' }],
        },
      },
    },
    {
      what: 'oneofs, bytes, lists, numbers',
      json: {
        cashAmount: { units: '1' },
        packedNumbers: [1, -2],
        unpackedNumbers: [3],
        labels: ['a'],
        rawData: 'AP8=',
        fieldWith2Digits: 0.5,
      },
    },
    {
      what: 'a proto2 message in a proto3 one',
      json: {
        origin: {
          country: '',
          zoneNumber: 0,
          kind: 'KIND_TRAIN',
          stops: [1, 2],
          packedStops: [3],
          left: '',
          levels: { a: 'LEVEL_HIGH' },
        },
      },
    },
  ])('$what', async ({ json }) => {
    const { status, json: answer } = await post(`${served.url}/shop.orders.Orders/PutOrder`, json)
    expect({ status, answer }).toEqual({ status: 200, answer: expect.objectContaining(json) })
  })

  test('fields are accepted by their names in the proto, too', async () => {
    const body = { order_id: 'o', field_with_2_digits: 2, printed_lines: { text: 't' } }
    expect(await post(`${served.url}/shop.orders.Orders/PutOrder`, body)).toEqual({
      status: 200,
      json: expect.objectContaining({ orderId: 'o', fieldWith2Digits: 2, printedLines: { text: 't' } }),
    })
  })

  test('types that need each other, of packages that import each other', async () => {
    const body = { order: { orderId: 'o' }, earlier: { reason: { refund: { amount: { units: '1' } } } } }
    const { status, json } = await post(`${served.url}/shop.types.Refunds/Give`, body)
    expect(status).toBe(200)
    expect(json).toMatchObject(body)
  })

  test('editions', async () => {
    const body = {
      explicit: '',
      expanded: [1, 2],
      b: 'TWO',
      parcels: { a: { implicit: 'x', required: 1 } },
      required: 0,
    }
    const { status, json } = await post(`${served.url}/shop.edition.Parcels/Send`, body)
    expect(status).toBe(200)
    expect(json).toMatchObject(body)
  })

  test('what is wrong is refused by the name of the field', async () => {
    const { status, json } = await post(`${served.url}/shop.orders.Orders/PutOrder`, { lastState: 'STATE_LOST' })
    expect(status).toBe(400)
    expect(JSON.stringify(json)).toContain('STATE_LOST')
  })
})

describe('a Node server whose services have no package', () => {
  let served: Awaited<ReturnType<typeof serveTarget>>
  beforeAll(async () => {
    // @grpc/reflection says on the console what it does not find.
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined)
    served = await serveTarget(await startLooseServer(loadLoosely(['nowhere.proto', 'visitor.proto'])))
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('Elsewhere'))
    warn.mockRestore()
  })
  afterAll(() => served.stop())

  test('is served', async () => {
    const body = { firstName: '', again: { elsewhere: { byName: { a: {} } } } }
    const { status, json } = await post(`${served.url}/Greeter/Greet`, body)
    expect(status).toBe(200)
    expect(json).toMatchObject(body)
  })

  test('types of no package are asked for where others use them', async () => {
    const body = { elsewhere: { byName: { a: {} } } }
    const { status, json } = await post(`${served.url}/visitor.Visits/Pay`, body)
    expect(status).toBe(200)
    expect(json).toMatchObject(body)
  })
})
