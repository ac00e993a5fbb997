import { describe, expect, test } from '@jest/globals'
import type { FormatName, RequestParts, ResponseWishes, TranscodeOptions } from '../../src/transcode/index.js'
import {
  bind,
  DEFAULT_OPTIONS,
  fromHex,
  fromJsonText,
  hex,
  messageType,
  Request,
  Response,
  thrownBy,
  toJsonText,
  transcoderWith,
  type RuleText,
} from './support.js'

const GET: RuleText = { template: '/v1/things' }
const NOTHING: ResponseWishes = { format: undefined, enumsAsIntegers: false, prettyPrint: false }
const HttpBody = messageType('google.api.HttpBody')

function encode(
  rule: RuleText,
  wire: Uint8Array,
  format: FormatName = 'json',
  wishes: Partial<ResponseWishes> = {},
  options: Partial<TranscodeOptions> = {},
): { contentType: string; text: string; bytes: Uint8Array } {
  const plan = transcoderWith(options).compile(bind(rule))
  const { contentType, bytes } = plan.encodeResponse(wire, format, { ...NOTHING, ...wishes })
  return { contentType, bytes, text: Buffer.from(bytes).toString() }
}

const response = (json: string): Uint8Array => fromJsonText(Response, json)

describe('a response as JSON', () => {
  test('is canonical, labelled application/json', () => {
    const { text, contentType } = encode(GET, response('{"count":1,"book":{"isbn":"9007199254740993"},"genre":1}'))
    expect(contentType).toBe('application/json')
    expect(text).toBe('{"book":{"isbn":"9007199254740993"},"count":1,"genre":"GENRE_NOVEL"}')
  })

  test('of no bytes is `{}`', () => {
    expect(encode(GET, new Uint8Array(0)).text).toBe('{}')
  })

  test('drops unknown fields', () => {
    expect(encode(GET, Buffer.concat([response('{"count":1}'), fromHex('fa3e0161')])).text).toBe('{"count":1}')
  })

  test.each([
    { name: 'a message', responseBody: 'book', json: '{"book":{"title":"t"}}', gives: '{"title":"t"}' },
    { name: 'a message that is unset', responseBody: 'book', json: '{}', gives: '{}' },
    {
      name: 'a repeated field',
      responseBody: 'books',
      json: '{"books":[{"title":"a"},{}]}',
      gives: '[{"title":"a"},{}]',
    },
    { name: 'a repeated field that is empty', responseBody: 'books', json: '{}', gives: '[]' },
    { name: 'a map', responseBody: 'labels', json: '{"labels":{"a":"b"}}', gives: '{"a":"b"}' },
    { name: 'a map that is empty', responseBody: 'labels', json: '{}', gives: '{}' },
    { name: 'a scalar', responseBody: 'count', json: '{"count":5}', gives: '5' },
    { name: 'a scalar at its default', responseBody: 'count', json: '{}', gives: '0' },
    { name: 'an enum', responseBody: 'genre', json: '{"genre":2}', gives: '"GENRE_POETRY"' },
    { name: 'a wrapper', responseBody: 'wrapped', json: '{"wrapped":3}', gives: '3' },
    { name: 'a wrapper that is unset', responseBody: 'wrapped', json: '{}', gives: '0' },
    { name: 'a Struct', responseBody: 'extra', json: '{"extra":{"a":1}}', gives: '{"a":1}' },
    { name: 'a Value', responseBody: 'anything', json: '{"anything":[1]}', gives: '[1]' },
    { name: 'a Value that is null', responseBody: 'anything', json: '{"anything":null}', gives: 'null' },
    { name: 'a Value that is unset', responseBody: 'anything', json: '{}', gives: 'null' },
  ])('response_body: $name', ({ responseBody, json, gives }) => {
    expect(encode({ ...GET, responseBody }, response(json)).text).toBe(gives)
  })

  test('by the options and wishes', () => {
    const wire = response('{"genre":1,"book":{"publishTime":"2020-01-01T00:00:00Z"}}')
    const json = { unknownFields: 'reject', emitDefaults: false, enumsAsIntegers: false, protoNames: true } as const
    expect(encode(GET, wire, 'json', { enumsAsIntegers: true }).text).toBe(
      '{"book":{"publishTime":"2020-01-01T00:00:00Z"},"genre":1}',
    )
    expect(encode(GET, wire, 'json', {}, { json }).text).toBe(
      '{"book":{"publish_time":"2020-01-01T00:00:00Z"},"genre":"GENRE_NOVEL"}',
    )
    expect(
      encode({ ...GET, responseBody: 'genre' }, wire, 'json', {}, { json: { ...json, enumsAsIntegers: true } }).text,
    ).toBe('1')
    expect(
      JSON.parse(
        encode(
          { ...GET, responseBody: 'book' },
          new Uint8Array(0),
          'json',
          {},
          { json: { ...json, emitDefaults: true } },
        ).text,
      ),
    ).toMatchObject({ title: '', tags: [], pages: 0 })
  })

  test('indented on wish, as JSON.stringify does', () => {
    const compact = '{"books":[{"title":"a: {b},[c]\\"d\\\\"},{}],"labels":{"x":"y"},"extra":{"e":[],"n":[[1,2],{}]}}'
    const { text } = encode(GET, response(compact), 'json', { prettyPrint: true })
    expect(text).toBe(JSON.stringify(JSON.parse(compact), null, 2))
  })
})

describe('a response as protobuf', () => {
  test('is the message, unknown fields kept', () => {
    const wire = Buffer.concat([response('{"count":1}'), fromHex('fa3e0161')])
    const { bytes, contentType } = encode(GET, wire, 'proto')
    expect([contentType, hex(bytes)]).toEqual(['application/x-protobuf', hex(wire)])
  })

  test('response_body: the field’s message, its parts one after the other', () => {
    const wire = Buffer.concat([
      response('{"book":{"title":"t"}}'),
      response('{"count":1}'),
      response('{"book":{"pages":1}}'),
    ])
    expect(
      toJsonText(
        messageType('protobridge.test.library.Book'),
        encode({ ...GET, responseBody: 'book' }, wire, 'proto').bytes,
      ),
    ).toBe('{"title":"t","pages":1}')
    expect(encode({ ...GET, responseBody: 'book' }, new Uint8Array(0), 'proto').bytes.length).toBe(0)
  })

  test('response_body that is no message: the whole message', () => {
    const wire = response('{"count":1}')
    expect(hex(encode({ ...GET, responseBody: 'count' }, wire, 'proto').bytes)).toBe(hex(wire))
  })
})

describe('a response that cannot be written', () => {
  test.each([{ format: 'json' }, { format: 'proto' }] as const)(
    'bytes that do not decode, as $format',
    ({ format }) => {
      const error = thrownBy(() => encode(GET, fromHex('0e'), format))
      expect([error.reason, error.httpStatus, error.code]).toEqual(['MALFORMED_UPSTREAM_MESSAGE', 502, 13])
      expect(error.message).toBe(
        'the service answered with bytes that do not decode as its response type: wire type 6 does not exist',
      )
    },
  )

  test('a value without JSON form', () => {
    const wire = fromHex('0a 0e 42 0c 08 ffffffffffffffff7f 10 01')
    const error = thrownBy(() => encode(GET, wire))
    expect([error.reason, error.httpStatus, error.code]).toEqual(['UNREPRESENTABLE_VALUE', 500, 13])
    expect(error.message).toBe(
      'the response has no JSON form: book.publishTime: a Timestamp of 9223372036854775807 seconds is not between the years 0001 and 9999',
    )
    expect(hex(encode(GET, wire, 'proto').bytes)).toBe(hex(wire))
  })
})

describe('google.api.HttpBody', () => {
  const parts = (body: string, contentType: string, query = ''): RequestParts => ({
    captures: [],
    query,
    body: Buffer.from(body),
    format: undefined,
    contentType,
  })
  const upload = { template: '/v1/upload', rpc: 'Upload', body: '*' } as const

  test('up, as the whole request', () => {
    const plan = transcoderWith().compile(bind(upload))
    expect(plan.takesHttpBody).toBe(true)
    const wire = plan.decodeRequest(parts('{"not":JSON', 'text/plain; charset=latin1'))
    expect(JSON.parse(toJsonText(HttpBody, wire))).toEqual({
      contentType: 'text/plain; charset=latin1',
      data: Buffer.from('{"not":JSON').toString('base64'),
    })
    expect(plan.decodeRequest(parts('', 'text/plain')).length).toBe(0)
  })

  test('up, as a body field, with the rest from path and query', () => {
    const plan = transcoderWith().compile(bind({ template: '/v1/{name}', body: 'file' }))
    expect(plan.takesHttpBody).toBe(true)
    const decode = (body: string): unknown =>
      JSON.parse(
        toJsonText(Request, plan.decodeRequest({ ...parts(body, 'image/png', 'page_size=2'), captures: ['x'] })),
      )
    expect(decode('PNG')).toEqual({ name: 'x', pageSize: 2, file: { contentType: 'image/png', data: 'UE5H' } })
    expect(decode('')).toEqual({ name: 'x', pageSize: 2 })
  })

  test('up, with a type that the path binds: that stands, whole or as a field', () => {
    const whole = transcoderWith().compile(bind({ ...upload, template: '/v1/{content_type}' }))
    const sent = { ...parts('x', 'text/plain'), captures: ['a%2Fb'] }
    expect(toJsonText(HttpBody, whole.decodeRequest(sent))).toBe('{"contentType":"a/b","data":"eA=="}')
    const field = transcoderWith().compile(bind({ template: '/v1/{file.content_type}', body: 'file' }))
    expect(toJsonText(Request, field.decodeRequest(sent))).toBe('{"file":{"contentType":"a/b","data":"eA=="}}')
  })

  test('a field of it is an ordinary message where it is not the body', () => {
    const plan = transcoderWith().compile(bind({ template: '/v1/x', body: '*' }))
    expect(plan.takesHttpBody).toBe(false)
    expect(
      toJsonText(
        Request,
        plan.decodeRequest({ ...parts('{"file":{"data":"UE5H"}}', 'application/json'), format: 'json' }),
      ),
    ).toBe('{"file":{"data":"UE5H"}}')
  })

  test.each([
    { name: 'its content type', contentType: 'text/csv; header=present', gives: 'text/csv; header=present' },
    { name: 'none', contentType: '', gives: 'application/octet-stream' },
    {
      name: 'one that would begin another header',
      contentType: 'text/plain\r\nset-cookie: a=b',
      gives: 'application/octet-stream',
    },
    { name: 'one that is not ASCII', contentType: 'text/plän', gives: 'application/octet-stream' },
  ])('down, with $name', ({ contentType, gives }) => {
    const wire = fromJsonText(HttpBody, JSON.stringify({ contentType, data: 'UE5H' }))
    for (const format of ['json', 'proto'] as const) {
      expect(encode(upload, wire, format)).toMatchObject({ contentType: gives, text: 'PNG' })
    }
  })

  test('down, as response_body', () => {
    const rule = { ...GET, responseBody: 'file' }
    expect(transcoderWith().compile(bind(rule)).givesHttpBody).toBe(true)
    expect(transcoderWith().compile(bind(GET)).givesHttpBody).toBe(false)
    expect(encode(rule, response('{"file":{"contentType":"a/b","data":"UE5H"},"count":1}'))).toMatchObject({
      contentType: 'a/b',
      text: 'PNG',
    })
    expect(encode(rule, response('{}'))).toMatchObject({ contentType: 'application/octet-stream', text: '' })
  })
})

describe('system parameters', () => {
  const plan = transcoderWith().compile(bind(GET))

  test.each([
    { query: '', gives: {} },
    { query: 'name=x&alt=json', gives: {} },
    { query: 'name=$alt', gives: {} },
    { query: '$alt=json', gives: { format: 'json' } },
    { query: '%24alt=proto', gives: { format: 'proto' } },
    { query: '$alt=json;enum-encoding=int', gives: { format: 'json', enumsAsIntegers: true } },
    { query: '%24alt=json%3Benum-encoding%3Dint&name=x', gives: { format: 'json', enumsAsIntegers: true } },
    { query: '$prettyPrint=true', gives: { prettyPrint: true } },
    { query: '$prettyPrint', gives: { prettyPrint: true } },
    { query: '$prettyPrint=false&$alt=json', gives: { format: 'json' } },
    { query: '$fields=a&$xgafv=2', gives: {} },
  ])('$query', ({ query, gives }) => {
    expect(plan.readWishes(query)).toEqual({ ...NOTHING, ...gives })
  })

  test('asking for nothing is one shared object', () => {
    expect(plan.readWishes('a=b')).toBe(plan.readWishes('$x=1'))
  })

  test.each([
    { query: '$alt=yaml', error: '$alt: "yaml" is none of json, proto, xml, json;enum-encoding=int' },
    {
      query: '$alt=json;enum-encoding=name',
      error: '$alt: "json;enum-encoding=name" is none of json, proto, xml, json;enum-encoding=int',
    },
    { query: '$alt=json&$alt=proto', error: '$alt is given twice' },
    { query: '$prettyPrint=maybe', error: '$prettyPrint: "maybe" is not true or false' },
  ])('refuses $query', ({ query, error }) => {
    expect(thrownBy(() => plan.readWishes(query)).message).toBe(error)
  })
})

describe('a message of any type as JSON', () => {
  test('compact and indented', () => {
    const transcoder = transcoderWith()
    const wire = fromJsonText(Request, '{"name":"x"}')
    expect(transcoder.messageToJson(Request, wire)).toBe('{"name":"x"}')
    expect(transcoder.messageToJson(Request, wire, { prettyPrint: true })).toBe('{\n  "name": "x"\n}')
    expect(thrownBy(() => transcoder.messageToJson(Request, fromHex('0e'))).reason).toBe('MALFORMED_UPSTREAM_MESSAGE')
  })

  test('options hold for it', () => {
    const transcoder = transcoderWith({ json: { ...DEFAULT_OPTIONS.json, protoNames: true } })
    expect(transcoder.messageToJson(Request, fromJsonText(Request, '{"pageSize":1}'))).toBe('{"page_size":1}')
  })
})
