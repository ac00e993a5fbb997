import { describe, expect, test } from '@jest/globals'
import type { BindingPlan } from '../../../src/transcode/index.js'
import {
  bind,
  fromJsonText,
  oracleToJson,
  Request,
  Response,
  thrownBy,
  toJsonText,
  transcoderWith,
  type RuleText,
} from '../support.js'

const transcoder = transcoderWith()
const plan = (rule: RuleText): BindingPlan => transcoder.compile(bind(rule))
const NOTHING = { format: undefined, enumsAsIntegers: false, prettyPrint: false }

function decode(
  rule: RuleText,
  body: string,
  more: { captures?: string[]; query?: string; contentType?: string } = {},
): string {
  const { captures = [], query = '', contentType = 'application/xml' } = more
  return oracleToJson(
    Request,
    plan(rule).decodeRequest({ captures, query, body: Buffer.from(body), format: 'xml', contentType }),
  )
}

describe('a body in XML, bound', () => {
  test('another value than the path binds within a Timestamp: refused', () => {
    const rule = { template: '/v1/{since.seconds}', body: '*' }
    const body = '<Request><since>1970-01-01T00:00:06Z</since></Request>'
    expect(thrownBy(() => decode(rule, body, { captures: ['5'] }))).toMatchObject({
      reason: 'FIELD_BOUND_TWICE',
      message: 'since.seconds: the path says 5, the body says "6"',
    })
  })

  test.each([
    {
      name: 'whole',
      rule: { template: '/v1', body: '*' },
      body: '<Request><name>n</name></Request>',
      json: '{"name":"n"}',
    },
    {
      name: 'whole, beside the path',
      rule: { template: '/v1/{name}', body: '*' },
      captures: ['n'],
      body: '<Request><pageSize>1</pageSize></Request>',
      json: '{"name":"n","pageSize":1}',
    },
    {
      name: 'whole, agreeing with the path',
      rule: { template: '/v1/{name}', body: '*' },
      captures: ['n'],
      body: '<Request><name>n</name></Request>',
      json: '{"name":"n"}',
    },
    {
      name: 'whole, agreeing with what the path binds within a Timestamp',
      rule: { template: '/v1/{since.seconds}', body: '*' },
      captures: ['5'],
      body: '<Request><since>1970-01-01T00:00:05.5Z</since></Request>',
      json: '{"since":"1970-01-01T00:00:05.500Z"}',
    },
    {
      name: 'a message',
      rule: { template: '/v1', body: 'book' },
      body: '<book><title>t</title></book>',
      json: '{"book":{"title":"t"}}',
    },
    {
      name: 'a message, beside path and query',
      rule: { template: '/v1/{book.name}', body: 'book' },
      captures: ['b'],
      query: 'page_size=1',
      body: '<book><title>t</title></book>',
      json: '{"pageSize":1,"book":{"name":"b","title":"t"}}',
    },
    {
      name: 'a field under its proto name',
      rule: { template: '/v1', body: 'page_size' },
      body: '<page_size> 5 </page_size>',
      json: '{"pageSize":5}',
    },
    {
      name: 'a scalar',
      rule: { template: '/v1', body: 'page_size' },
      body: '<pageSize>5</pageSize>',
      json: '{"pageSize":5}',
    },
    {
      name: 'a string, every character of it',
      rule: { template: '/v1', body: 'name' },
      body: '<name> n\n</name>',
      json: '{"name":" n\\n"}',
    },
    {
      name: 'an enum',
      rule: { template: '/v1', body: 'genre' },
      body: '<genre>GENRE_POETRY</genre>',
      json: '{"genre":"GENRE_POETRY"}',
    },
    {
      name: 'a wrapper',
      rule: { template: '/v1', body: 'wrapped' },
      body: '<wrapped>0</wrapped>',
      json: '{"wrapped":0}',
    },
    {
      name: 'a Timestamp',
      rule: { template: '/v1', body: 'since' },
      body: '<since>1970-01-01T00:00:00Z</since>',
      json: '{"since":"1970-01-01T00:00:00Z"}',
    },
    {
      name: 'a list of strings',
      rule: { template: '/v1', body: 'tags' },
      body: '<tags><tags>a</tags> <tags/></tags>',
      json: '{"tags":["a",""]}',
    },
    {
      name: 'a list of messages',
      rule: { template: '/v1', body: 'books' },
      body: '<books><books><title>t</title></books><books/></books>',
      json: '{"books":[{"title":"t"},{}]}',
    },
    { name: 'an empty list', rule: { template: '/v1', body: 'books' }, body: '<books/>', json: '{}' },
    {
      name: 'a map',
      rule: { template: '/v1', body: 'labels' },
      body: '<labels><entry key="a">1</entry></labels>',
      json: '{"labels":{"a":"1"}}',
    },
    {
      name: 'a Struct',
      rule: { template: '/v1', body: 'extra' },
      body: '<extra><field name="a"><numberValue>1</numberValue></field></extra>',
      json: '{"extra":{"a":1}}',
    },
    {
      name: 'null',
      rule: { template: '/v1', body: 'book' },
      body: '<book xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>',
      json: '{}',
    },
    { name: 'no body, whole', rule: { template: '/v1', body: '*' }, body: '', json: '{}' },
    { name: 'no body, a message', rule: { template: '/v1', body: 'book' }, body: '', json: '{}' },
    {
      name: 'an empty root where none is bound',
      rule: { template: '/v1', httpMethod: 'POST' },
      body: '<?xml version="1.0"?><Anything/>',
      json: '{}',
    },
  ])('$name', ({ rule, body, json, captures, query }) => {
    expect(JSON.parse(decode(rule, body, { ...(captures && { captures }), ...(query && { query }) }))).toEqual(
      JSON.parse(json),
    )
  })

  test.each([
    {
      name: 'another value than the path',
      rule: { template: '/v1/{name}', body: '*' },
      captures: ['n'],
      body: '<Request><name>m</name></Request>',
      reason: 'FIELD_BOUND_TWICE',
      error: 'name: the path says n, the body says "m"',
    },
    {
      name: 'another value than the path, within the body field',
      rule: { template: '/v1/{book.name}', body: 'book' },
      captures: ['n'],
      body: '<book><name> n</name></book>',
      reason: 'FIELD_BOUND_TWICE',
      error: 'book.name: the path says n, the body says " n"',
    },
    {
      name: 'a member of the oneof the path binds',
      rule: { template: '/v1/{by_name}', body: '*' },
      captures: ['n'],
      body: '<Request><byNumber>1</byNumber></Request>',
      reason: 'ONEOF_CONFLICT',
      error: 'byName: byNumber is set too, and both are of the oneof choice',
    },
    {
      name: 'a field of the body field',
      rule: { template: '/v1', body: 'book' },
      body: '<book><pags>1</pags></book>',
      reason: 'UNKNOWN_FIELD',
      error: 'book.pags: no such element; did you mean pages?, at line 1 column 7',
    },
    {
      name: 'a value in the body field',
      rule: { template: '/v1', body: 'book' },
      body: '<book><pages>x</pages></book>',
      reason: 'MALFORMED_FIELD',
      error: 'book.pages: "x" is not an int32',
    },
    {
      name: 'the root of the message for a body field',
      rule: { template: '/v1', body: 'book' },
      body: '<Book/>',
      reason: 'WRONG_ROOT_ELEMENT',
      error: 'the root element is <Book>, not <book>',
    },
    {
      name: 'items of another name',
      rule: { template: '/v1', body: 'tags' },
      body: '<tags><item/></tags>',
      reason: 'UNKNOWN_FIELD',
      error: 'tags.item: no such element, at line 1 column 7',
    },
    {
      name: 'no body, a scalar',
      rule: { template: '/v1', body: 'page_size' },
      body: '',
      reason: 'MISSING_BODY',
      error: 'pageSize: the body is its value, and it is empty',
    },
    {
      name: 'a body where none is bound',
      rule: { template: '/v1', httpMethod: 'POST' },
      body: '<a><b/></a>',
      reason: 'UNEXPECTED_BODY',
      error: 'the method takes no body, and this one is not empty',
    },
    {
      name: 'a charset it is not in',
      rule: { template: '/v1', body: '*' },
      body: '<?xml version="1.0" encoding="US-ASCII"?><Request/>',
      contentType: 'text/xml; charset=utf-8',
      reason: 'MALFORMED_XML',
      error: 'the body is not well-formed XML: it declares the encoding "US-ASCII", the Content-Type "utf-8"',
    },
  ])('refused: $name', ({ rule, body, captures, contentType, reason, error }) => {
    const call = (): string =>
      decode(rule, body, { ...(captures && { captures }), ...(contentType && { contentType }) })
    expect(thrownBy(call)).toMatchObject({ message: error, reason })
  })
})

describe('an update mask from a body in XML', () => {
  const rule: RuleText = { rpc: 'Update', httpMethod: 'PATCH', template: '/v1/{book.name}', body: 'book' }
  const NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
  test.each([
    { name: 'the fields present', body: '<book><title>t</title><pages>1</pages></book>', mask: 'title,pages' },
    { name: 'nil counts as present', body: `<book><title ${NIL}/><author ${NIL}/></book>`, mask: 'title,author' },
    {
      name: 'down to the leaves, stopping at lists, maps and well-known types',
      body: '<book><author><displayName>a</displayName><links><entry key="a">b</entry></links></author><tags>a</tags><tags>b</tags><extra/></book>',
      mask: 'author.displayName,author.links,tags,extra',
    },
    { name: 'a list that is nil', body: `<book><tags ${NIL}/></book>`, mask: 'tags' },
    { name: 'nothing', body: '<book/>', mask: '' },
  ])('$name', ({ body, mask }) => {
    expect(JSON.parse(decode(rule, body, { captures: ['b'] }))).toMatchObject({ updateMask: mask })
  })

  test('not where one is sent', () => {
    expect(
      JSON.parse(decode(rule, '<book><pages>1</pages></book>', { captures: ['b'], query: 'update_mask=title' })),
    ).toMatchObject({ updateMask: 'title' })
  })
})

describe('a response in XML', () => {
  const encode = (rule: RuleText, json: string, wishes = NOTHING): string => {
    const { contentType, bytes } = plan(rule).encodeResponse(fromJsonText(Response, json), 'xml', wishes)
    expect(contentType).toBe('application/xml')
    const text = Buffer.from(bytes).toString()
    expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>/)
    return text.slice('<?xml version="1.0" encoding="UTF-8"?>'.length)
  }
  test.each([
    {
      name: 'the message',
      responseBody: undefined,
      json: '{"book":{"title":"t"},"count":1}',
      xml: '<Response><book><title>t</title></book><count>1</count></Response>',
    },
    {
      name: 'a message field',
      responseBody: 'book',
      json: '{"book":{"title":"t"}}',
      xml: '<book><title>t</title></book>',
    },
    { name: 'a message field that is not there', responseBody: 'book', json: '{}', xml: '<book/>' },
    {
      name: 'a list',
      responseBody: 'books',
      json: '{"books":[{"title":"t"},{}]}',
      xml: '<books><books><title>t</title></books><books/></books>',
    },
    { name: 'an empty list', responseBody: 'books', json: '{}', xml: '<books/>' },
    {
      name: 'a map',
      responseBody: 'labels',
      json: '{"labels":{"a":"1"}}',
      xml: '<labels><entry key="a">1</entry></labels>',
    },
    { name: 'an empty map', responseBody: 'labels', json: '{}', xml: '<labels/>' },
    { name: 'a scalar', responseBody: 'count', json: '{"count":5}', xml: '<count>5</count>' },
    { name: 'a scalar that is not there', responseBody: 'count', json: '{}', xml: '<count>0</count>' },
    { name: 'an enum', responseBody: 'genre', json: '{"genre":1}', xml: '<genre>GENRE_NOVEL</genre>' },
    { name: 'a wrapper', responseBody: 'wrapped', json: '{"wrapped":7}', xml: '<wrapped>7</wrapped>' },
    {
      name: 'a Struct',
      responseBody: 'extra',
      json: '{"extra":{"a":true}}',
      xml: '<extra><field name="a"><boolValue>true</boolValue></field></extra>',
    },
  ])('$name', ({ responseBody, json, xml }) => {
    expect(encode({ template: '/v1', ...(responseBody && { responseBody }) }, json)).toBe(xml)
  })

  test('indented', () => {
    const wishes = { ...NOTHING, prettyPrint: true }
    expect(encode({ template: '/v1' }, '{"books":[{"title":" t > ","tags":["",""]},{}],"labels":{"a/":"1"}}', wishes))
      .toBe(`
<Response>
  <books>
    <title> t &gt; </title>
    <tags/>
    <tags/>
  </books>
  <books/>
  <labels>
    <entry key="a/">1</entry>
  </labels>
</Response>`)
  })

  test('$alt=xml asks for it', () => {
    expect(plan({ template: '/v1' }).readWishes('$alt=xml').format).toBe('xml')
  })

  test('explain shows the request as JSON', () => {
    const trace = plan({ template: '/v1', body: '*' }).traceRequest({
      captures: [],
      query: '',
      body: Buffer.from('<Request><big>1</big></Request>'),
      format: 'xml',
      contentType: 'text/xml',
    })
    expect(JSON.parse(trace.json)).toEqual({ big: '1' })
    expect(toJsonText(Request, trace.message)).toBe('{"big":"1"}')
  })
})
