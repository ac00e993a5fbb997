import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decode, echoConfig, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { request, sendRaw } from '../support/raw-http.js'
import { callRest, type JsonAnswer } from '../support/rest.js'

/* Rulings: "Content". What an HTML form sends, over real sockets. */

const FORM = 'application/x-www-form-urlencoded'
const PROTO = 'application/x-protobuf, application/protobuf'
const FORMATS = 'application/json, application/xml, text/xml'

let upstream: EchoUpstream
let gateway: TestGateway
beforeAll(async () => {
  upstream = await startEchoUpstream()
  gateway = await startGateway(echoConfig(upstream))
})
afterAll(async () => {
  await gateway.stop()
  upstream.close()
})

const send = (method: string, target: string, body: string, ...headers: string[]): Promise<JsonAnswer> =>
  callRest(gateway.port, method, target, { body, headers: [`Content-Type: ${FORM}`, ...headers] })

describe('a form', () => {
  test('is the request; the answer is JSON', async () => {
    const body =
      'text=gr%C3%BC%C3%9Fe+%2B&number=-3&big=9007199254740993&words=a&words=b&mood=GOOD&someTime=2020-01-01T00:00:00Z'
    const answer = await send('POST', '/v1/echo', body)
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'application/json',
    })
    expect(answer.json).toMatchObject({
      text: 'grüße +',
      number: -3,
      big: '9007199254740993',
      words: ['a', 'b'],
      mood: 'GOOD',
      someTime: '2020-01-01T00:00:00Z',
    })
  })

  test('is one field, beside the path; the mask of a PATCH is its names', async () => {
    const answer = await send('PATCH', '/v1/items/7', 'display_name=x&part.count=2&tags=&id=7')
    expect(answer.json).toMatchObject({
      item: { id: '7', displayName: 'x', part: { count: 2 }, tags: [''] },
      maskPaths: ['display_name', 'part.count', 'tags', 'id'],
    })
  })

  test.each([
    FORM,
    'Application/X-WWW-Form-Urlencoded',
    `${FORM}; charset=utf-8`,
    `${FORM};charset="UTF-8"`,
    `${FORM}; unknown=parameter`,
  ])('is known by %s', async (type) => {
    const answer = await callRest(gateway.port, 'POST', '/v1/echo', {
      body: 'text=t',
      headers: [`Content-Type: ${type}`],
    })
    expect(answer.json).toMatchObject({ text: 't' })
  })

  test('comes in chunks as well, and may be empty', async () => {
    const head = ['Host: x', `Content-Type: ${FORM}`, 'Transfer-Encoding: chunked', '', ''].join('\r\n')
    const chunked = `POST /v1/echo HTTP/1.1\r\n${head}`
    expect((await sendRaw(gateway.port, `${chunked}3\r\ntex\r\n4\r\nt=%4\r\n1\r\n1\r\n0\r\n\r\n`)).body).toContain(
      '"text":"A"',
    )
    expect((await sendRaw(gateway.port, `${chunked}0\r\n\r\n`)).status).toBe(200)
    expect((await send('POST', '/v1/echo', '')).status).toBe(200)
  })

  test('of 10,000 pairs binds them all', async () => {
    const answer = await send('POST', '/v1/echo', 'words=w&'.repeat(10_000))
    expect((answer.json as { readonly words: unknown }).words).toHaveLength(10_000)
  })
})

describe('the answer to a form', () => {
  test.each([
    { accept: undefined, type: 'application/json' },
    { accept: '*/*', type: 'application/json' },
    { accept: 'application/*', type: 'application/json' },
    { accept: `${FORM}, */*;q=0.1`, type: 'application/json' },
    { accept: 'application/xml', type: 'application/xml' },
    { accept: 'application/x-protobuf', type: 'application/x-protobuf' },
  ])('Accept: $accept → $type', async ({ accept, type }) => {
    const answer = await send('POST', '/v1/echo', 'text=t', ...(accept === undefined ? [] : [`Accept: ${accept}`]))
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status: 200, type })
    if (type.endsWith('protobuf')) expect(decode('EchoResponse', answer.bytes)).toMatchObject({ text: 't' })
    else expect(answer.body).toContain('t')
  })

  test.each([FORM, `${FORM}, image/png`])('is never a form: Accept: %s → 406', async (accept) => {
    const before = upstream.calls
    const answer = await send('POST', '/v1/echo', 'text=t', `Accept: ${accept}`)
    expect(answer).toMatchObject({ status: 406, json: { details: [{ reason: 'NOT_ACCEPTABLE' }] } })
    expect((answer.json as { readonly message: string }).message).not.toContain(FORM)
    expect(upstream.calls).toBe(before)
  })

  test('$alt says which, and form is none', async () => {
    expect((await send('POST', '/v1/echo?$alt=xml', 'text=t')).headers.get('content-type')).toBe('application/xml')
    expect((await send('POST', '/v1/echo?$alt=form', 'text=t')).json).toMatchObject({
      message: '$alt: "form" is none of json, proto, xml, json;enum-encoding=int',
      details: [{ reason: 'MALFORMED_PARAMETER' }, {}],
    })
  })
})

describe('refused', () => {
  test.each([
    {
      name: 'a name of no field',
      method: 'POST',
      target: '/v1/echo',
      body: 'texd=x',
      reason: 'UNKNOWN_FIELD',
      field: 'texd',
    },
    {
      name: 'a name twice',
      method: 'POST',
      target: '/v1/echo',
      body: 'text=x&text=x',
      reason: 'DUPLICATE_FIELD',
      field: 'text',
    },
    {
      name: 'a map',
      method: 'PATCH',
      target: '/v1/items/7',
      body: 'labels=x',
      reason: 'UNBINDABLE_FIELD',
      field: 'item.labels',
    },
    {
      name: 'another value than the path’s',
      method: 'PATCH',
      target: '/v1/items/7',
      body: 'id=8',
      reason: 'FIELD_BOUND_TWICE',
      field: 'item.id',
    },
    {
      name: 'a value of another type',
      method: 'POST',
      target: '/v1/echo',
      body: 'number=x',
      reason: 'MALFORMED_FIELD',
      field: 'number',
    },
  ])('$name', async ({ method, target, body, reason, field }) => {
    const before = upstream.calls
    const answer = await send(method, target, body)
    expect(answer).toMatchObject({
      status: 400,
      json: { code: 3, details: [{ reason }, { fieldViolations: [{ field }] }] },
    })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(upstream.calls).toBe(before)
  })

  test.each([
    { name: 'an invalid escape', target: '/v1/echo', body: 'text=%', reason: 'MALFORMED_FORM' },
    {
      name: 'a query beside a form that is the whole request',
      target: '/v1/echo?number=1',
      body: 'text=x',
      reason: 'UNBINDABLE_PARAMETER',
    },
  ])('$name', async ({ target, body, reason }) => {
    const answer = await send('POST', target, body)
    expect(answer).toMatchObject({ status: 400, json: { code: 3 } })
    expect((answer.json as { readonly details: readonly unknown[] }).details[0]).toMatchObject({ reason })
  })

  test('a form where no body is bound', async () => {
    const answer = await send('DELETE', '/v1/echo', 'text=x')
    expect(answer).toMatchObject({ status: 400, json: { details: [{ reason: 'UNEXPECTED_BODY' }] } })
  })

  test('another charset: 415', async () => {
    const headers = [`Content-Type: ${FORM}; charset=iso-8859-1`]
    const answer = await callRest(gateway.port, 'POST', '/v1/echo', { body: 'text=x', headers })
    expect(answer).toMatchObject({ status: 415, json: { details: [{ reason: 'UNSUPPORTED_CHARSET' }] } })
  })

  test('multipart: 415, and forms are among what would do', async () => {
    const headers = ['Content-Type: multipart/form-data; boundary=x']
    const answer = await callRest(gateway.port, 'POST', '/v1/echo', { body: '--x--', headers })
    expect(answer).toMatchObject({ status: 415, json: { details: [{ reason: 'UNSUPPORTED_MEDIA_TYPE' }] } })
    expect(answer.headers.get('accept-post')).toBe(`application/json, ${PROTO}, application/xml, text/xml, ${FORM}`)
  })

  test.each([FORM, 'application/x-protobuf'])('a scalar body as %s: 415 with what would do, unread', async (type) => {
    const head = request('PUT', '/v1/number', [`Content-Type: ${type}`, 'Content-Length: 100'])
    const answer = await sendRaw(gateway.port, head)
    expect({ status: answer.status, accept: answer.headers.get('accept-post') }).toEqual({
      status: 415,
      accept: FORMATS,
    })
    if (type === FORM) expect(answer.body).toContain('UNSUPPORTED_BODY')
  })
})

test('where the body is raw, a form is bytes like any other', async () => {
  const answer = await send('POST', '/v1/raw', 'a=%zz')
  expect({ type: answer.headers.get('content-type'), body: answer.body }).toEqual({ type: FORM, body: 'a=%zz' })
})
