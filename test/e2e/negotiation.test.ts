import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decode, echoConfig, encode, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { request, sendRaw, type RawResponse } from '../support/raw-http.js'
import { callRest } from '../support/rest.js'

/* Rulings: "Content". Which format comes in, and which goes out. */

const JSON_TYPE = 'application/json'
const PROTO = 'application/x-protobuf'
const PROBLEM = 'application/problem+json'
const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8'
const FIREFOX = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

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

/** POST /v1/echo with bytes of a type. */
function post(
  type: string | undefined,
  body: string | Buffer,
  headers: readonly string[] = [],
  query = '',
): Promise<RawResponse> {
  const typed = type === undefined ? headers : [`Content-Type: ${type}`, ...headers]
  const bytes = Buffer.from(body)
  const head = request('POST', `/v1/echo${query}`, [`Content-Length: ${bytes.length}`, ...typed])
  return sendRaw(gateway.port, Buffer.concat([Buffer.from(head), bytes]))
}
const get = (accept: string | undefined, target = '/v1/echo?text=hi'): Promise<RawResponse> =>
  sendRaw(gateway.port, request('GET', target, accept === undefined ? [] : [`Accept: ${accept}`]))
const isError = (type: string, status: number) => ({ status, type })

describe('caches are told whether Accept chose the format', () => {
  const COMPRESSED = 'Accept-Encoding'
  const NEGOTIATED = `Accept, ${COMPRESSED}`
  test.each([
    { what: 'an answer', line: 'GET /v1/echo', vary: NEGOTIATED },
    { what: 'an answer to who does not say', line: 'GET /v1/echo', accept: '*/*', vary: NEGOTIATED },
    { what: 'an error of the upstream', line: 'GET /v1/echo?answer.code=5', vary: NEGOTIATED },
    { what: 'a path that nobody knows', line: 'GET /nowhere', vary: NEGOTIATED },
    { what: 'what is not acceptable', line: 'GET /v1/echo', accept: 'image/png', vary: NEGOTIATED },
    { what: '$alt goes before it', line: 'GET /v1/echo?$alt=json', vary: COMPRESSED },
    { what: 'an error where $alt goes before it', line: 'GET /v1/echo?$alt=json&nope=1', vary: COMPRESSED },
    { what: 'raw bytes have a type of their own', line: 'GET /v1/raw', vary: undefined },
    { what: 'an error instead of raw bytes', line: 'GET /v1/raw?nope=1', vary: NEGOTIATED },
    { what: 'nothing to read', line: 'OPTIONS /v1/echo', vary: undefined },
  ])('$what: $vary', async ({ line, accept = PROTO, vary }) => {
    const [method, target] = line.split(' ') as [string, string]
    const answer = await sendRaw(gateway.port, request(method, target, [`Accept: ${accept}`]))
    expect(answer.headers.get('vary')).toBe(vary)
    expect(answer.headerLines.filter(([name]) => name.toLowerCase() === 'vary')).toHaveLength(
      vary === undefined ? 0 : 1,
    )
  })
})

describe('the response type, by Accept', () => {
  test.each([
    { accept: undefined, type: JSON_TYPE },
    { accept: '', type: JSON_TYPE },
    { accept: '*/*', type: JSON_TYPE },
    { accept: 'application/*', type: JSON_TYPE },
    { accept: JSON_TYPE, type: JSON_TYPE },
    { accept: 'APPLICATION/JSON', type: JSON_TYPE },
    { accept: 'application/json; charset=utf-8', type: JSON_TYPE },
    { accept: 'application/json;version=1;q=0.5, image/png', type: JSON_TYPE },
    { accept: PROTO, type: PROTO },
    { accept: 'application/protobuf', type: 'application/protobuf' },
    { accept: `${JSON_TYPE}, ${PROTO}`, type: JSON_TYPE },
    { accept: `${PROTO}, ${JSON_TYPE}`, type: PROTO },
    { accept: `${JSON_TYPE};q=0.5, ${PROTO}`, type: PROTO },
    { accept: `${JSON_TYPE};q=0.5, ${PROTO};q=0.4`, type: JSON_TYPE },
    { accept: `${JSON_TYPE};q=0, */*`, type: PROTO },
    { accept: `${PROTO};q=0, */*`, type: JSON_TYPE },
    { accept: `image/png, ${PROTO};q=0.1`, type: PROTO },
    { accept: 'image/png, */*;q=0.1', type: JSON_TYPE },
    { accept: CHROME, type: JSON_TYPE },
    { accept: FIREFOX, type: JSON_TYPE },
    { accept: 'text/html', type: JSON_TYPE },
    { accept: `${JSON_TYPE}, ${PROBLEM}`, type: JSON_TYPE },
    { accept: 'application/xml', type: 'application/xml' },
    { accept: 'text/xml', type: 'text/xml' },
    { accept: 'text/*', type: 'text/xml' },
    { accept: `${JSON_TYPE};q=0.5, application/xml;q=0.6`, type: 'application/xml' },
    { accept: `application/xml;q=0.5, ${JSON_TYPE}`, type: JSON_TYPE },
  ])('$accept → $type', async ({ accept, type }) => {
    const answer = await get(accept)
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status: 200, type })
    if (type === JSON_TYPE) expect(JSON.parse(answer.body)).toMatchObject({ text: 'hi' })
    else if (type.endsWith('/xml')) expect(answer.body).toContain('<text>hi</text>')
    else expect(decode('EchoResponse', answer.bytes)).toMatchObject({ text: 'hi' })
  })

  test.each(['image/png', 'application/vnd.api+json', `${JSON_TYPE};q=0`, '*/*;q=0', 'text/html;q=0', 'nonsense'])(
    '%s → 406, in JSON, and no call is made',
    async (accept) => {
      const before = upstream.calls
      const answer = await get(accept)
      expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual(isError(JSON_TYPE, 406))
      expect(upstream.calls).toBe(before)
    },
  )

  test.each([
    { name: 'absent', headers: [] },
    { name: '*/*', headers: ['Accept: */*'] },
    { name: 'a wildcard beside what we have not', headers: ['Accept: image/png, */*;q=0.1'] },
    { name: 'application/*', headers: ['Accept: application/*'] },
  ])('Accept $name: the request’s format', async ({ headers }) => {
    const answer = await post(PROTO, encode('EchoRequest', { text: 'p' }), headers)
    expect(answer.headers.get('content-type')).toBe(PROTO)
    expect(decode('EchoResponse', answer.bytes)).toMatchObject({ text: 'p' })
    expect((await post(JSON_TYPE, '{"text":"j"}', headers)).headers.get('content-type')).toBe(JSON_TYPE)
  })

  test('Accept wins over the request’s format', async () => {
    const answer = await post(PROTO, encode('EchoRequest', { text: 'p' }), [`Accept: ${JSON_TYPE}`])
    expect(JSON.parse(answer.body)).toMatchObject({ text: 'p' })
    const other = await post(JSON_TYPE, '{"text":"j"}', [`Accept: ${PROTO}`])
    expect(decode('EchoResponse', other.bytes)).toMatchObject({ text: 'j' })
  })

  test('two Accept headers are one list', async () => {
    const answer = await sendRaw(gateway.port, request('GET', '/v1/echo', ['Accept: image/png', `Accept: ${PROTO}`]))
    expect(answer.headers.get('content-type')).toBe(PROTO)
  })

  test.each([
    { alt: 'json', accept: PROTO, type: JSON_TYPE },
    { alt: 'proto', accept: JSON_TYPE, type: PROTO },
    { alt: 'proto', accept: 'image/png', type: PROTO },
    { alt: 'json;enum-encoding=int', accept: '*/*', type: JSON_TYPE },
  ])('$$alt=$alt wins over Accept: $accept', async ({ alt, accept, type }) => {
    const answer = await get(accept, `/v1/echo?mood=GOOD&$alt=${alt}`)
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status: 200, type })
    if (alt.endsWith('int')) expect(JSON.parse(answer.body)).toMatchObject({ mood: 1 })
  })

  test('$prettyPrint', async () => {
    expect((await get(undefined, '/v1/echo?text=a&$prettyPrint=true')).body).toMatch(/^\{\n {2}"text": "a",\n/)
    expect((await get(undefined, '/v1/echo?text=a&$prettyPrint=false')).body).toMatch(/^\{"text":"a",/)
  })

  test('an unknown field from the upstream is dropped from JSON, kept in protobuf', async () => {
    const raw = Buffer.from([0x0a, 1, 0x61, 0xf8, 0x06, 5])
    const body = JSON.stringify({ answer: { raw: raw.toString('base64') } })
    expect((await post(JSON_TYPE, body)).body).toBe('{"text":"a"}')
    expect((await post(JSON_TYPE, body, [`Accept: ${PROTO}`])).bytes).toEqual(raw)
  })
})

describe('the request type', () => {
  test.each([
    undefined,
    JSON_TYPE,
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'Application/JSON',
    'application/vnd.example.v1+json',
    'application/merge-patch+json; charset=utf-8',
    'application/json; unknown=parameter',
  ])('%s is JSON', async (type) => {
    const answer = await post(type, '{"text":"grüße"}')
    expect(JSON.parse(answer.body)).toMatchObject({ text: 'grüße' })
  })

  test.each([PROTO, 'application/protobuf', 'Application/X-Protobuf'])('%s is protobuf', async (type) => {
    const answer = await post(type, encode('EchoRequest', { text: 'grüße', big: '9007199254740993' }), [
      `Accept: ${JSON_TYPE}`,
    ])
    expect(JSON.parse(answer.body)).toMatchObject({ text: 'grüße', big: '9007199254740993' })
  })

  test.each(['identity', 'Identity', '', 'identity, identity', ', ,'])(
    'Content-Encoding: %s is none',
    async (coding) => {
      expect((await post(JSON_TYPE, '{}', [`Content-Encoding: ${coding}`])).status).toBe(200)
    },
  )

  test('the type of no body does not matter', async () => {
    const headers = ['Content-Type: text/csv', 'Content-Length: 0']
    expect((await sendRaw(gateway.port, request('POST', '/v1/echo', headers))).status).toBe(200)
    expect((await sendRaw(gateway.port, request('GET', '/v1/echo', ['Content-Type: text/csv']))).status).toBe(200)
  })

  test('{} carries nothing, and is accepted where no body is bound', async () => {
    expect(
      (await sendRaw(gateway.port, request('GET', '/v1/echo', [`Content-Type: ${JSON_TYPE}`], ' {} '))).status,
    ).toBe(200)
    expect((await sendRaw(gateway.port, request('DELETE', '/v1/echo', [], '{}'))).status).toBe(200)
  })

  test('a scalar as body and as answer', async () => {
    const answer = await callRest(gateway.port, 'PUT', '/v1/number', { body: '-12' })
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: '-12' })
    expect((await callRest(gateway.port, 'PUT', '/v1/number', { body: '"7"' })).body).toBe('7')
  })

  test('a scalar body that is empty: 400', async () => {
    const answer = await callRest(gateway.port, 'PUT', '/v1/number')
    expect(answer).toMatchObject({ status: 400, json: { code: 3, details: [{ reason: 'MISSING_BODY' }, {}] } })
  })
})

describe('google.api.HttpBody', () => {
  const raw = (target: string, type: string | undefined, body: Buffer, ...headers: string[]): Promise<RawResponse> => {
    const typed = type === undefined ? headers : [`Content-Type: ${type}`, ...headers]
    const head = request('POST', target, [`Content-Length: ${body.length}`, ...typed])
    return sendRaw(gateway.port, Buffer.concat([Buffer.from(head), body]))
  }
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 255))

  test.each([
    { name: 'a type we read ourselves is not read', target: '/v1/raw', type: JSON_TYPE },
    { name: 'a type we do not', target: '/v1/raw', type: 'image/png' },
    { name: 'a charset we refuse elsewhere', target: '/v1/raw', type: 'text/plain; charset=latin1' },
    { name: 'the whole request', target: '/v1/whole', type: 'text/csv; header=present' },
  ])('$name: bytes and type as they are, both ways, whatever Accept says', async ({ target, type }) => {
    const answer = await raw(target, type, bytes, 'Accept: application/x-never')
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status: 200, type })
    expect(answer.bytes.equals(bytes)).toBe(true)
  })

  test('without a type it is application/octet-stream', async () => {
    expect((await raw('/v1/raw', undefined, bytes)).headers.get('content-type')).toBe('application/octet-stream')
  })

  test('an empty one is an empty body', async () => {
    const answer = await raw('/v1/raw', 'image/png', Buffer.alloc(0))
    expect({ status: answer.status, length: answer.headers.get('content-length'), body: answer.body }).toEqual({
      status: 200,
      length: '0',
      body: '',
    })
  })

  test('its errors are errors like others', async () => {
    const answer = await sendRaw(gateway.port, request('GET', '/v1/raw?nope=1', ['Accept: image/png']))
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual(isError(JSON_TYPE, 400))
  })
})

describe('the type of an error', () => {
  const failing = '/v1/echo?answer.code=5&answer.message=gone'

  test.each([
    { name: 'the upstream’s', target: failing, status: 404 },
    { name: 'the gateway’s', target: '/v1/echo?nope=1', status: 400 },
    { name: 'without a route', target: '/nowhere', status: 404 },
  ])('$name: JSON, protobuf or a problem, as Accept has it', async ({ target, status }) => {
    for (const [accept, type] of [
      [undefined, JSON_TYPE],
      ['*/*', JSON_TYPE],
      [CHROME, JSON_TYPE],
      [JSON_TYPE, JSON_TYPE],
      [PROTO, PROTO],
      [`${PROBLEM}, ${JSON_TYPE};q=0.9`, PROBLEM],
      [`${JSON_TYPE}, ${PROBLEM};q=0.9`, JSON_TYPE],
      [`${JSON_TYPE};q=0.9, ${PROBLEM}`, PROBLEM],
      [`*/*;q=0.1, ${PROBLEM}`, PROBLEM],
    ] as const) {
      const answer = await get(accept, target)
      expect({ accept, ...isError(answer.headers.get('content-type')!, answer.status) }).toEqual({
        accept,
        ...isError(type, status),
      })
    }
  })

  test.each([
    { accept: 'image/png', type: JSON_TYPE },
    { accept: PROBLEM, type: PROBLEM },
  ])('where Accept has nothing else than $accept, errors are $type', async ({ accept, type }) => {
    expect((await get(accept, '/nowhere')).headers.get('content-type')).toBe(type)
    expect((await get(accept)).headers.get('content-type')).toBe(type)
  })

  test('a body in protobuf that is refused is answered in protobuf', async () => {
    const answer = await post(PROTO, '\x12')
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual(isError(PROTO, 400))
    // google.rpc.Status: code = 1, an int32.
    expect([...answer.bytes.subarray(0, 2)]).toEqual([0x08, 3])
  })

  test('$alt says so as well', async () => {
    expect((await get(JSON_TYPE, `${failing}&$alt=proto`)).headers.get('content-type')).toBe(PROTO)
    expect((await get(PROTO, `${failing}&$alt=json`)).headers.get('content-type')).toBe(JSON_TYPE)
  })

  test('XML is answered in XML, and in JSON where that is asked for', async () => {
    const body = '<EchoRequest><text>x</text></EchoRequest>'
    const same = await post('application/xml', body, [])
    expect(same.headers.get('content-type')).toBe('application/xml')
    expect(same.body).toContain('<text>x</text>')
    const other = await post('text/xml; charset=utf-8', body, [`Accept: ${JSON_TYPE}`])
    expect(JSON.parse(other.body)).toMatchObject({ text: 'x' })
    const refused = await post('application/xml', '<EchoRequest><text>x</EchoRequest>', [])
    expect({ status: refused.status, type: refused.headers.get('content-type') }).toEqual(
      isError('application/xml', 400),
    )
    expect(refused.body).toContain('<Status><code>3</code>')
  })

  test('a problem document in XML (RFC 9457, appendix B)', async () => {
    const answer = await get('application/problem+xml, */*;q=0.1', '/v1/echo?number=x')
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual(
      isError('application/problem+xml', 400),
    )
    expect(answer.body).toContain('<problem xmlns="urn:ietf:rfc:7807">')
  })

  test('a problem document (RFC 9457)', async () => {
    const answer = await get(`${PROBLEM}, */*;q=0.1`, '/v1/echo?number=x')
    expect(JSON.parse(answer.body)).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: expect.stringContaining('number'),
      code: 3,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'MALFORMED_PARAMETER', domain: 'protobridge' },
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [{ field: 'number', description: expect.any(String) }],
        },
      ],
    })
  })
})
