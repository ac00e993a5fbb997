import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { decode, echoConfig, encode, startEchoUpstream, type EchoUpstream } from '../support/echo-upstream.js'
import { startGateway, type TestGateway } from '../support/gateway.js'
import { request, sendRaw, type RawResponse } from '../support/raw-http.js'

/* Rulings: "Content", row by row, where negotiation.test.ts, form.test.ts and compression.test.ts do not have it yet. */

const JSON_TYPE = 'application/json'
const PROTO = 'application/x-protobuf'
const XML = 'application/xml'
const FORM = 'application/x-www-form-urlencoded'
const PROBLEM_JSON = 'application/problem+json'
const PROBLEM_XML = 'application/problem+xml'

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

interface Sent {
  readonly method?: string
  readonly target?: string
  /** Of the body; absent: none is sent. */
  readonly type?: string
  readonly accept?: string | undefined
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

function send({ method = 'POST', target = '/v1/echo', type, accept, headers = [], body }: Sent): Promise<RawResponse> {
  const bytes = Buffer.from(body ?? '')
  const lines = [
    ...(body === undefined ? [] : [`Content-Length: ${bytes.length}`]),
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...(accept === undefined ? [] : [`Accept: ${accept}`]),
    ...headers,
  ]
  const whole = Buffer.concat([Buffer.from(request(method, target, lines)), bytes])
  return sendRaw(gateway.port, whole, { isHead: method === 'HEAD' })
}

const get = (accept: string | undefined, target = '/v1/echo?text=hi'): Promise<RawResponse> =>
  send({ method: 'GET', target, accept })
const typeOf = ({ headers }: RawResponse): string | undefined => headers.get('content-type')

/** The reason of an error, in whichever text format it is. */
function reasonOf({ body }: RawResponse): string | undefined {
  return /(?:<reason>|"reason":")([A-Z_]+)/.exec(body)?.[1]
}

describe('request type', () => {
  const document = '<EchoRequest><text>grüße</text></EchoRequest>'
  test.each([
    'application/xml',
    'text/xml',
    'APPLICATION/XML',
    'application/atom+xml',
    'application/vnd.example.v1+xml; profile="a;b"',
    'image/svg+XML',
    'text/xml;charset=UTF-8',
  ])('%s is XML', async (type) => {
    const answer = await send({ type, body: document, accept: JSON_TYPE })
    expect(JSON.parse(answer.body)).toMatchObject({ text: 'grüße' })
  })

  test.each(['text/x+json', 'application/json-patch+json', 'application/json;', 'application/json ; charset=utf-8 ;'])(
    '%s is JSON',
    async (type) => {
      expect(JSON.parse((await send({ type, body: '{"text":"grüße"}' })).body)).toMatchObject({ text: 'grüße' })
    },
  )

  const unsupported = [
    'text/plain',
    'text/html',
    'text/json',
    'text/csv',
    'image/png',
    'application/octet-stream',
    'application/grpc',
    'application/grpc-web+proto',
    'application/jsonp',
    'application/+json',
    'application/+xml',
    'application/xml-dtd',
    'application/xml+zip',
    'application/x-protobuf-text',
    'multipart/form-data; boundary=x',
    '*/*',
    'application/*',
    'json',
    '+json',
    '/',
    ';',
    'application/json, application/xml',
    'application json',
  ]
  test.each(unsupported)('%s → 415 with Accept-Post, unread', async (type) => {
    const before = upstream.calls
    const answer = await send({ type, body: '{"text":"x"}' })
    expect({ status: answer.status, reason: reasonOf(answer), type: typeOf(answer) }).toEqual({
      status: 415,
      reason: 'UNSUPPORTED_MEDIA_TYPE',
      type: JSON_TYPE,
    })
    expect(answer.headers.get('accept-post')).toBe(
      'application/json, application/x-protobuf, application/protobuf, application/xml, text/xml, application/x-www-form-urlencoded',
    )
    expect(answer.headers.has('accept-patch')).toBe(false)
    expect(upstream.calls).toBe(before)
  })

  test('a PATCH → 415 with Accept-Patch (RFC 5789 §2.2)', async () => {
    const answer = await send({ method: 'PATCH', target: '/v1/items/1', type: 'text/csv', body: 'a' })
    expect(answer.status).toBe(415)
    expect(answer.headers.get('accept-patch')).toMatch(/^application\/json, .*application\/xml/)
    expect(answer.headers.has('accept-post')).toBe(false)
  })

  test('a PUT of a scalar → 415 with what has a form for a scalar', async () => {
    const answer = await send({ method: 'PUT', target: '/v1/number', type: PROTO, body: '\x08\x01' })
    expect({ status: answer.status, post: answer.headers.get('accept-post') }).toEqual({
      status: 415,
      post: 'application/json, application/xml, text/xml',
    })
  })

  test.each([
    { name: 'JSON', type: JSON_TYPE, body: '{}' },
    { name: 'JSON with white space', type: JSON_TYPE, body: '\r\n{ }\t' },
    { name: 'no type', type: undefined, body: '{}' },
    { name: 'an empty root element', type: XML, body: '<?xml version="1.0"?><a></a>' },
    { name: 'an empty root element with a comment', type: 'text/xml', body: '<a/><!-- nothing -->' },
  ])('what carries nothing is accepted where no body is bound: $name', async ({ body, ...typed }) => {
    const type = typed.type === undefined ? {} : { type: typed.type }
    expect((await send({ method: 'DELETE', body, ...type })).status).toBe(200)
  })

  test.each([
    { name: 'JSON', type: JSON_TYPE, body: '{"text":""}' },
    { name: 'null', type: JSON_TYPE, body: 'null' },
    { name: 'an element', type: XML, body: '<a><b/></a>' },
    { name: 'an attribute', type: XML, body: '<a b=""/>' },
    { name: 'text', type: XML, body: '<a> x </a>' },
    { name: 'protobuf', type: PROTO, body: '\x0a\x00' },
    { name: 'a form', type: FORM, body: 'text=' },
  ])('non-empty body where none is bound: 400, nothing a client sent is dropped: $name', async ({ type, body }) => {
    const answer = await send({ method: 'DELETE', type, body, accept: JSON_TYPE })
    expect({ status: answer.status, reason: reasonOf(answer) }).toEqual({ status: 400, reason: 'UNEXPECTED_BODY' })
  })
})

describe('charset', () => {
  const declared = (encoding: string, text = 'a'): string =>
    `<?xml version="1.0" encoding="${encoding}"?><EchoRequest><text>${text}</text></EchoRequest>`
  const utf16 = Buffer.from(`\ufeff${declared('UTF-16')}`, 'utf16le')

  test.each([
    { name: 'JSON, utf-8', type: 'application/json; charset=utf-8', body: '{"text":"a"}' },
    { name: 'JSON, "UTF-8"', type: 'application/json; charset="UTF-8"', body: '{"text":"a"}' },
    { name: 'JSON, Utf8', type: 'application/json;Charset=Utf8', body: '{"text":"a"}' },
    { name: 'XML, UTF-8 both', type: 'text/xml; charset=utf-8', body: declared('UTF-8') },
    { name: 'XML may declare UTF-8', type: XML, body: declared('utf-8', 'é').replace('é', 'a') },
    { name: 'XML may declare US-ASCII', type: XML, body: declared('US-ASCII') },
    { name: 'XML says nothing', type: XML, body: '<EchoRequest><text>a</text></EchoRequest>' },
    { name: 'a BOM in XML', type: XML, body: `\ufeff${declared('UTF-8')}` },
    { name: 'protobuf, for what it is worth', type: `${PROTO}; charset=utf-8`, body: '\x0a\x01a' },
  ])('UTF-8: $name', async ({ type, body }) => {
    const answer = await send({ type, body, accept: JSON_TYPE })
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 })
    expect(JSON.parse(answer.body)).toMatchObject({ text: 'a' })
  })

  test.each([
    {
      name: 'JSON in Latin-1',
      type: 'application/json; charset=iso-8859-1',
      body: '{}',
      status: 415,
      reason: 'UNSUPPORTED_CHARSET',
    },
    {
      name: 'JSON in US-ASCII',
      type: 'application/json; charset=us-ascii',
      body: '{}',
      status: 415,
      reason: 'UNSUPPORTED_CHARSET',
    },
    {
      name: 'XML in UTF-16',
      type: 'application/xml; charset=utf-16',
      body: utf16,
      status: 415,
      reason: 'UNSUPPORTED_CHARSET',
    },
    { name: 'XML in UTF-16, unsaid', type: XML, body: utf16, status: 415, reason: 'UNSUPPORTED_XML_ENCODING' },
    {
      name: 'XML that declares Latin-1',
      type: XML,
      body: declared('ISO-8859-1'),
      status: 415,
      reason: 'UNSUPPORTED_XML_ENCODING',
    },
    {
      name: 'a form in Latin-1',
      type: `${FORM}; charset=latin1`,
      body: 'text=a',
      status: 415,
      reason: 'UNSUPPORTED_CHARSET',
    },
    {
      name: 'a declaration that disagrees with Content-Type',
      type: 'application/xml; charset=utf-8',
      body: declared('US-ASCII'),
      status: 400,
      reason: 'MALFORMED_XML',
    },
    {
      name: 'the same, of an encoding we have not',
      type: 'text/xml; charset=utf-8',
      body: declared('ISO-8859-1'),
      status: 400,
      reason: 'MALFORMED_XML',
    },
    {
      name: 'a declaration of US-ASCII that is not true',
      type: XML,
      body: declared('US-ASCII', 'é'),
      status: 400,
      reason: 'MALFORMED_XML',
    },
    { name: 'a BOM in JSON', type: JSON_TYPE, body: '\ufeff{}', status: 400, reason: 'MALFORMED_JSON' },
    {
      name: 'JSON that is not UTF-8',
      type: JSON_TYPE,
      body: Buffer.from('{"text":"\xe9"}', 'latin1'),
      status: 400,
      reason: 'MALFORMED_JSON',
    },
    {
      name: 'XML that is not UTF-8',
      type: XML,
      body: Buffer.from('<EchoRequest><text>\xe9</text></EchoRequest>', 'latin1'),
      status: 400,
      reason: 'MALFORMED_XML',
    },
  ])('$name → $status $reason', async ({ type, body, status, reason }) => {
    const answer = await send({ type, body, accept: JSON_TYPE })
    expect({ status: answer.status, reason: reasonOf(answer) }).toEqual({ status, reason })
  })
})

describe('response type', () => {
  test.each([
    {
      name: 'the most specific range counts, not the greatest q',
      accept: 'application/*, application/json;q=0.1',
      type: PROTO,
    },
    { name: 'the same the other way round', accept: 'application/json;q=0.1, application/*', type: PROTO },
    { name: 'a type over */*', accept: `*/*;q=0.9, ${XML}`, type: XML },
    { name: 'q=0 of a type, its family allowed', accept: 'text/xml;q=0, text/*, */*;q=0.1', type: JSON_TYPE },
    { name: 'q=0 of a family, a type of it allowed', accept: `application/*;q=0, ${XML};q=0.1`, type: XML },
    { name: 'q=0 of everything else', accept: `*/*;q=0, ${XML}`, type: XML },
    { name: 'q=0.0 and q=0.000 are q=0', accept: `${JSON_TYPE};q=0.000, ${PROTO};q=0.0, ${XML};q=0.001`, type: XML },
    { name: 'three places of q', accept: `${JSON_TYPE};q=0.998, ${XML};q=0.999`, type: XML },
    { name: 'Q in upper case', accept: `${JSON_TYPE};Q=0.1, ${XML};Q=0.2`, type: XML },
    { name: 'white space round everything', accept: `  ${JSON_TYPE} ; q=0.1 ,\t${XML} ; q=0.2  `, type: XML },
    { name: 'empty elements (RFC 9110 §5.6.1)', accept: `,, ${XML} , ,`, type: XML },
    { name: 'the first of equals', accept: `${XML};q=0.5, ${JSON_TYPE};q=0.5`, type: XML },
    { name: 'a parameter behind q', accept: `${XML};q=0.9;level=1, ${JSON_TYPE};q=0.8`, type: XML },
    { name: 'what is no media type is passed over', accept: `nonsense, a b/c, ;q=1, ${XML};q=0.1`, type: XML },
    { name: 'a browser', accept: `text/html, ${XML};q=0.9, */*;q=0.8`, type: JSON_TYPE },
    { name: 'a list with text/html, however little', accept: `${XML}, text/html;q=0.1`, type: JSON_TYPE },
    { name: 'text/html refused is no browser', accept: `text/html;q=0, ${XML}`, type: XML },
    { name: 'XHTML alone is no browser', accept: `application/xhtml+xml, ${XML};q=0.1`, type: XML },
  ])('$name: $accept → $type', async ({ accept, type }) => {
    const answer = await get(accept)
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status: 200, type })
  })

  test.each([
    `${XML};q=0`,
    'application/vnd.a+xml',
    'application/vnd.a+json',
    'text/plain',
    'text/json',
    'audio/*',
    '*/*;q=0.0',
    'application/xhtml+xml',
    FORM,
    'json',
    '*',
    '/',
    ';q=1',
  ])('nothing acceptable: %s → 406, saying what there is', async (accept) => {
    const before = upstream.calls
    const answer = await get(accept)
    expect({ status: answer.status, reason: reasonOf(answer), type: typeOf(answer) }).toEqual({
      status: 406,
      reason: 'NOT_ACCEPTABLE',
      type: JSON_TYPE,
    })
    expect(answer.body).toContain('application/json, application/x-protobuf, application/protobuf, application/xml')
    expect(upstream.calls).toBe(before)
  })

  test.each(['2', '1.5', '-1', 'x', '', '0.1.1', '1e9', '"0.5"', 'NaN', 'Infinity', '9'.repeat(400)])(
    'a weight that is none (q=%s) is no fault of ours',
    async (weight) => {
      const answer = await get(`${XML};q=${weight}, ${JSON_TYPE};q=0.5`)
      expect(answer.status).toBe(200)
      expect([XML, JSON_TYPE]).toContain(typeOf(answer))
    },
  )

  test('an Accept of thousands of ranges', async () => {
    const accept = `${Array.from({ length: 1200 }, (_, i) => `a/${i}`).join(',')},${XML}`
    expect(typeOf(await get(accept))).toBe(XML)
  })

  test.each([undefined, '*/*', 'application/*', 'image/png, */*;q=0.1'])(
    'Accept %s: the request’s format',
    async (accept) => {
      const body = '<EchoRequest><text>x</text></EchoRequest>'
      const answer = await send({ type: 'application/vnd.a+xml', body, accept })
      expect({ type: typeOf(answer), text: /<text>x<\/text>/.test(answer.body) }).toEqual({ type: XML, text: true })
      expect(typeOf(await send({ type: FORM, body: 'text=x', accept }))).toBe(JSON_TYPE)
      expect(typeOf(await send({ body: '{}', accept }))).toBe(JSON_TYPE)
    },
  )

  test.each([XML, JSON_TYPE, PROTO])('HEAD tells what GET would: %s', async (accept) => {
    const target = '/v1/echo?answer.code=0&number=7'
    const [full, bare] = [await get(accept, target), await send({ method: 'HEAD', target, accept })]
    expect({ status: bare.status, type: typeOf(bare), bytes: bare.bytes.length }).toEqual({
      status: 200,
      type: accept,
      bytes: 0,
    })
    expect(bare.headers.get('vary')).toBe(full.headers.get('vary'))
    expect(Number(bare.headers.get('content-length'))).toBeGreaterThan(0)
  })

  test('HEAD of what is not acceptable: 406 without a body', async () => {
    const answer = await send({ method: 'HEAD', accept: 'image/png' })
    expect({ status: answer.status, type: typeOf(answer), bytes: answer.bytes.length }).toEqual({
      status: 406,
      type: JSON_TYPE,
      bytes: 0,
    })
  })
})

describe('$alt', () => {
  test.each([
    { alt: 'xml', accept: JSON_TYPE, type: XML },
    { alt: 'xml', accept: 'image/png', type: XML },
    { alt: 'xml', accept: 'text/html', type: XML },
    { alt: 'json', accept: XML, type: JSON_TYPE },
    { alt: 'json', accept: `${JSON_TYPE};q=0`, type: JSON_TYPE },
    { alt: 'json%3Benum-encoding%3Dint', accept: XML, type: JSON_TYPE },
  ])('$alt wins over Accept: $accept, of answers and errors', async ({ alt, accept, type }) => {
    for (const query of ['text=hi', 'number=x', 'answer.code=5']) {
      for (const name of ['$alt', '%24alt']) {
        expect({ query, type: typeOf(await get(accept, `/v1/echo?${query}&${name}=${alt}`)) }).toEqual({ query, type })
      }
    }
  })

  test.each([
    'yaml',
    '',
    'JSON',
    'media',
    'xml;enum-encoding=int',
    'proto;enum-encoding=int',
    'json;a=b',
    'json&$alt=json',
  ])('$alt=%s → 400, in what Accept says', async (alt) => {
    const answer = await get(XML, `/v1/echo?$alt=${alt}`)
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status: 400, type: XML })
  })

  test('it says nothing of the request', async () => {
    const answer = await send({ target: '/v1/echo?$alt=xml', type: JSON_TYPE, body: '{"text":"j"}' })
    expect({ type: typeOf(answer), hasText: answer.body.includes('<text>j</text>') }).toEqual({
      type: XML,
      hasText: true,
    })
  })
})

describe('the type of an error', () => {
  test.each([
    { accept: `${PROBLEM_JSON};q=0.5, ${PROBLEM_XML}`, type: PROBLEM_XML },
    { accept: `${PROBLEM_JSON}, ${PROBLEM_XML}`, type: PROBLEM_JSON },
    { accept: `${XML}, ${PROBLEM_JSON};q=0.9`, type: XML },
    { accept: `${XML};q=0.9, ${PROBLEM_XML}`, type: PROBLEM_XML },
    { accept: `${PROBLEM_XML};q=0, ${XML}`, type: XML },
    { accept: 'application/problem+json;charset=utf-8', type: PROBLEM_JSON },
    { accept: 'text/xml', type: 'text/xml' },
  ])('$accept → $type, the gateway’s, the upstream’s, and without a route', async ({ accept, type }) => {
    for (const target of ['/v1/echo?number=x', '/v1/echo?answer.code=5', '/nowhere']) {
      expect({ target, type: typeOf(await get(accept, target)) }).toEqual({ target, type })
    }
  })

  test('problem+json chooses the shape of errors only: the answer is in the request’s format', async () => {
    const accept = `${PROBLEM_JSON}, */*;q=0.1`
    const good = await send({ type: XML, body: '<EchoRequest/>', accept })
    const bad = await send({ type: XML, body: '<Other/>', accept })
    expect([typeOf(good), typeOf(bad)]).toEqual([XML, PROBLEM_JSON])
  })

  test.each([
    { status: 405, method: 'PATCH', target: '/v1/echo' },
    { status: 404, method: 'GET', target: '/nowhere' },
    { status: 415, method: 'POST', target: '/v1/echo', type: 'text/csv', body: 'a' },
    { status: 413, method: 'POST', target: '/v1/echo', type: JSON_TYPE, body: ' '.repeat(4 * 1024 * 1024 + 1) },
  ])('$status in XML to who asks for XML', async ({ status, ...sent }) => {
    const answer = await send({ ...sent, accept: XML })
    expect({ status: answer.status, type: typeOf(answer) }).toEqual({ status, type: XML })
    expect(answer.body).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><Status><code>\d+<\/code><message>/)
  })
})

describe('Content-Encoding', () => {
  test('of XML, both ways', async () => {
    const text = 'x'.repeat(5000)
    const body = gzipSync(`<EchoRequest><text>${text}</text></EchoRequest>`)
    const answer = await send({ type: XML, body, headers: ['Content-Encoding: gzip', 'Accept-Encoding: br'] })
    expect([typeOf(answer), answer.headers.get('content-encoding'), answer.headers.get('vary')]).toEqual([
      XML,
      'br',
      'Accept, Accept-Encoding',
    ])
    expect(brotliDecompressSync(answer.bytes).toString()).toContain(`<text>${text}</text>`)
  })

  test('a coding we have not is told before the type we have not', async () => {
    const answer = await send({ type: 'text/csv', body: 'a', headers: ['Content-Encoding: zstd'] })
    expect({ status: answer.status, reason: reasonOf(answer) }).toEqual({ status: 415, reason: 'UNSUPPORTED_ENCODING' })
  })
})

describe('HttpBody', () => {
  test.each(['image/png', 'text/plain; charset=latin1', 'multipart/form-data; boundary=x', XML])(
    'is exempt from 415 and 406, and $alt says nothing of it: %s',
    async (type) => {
      for (const accept of ['application/x-never', '*/*;q=0', XML]) {
        for (const target of ['/v1/raw', '/v1/raw?$alt=json', '/v1/whole']) {
          const answer = await send({ target, type, body: '<a', accept })
          expect({ target, status: answer.status, type: typeOf(answer), body: answer.body }).toEqual({
            target,
            status: 200,
            type,
            body: '<a',
          })
        }
      }
    },
  )
})

describe('unknown fields from upstream', () => {
  test.each([
    { accept: JSON_TYPE, body: '{"text":"a"}' },
    { accept: XML, body: '<?xml version="1.0" encoding="UTF-8"?><EchoResponse><text>a</text></EchoResponse>' },
  ])('are dropped from $accept', async ({ accept, body }) => {
    const raw = Buffer.from([0x0a, 1, 0x61, 0xf8, 0x06, 5]).toString('base64')
    const answer = await send({ type: JSON_TYPE, body: JSON.stringify({ answer: { raw } }), accept })
    expect(answer.body).toBe(body)
  })

  test('and of requests in protobuf: passed on, both ways kept', async () => {
    const sent = Buffer.concat([encode('EchoRequest', { text: 'p' }), Buffer.from([0xf8, 0x06, 5])])
    const answer = await send({ type: PROTO, body: sent })
    expect({ status: answer.status, ...decode('EchoResponse', answer.bytes) }).toMatchObject({ status: 200, text: 'p' })
  })
})
