import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { sendRaw } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* The configuration that changes how requests are read and answers written, each key by what it does. */

let upstream: EchoUpstream
let gateway: TestGateway | undefined
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})
afterAll(() => upstream.close())

/** Starts the echo service with more configuration. */
async function serve(more: object, options: object = {}): Promise<number> {
  gateway = await startGateway({ ...echoConfig(upstream, options), ...more })
  return gateway.port
}
const get = (port: number, target: string) => callRest(port, 'GET', target)
const post = (port: number, body: unknown) => callRest(port, 'POST', '/v1/echo', { body })
const statusAt = async (port: number, target: string, host: string): Promise<number> =>
  (await sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status

describe('hosts and prefix', () => {
  test('an upstream’s hosts bound its routes, whatever case, port and final dot', async () => {
    const port = await serve({}, { hosts: ['api.example.com', 'b.example'] })
    const statuses = []
    for (const host of [
      'api.example.com',
      'API.Example.COM.',
      'b.example:8080',
      'example.com',
      'x.api.example.com',
      '',
    ]) {
      statuses.push(await statusAt(port, '/v1/echo', host))
    }
    expect(statuses).toEqual([200, 200, 200, 404, 404, 404])
  })

  test('its prefix is stripped before matching; a part of it, or none, is 404', async () => {
    const port = await serve({}, { prefix: '/echo/api' })
    const statuses = []
    for (const target of [
      '/echo/api/v1/echo',
      '/v1/echo',
      '/echo/v1/echo',
      '/echo/apiv1/echo',
      '/ECHO/api/v1/echo',
      '/echo%2Fapi/v1/echo',
    ]) {
      statuses.push((await get(port, target)).status)
    }
    expect(statuses).toEqual([200, 404, 404, 404, 404, 404])
    expect((await get(port, '/echo/api/v1/deep/a/b/c')).json).toMatchObject({ text: 'a/b/c' })
    expect((await callRest(port, 'PUT', '/echo/api/v1/echo')).headers.get('allow')).toBe(
      'DELETE, GET, HEAD, OPTIONS, POST',
    )
  })

  test('a host that is not served is 404, not 405', async () => {
    const port = await serve({}, { hosts: ['b.example'] })
    const answer = await sendRaw(port, 'PUT /v1/echo HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(answer.status).toBe(404)
  })
})

describe('captures as the upstream gets them', () => {
  test.each([
    { name: 'a single segment is fully decoded', target: '/v1/echo/a%2Fb%20c%C3%BC%2B+', text: 'a/b cü++' },
    { name: 'what looks like an escape once decoded stays so', target: '/v1/echo/%252F', text: '%2F' },
    {
      name: 'several segments are decoded, but for %2F',
      target: '/v1/deep/a/b%2Fc/d%20e/%252f',
      text: 'a/b%2Fc/d e/%2f',
    },
    { name: '** of no segment', target: '/v1/deep/a', text: 'a' },
    { name: '** keeps empty segments', target: '/v1/deep/a//b/', text: 'a//b/' },
    { name: 'dots that are no dot segments', target: '/v1/deep/a/.../..x', text: 'a/.../..x' },
    { name: ';params', target: '/v1/echo/a;b=c', text: 'a;b=c' },
    { name: 'a verb behind a capture of two segments', target: '/v1/pair/x/y:verb', text: 'x/y' },
    { name: 'a verb no route has, in the value', target: '/v1/echo/x:other', text: 'x:other' },
    { name: 'an encoded colon is no verb', target: '/v1/echo/x%3Averb', text: 'x:verb' },
  ])('$name', async ({ target, text }) => {
    expect((await get(await serve({}), target)).json).toMatchObject({ text })
  })

  test('a number', async () => {
    const port = await serve({})
    expect((await get(port, '/v1/numbers/-7')).json).toMatchObject({ number: -7 })
    expect(await get(port, '/v1/numbers/7.5')).toMatchObject({
      status: 400,
      json: { details: [{ reason: 'MALFORMED_PATH_VALUE' }, { fieldViolations: [{ field: 'number' }] }] },
    })
  })
})

describe('query', () => {
  test('default: what is unknown is refused', async () => {
    expect((await get(await serve({}), '/v1/echo?utm_source=x')).status).toBe(400)
  })

  test('ignore: what is listed passes, the rest is refused', async () => {
    const port = await serve({ query: { ignore: ['utm_source', 'api_key'] } })
    expect((await get(port, '/v1/echo?utm_source=x&text=a&api_key=k&api_key=l')).json).toMatchObject({ text: 'a' })
    expect((await get(port, '/v1/echo?utm_medium=x')).status).toBe(400)
    expect((await callRest(port, 'POST', '/v1/echo?utm_source=x', { body: {} })).status).toBe(200)
  })

  test('unknown: ignore', async () => {
    const port = await serve({ query: { unknown: 'ignore' } })
    expect((await get(port, '/v1/echo?nope=1&text=a&text.x=2&answer.nope=3')).json).toMatchObject({ text: 'a' })
    expect((await get(port, '/v1/echo?number=x')).status).toBe(400)
    expect((await callRest(port, 'POST', '/v1/echo?nope=1', { body: {} })).status).toBe(200)
  })

  test('+ is a space, in the path a plus', async () => {
    const port = await serve({})
    expect((await get(port, '/v1/echo?text=a+b%2B')).json).toMatchObject({ text: 'a b+' })
    expect((await get(port, '/v1/echo/a+b')).json).toMatchObject({ text: 'a+b' })
  })
})

describe('json', () => {
  test('default: unknown fields are refused, defaults left out, enums by name, lowerCamelCase', async () => {
    const port = await serve({})
    expect((await post(port, { nope: 1 })).status).toBe(400)
    const { json } = await post(port, { text: '', mood: 'GOOD', someTime: '2020-01-01T00:00:00Z' })
    expect(json).toMatchObject({ mood: 'GOOD', someTime: '2020-01-01T00:00:00Z' })
    for (const name of ['text', 'number', 'big', 'words', 'flag', 'maskPaths']) expect(json).not.toHaveProperty(name)
  })

  test('unknownFields: ignore, at any depth; what is known is still checked', async () => {
    const port = await serve({ json: { unknownFields: 'ignore' } })
    expect((await post(port, { nope: { a: [1] }, text: 'a', answer: { nope: 1 } })).json).toMatchObject({ text: 'a' })
    expect((await post(port, { number: 'x' })).status).toBe(400)
    expect((await post(port, '{"nope":1,"nope":2}')).status).toBe(400)
  })

  test('emitDefaults', async () => {
    const { json } = await post(await serve({ json: { emitDefaults: true } }), {})
    expect(json).toMatchObject({
      text: '',
      number: 0,
      big: '0',
      words: [],
      mood: 'MOOD_UNSPECIFIED',
      flag: false,
      maskPaths: [],
    })
    expect(json).not.toHaveProperty('item')
    expect(json).not.toHaveProperty('someTime')
  })

  test('enumsAsIntegers', async () => {
    expect((await post(await serve({ json: { enumsAsIntegers: true } }), { mood: 'BAD' })).json).toMatchObject({
      mood: 2,
    })
  })

  test('protoNames: out under proto names, in under either', async () => {
    const port = await serve({ json: { protoNames: true } })
    const { json } = await post(port, { someTime: '2020-01-01T00:00:00Z' })
    expect(json).toMatchObject({ some_time: '2020-01-01T00:00:00Z' })
    expect(json).not.toHaveProperty('someTime')
  })
})

describe('patch', () => {
  const patch = (port: number, query: string, body: unknown) => callRest(port, 'PATCH', `/v1/items/7${query}`, { body })

  test.each([
    { name: 'what is present', body: { displayName: 'a', count: 0 }, mask: ['display_name', 'count'] },
    { name: 'null is present', body: { displayName: null, part: null }, mask: ['display_name', 'part'] },
    {
      name: 'down to the leaves of messages',
      body: { part: { displayName: 'a', part: { count: 1 } } },
      mask: ['part.display_name', 'part.part.count'],
    },
    {
      name: 'not into lists, maps and well-known types',
      body: { tags: ['a'], labels: { k: 'v' }, someTime: '2020-01-01T00:00:00Z' },
      mask: ['tags', 'labels', 'some_time'],
    },
    { name: 'an empty message is a leaf', body: { part: {} }, mask: ['part'] },
  ])('deriveMask by default: $name', async ({ body, mask }) => {
    const { json } = await patch(await serve({}), '', body)
    expect([...(json as { maskPaths: string[] }).maskPaths].sort()).toEqual([...mask].sort())
  })

  test('an explicit mask always wins', async () => {
    const { json } = await patch(await serve({}), '?updateMask=count', { displayName: 'a' })
    expect(json).toMatchObject({ maskPaths: ['count'], item: { id: '7', displayName: 'a' } })
  })

  test('deriveMask: false', async () => {
    const { json } = await patch(await serve({ patch: { deriveMask: false } }), '', { displayName: 'a' })
    expect(json).toMatchObject({ item: { id: '7', displayName: 'a' } })
    expect(json).not.toHaveProperty('maskPaths')
  })
})

describe('policies', () => {
  test('maxRequestBytes: the later entry wins, the limit itself is allowed', async () => {
    const port = await serve({
      policies: [
        { select: '*', maxRequestBytes: 100 },
        { select: 'echo.v1.EchoService.Echo', maxRequestBytes: '1KiB' },
      ],
    })
    const echo = (bytes: number) => callRest(port, 'POST', '/v1/echo', { body: `{}${' '.repeat(bytes - 2)}` })
    const number = (bytes: number) => callRest(port, 'PUT', '/v1/number', { body: `1${' '.repeat(bytes - 1)}` })
    expect([(await echo(1024)).status, (await echo(1025)).status]).toEqual([200, 413])
    expect([(await number(100)).status, (await number(101)).status]).toEqual([200, 413])
  })

  test('maxRequestBytes is 4 MiB where nothing is said', async () => {
    const port = await serve({})
    const echo = async (bytes: number) =>
      (await callRest(port, 'POST', '/v1/echo', { body: `{}${' '.repeat(bytes - 2)}` })).status
    expect([await echo(4 * 1024 * 1024), await echo(4 * 1024 * 1024 + 1)]).toEqual([200, 413])
  })

  test('maxResponseBytes of an upstream', async () => {
    const port = await serve({}, { maxResponseBytes: '2KiB' })
    expect((await get(port, '/v1/echo?answer.size=1000')).status).toBe(200)
    expect(await get(port, '/v1/echo?answer.size=3000')).toMatchObject({
      status: 502,
      json: { code: 13, details: [{ reason: 'UPSTREAM_PROTOCOL_ERROR' }] },
    })
  })
})

describe('autoMap', () => {
  test('a method is served at /package.Service/Method, and an explicit rule replaces it', async () => {
    const { schema } = echoConfig(upstream) as { schema: object[] }
    const port = await serve({ schema: [{ ...schema[0], autoMap: true }] })
    expect((await callRest(port, 'POST', '/echo.v1.EchoService/Echo', { body: {} })).status).toBe(404)
    expect((await post(port, {})).status).toBe(200)
  })
})
