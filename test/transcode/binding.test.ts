import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RequestParts, TranscodeOptions } from '../../src/transcode/index.js'
import {
  bind,
  Book,
  DEFAULT_OPTIONS,
  fromJsonText,
  Proto3,
  Request,
  thrownBy,
  withoutPlace,
  toJsonText,
  transcoderWith,
  type RuleText,
} from './support.js'

interface Sent {
  readonly captures?: readonly string[]
  readonly query?: string
  /** A string is JSON; bytes are protobuf. */
  readonly body?: string | Uint8Array
}

function partsOf({ captures = [], query = '', body }: Sent): RequestParts {
  return {
    captures,
    query,
    body: body === undefined ? new Uint8Array(0) : Buffer.from(body as string),
    format: body === undefined ? undefined : typeof body === 'string' ? 'json' : 'proto',
    contentType: '',
  }
}

/** The request message as JSON. */
function bound(rule: RuleText, sent: Sent, options: Partial<TranscodeOptions> = {}): string {
  return toJsonText(Request, transcoderWith(options).compile(bind(rule)).decodeRequest(partsOf(sent)))
}

function refused(rule: RuleText, sent: Sent, options: Partial<TranscodeOptions> = {}): (string | undefined)[] {
  const error = thrownBy(() => bound(rule, sent, options))
  expect(error.code).toBe(3)
  return [error.reason, withoutPlace(error.message), error.violations[0]?.field]
}

const GET: RuleText = { template: '/v1/things' }
const POST: RuleText = { template: '/v1/things', body: '*' }
const BOOK: RuleText = { template: '/v1/books', body: 'book' }

describe('the path binds', () => {
  test.each([
    { name: 'a string', template: '/v1/{name}', captures: ['a%2Fb'], gives: '{"name":"a/b"}' },
    {
      name: 'a string of several segments, %2F kept',
      template: '/v1/{name=shelves/**}',
      captures: ['shelves/a%2Fb/%63'],
      gives: '{"name":"shelves/a%2Fb/c"}',
    },
    { name: 'a plus as a plus', template: '/v1/{name}', captures: ['a+b'], gives: '{"name":"a+b"}' },
    { name: 'a nested field', template: '/v1/{book.name}', captures: ['x'], gives: '{"book":{"name":"x"}}' },
    {
      name: 'two fields of one submessage',
      template: '/v1/{book.name}/{book.pages}',
      captures: ['x', '3'],
      gives: '{"book":{"name":"x","pages":3}}',
    },
    { name: 'an int64', template: '/v1/{big}', captures: ['9007199254740993'], gives: '{"big":"9007199254740993"}' },
    { name: 'a bool', template: '/v1/{flag}', captures: ['true'], gives: '{"flag":true}' },
    { name: 'a double', template: '/v1/{ratio}', captures: ['1.5e2'], gives: '{"ratio":150}' },
    { name: 'NaN', template: '/v1/{ratio}', captures: ['NaN'], gives: '{"ratio":"NaN"}' },
    { name: 'bytes', template: '/v1/{blob}', captures: ['-_8'], gives: '{"blob":"+/8="}' },
    { name: 'an enum by name', template: '/v1/{genre}', captures: ['GENRE_NOVEL'], gives: '{"genre":"GENRE_NOVEL"}' },
    { name: 'an enum by number', template: '/v1/{genre}', captures: ['2'], gives: '{"genre":"GENRE_POETRY"}' },
    {
      name: 'a Timestamp',
      template: '/v1/{since}',
      captures: ['2020-01-01T00:00:00%2B01:00'],
      gives: '{"since":"2019-12-31T23:00:00Z"}',
    },
    { name: 'a wrapper', template: '/v1/{wrapped}', captures: ['0'], gives: '{"wrapped":0}' },
    { name: 'an optional field at its default', template: '/v1/{maybe}', captures: ['0'], gives: '{"maybe":0}' },
  ])('$name', ({ template, captures, gives }) => {
    expect(bound({ template }, { captures })).toBe(gives)
  })

  test.each([
    {
      name: 'a number that is none',
      template: '/v1/{page_size}',
      captures: ['12.5'],
      error: ['MALFORMED_PATH_VALUE', 'pageSize: "12.5" is not an int32', 'pageSize'],
    },
    {
      name: 'a bool of another spelling',
      template: '/v1/{flag}',
      captures: ['1'],
      error: ['MALFORMED_PATH_VALUE', 'flag: "1" is not a bool', 'flag'],
    },
    {
      name: 'an enum name nobody knows',
      template: '/v1/{book.genre}',
      captures: ['NOVEL'],
      error: ['MALFORMED_PATH_VALUE', 'book.genre: "NOVEL" is not a value of the enum Genre', 'book.genre'],
    },
    {
      name: 'no time',
      template: '/v1/{since}',
      captures: ['today'],
      error: ['MALFORMED_PATH_VALUE', 'since: "today" is not an RFC 3339 time', 'since'],
    },
  ])('refuses $name', ({ template, captures, error }) => {
    const [reason, message, field] = refused({ template }, { captures })
    expect([reason, message?.replace(/; did you mean.*/, ''), field]).toEqual(error)
  })
})

describe('the query binds', () => {
  test.each([
    { query: 'name=a', gives: '{"name":"a"}' },
    { query: 'name=a+b%2Bc', gives: '{"name":"a b+c"}' },
    { query: 'name=%E8%B0%B7', gives: '{"name":"谷"}' },
    { query: 'page_size=5', gives: '{"pageSize":5}' },
    { query: 'pageSize=5', gives: '{"pageSize":5}' },
    { query: 'page%5Fsize=5', gives: '{"pageSize":5}' },
    { query: 'name', gives: '{}' },
    { query: 'maybe=0&&name=x&', gives: '{"name":"x","maybe":0}' },
    { query: 'by_name=', gives: '{"byName":""}' },
    { query: 'wrapped_text=', gives: '{"wrappedText":""}' },
    { query: 'tags=a&tags=b&tags=', gives: '{"tags":["a","b",""]}' },
    { query: 'tags=a,b', gives: '{"tags":["a,b"]}' },
    { query: 'numbers=1&numbers=2e1', gives: '{"numbers":[1,20]}' },
    { query: 'genres=GENRE_NOVEL&genres=2', gives: '{"genres":["GENRE_NOVEL","GENRE_POETRY"]}' },
    { query: 'genre=7', gives: '{"genre":7}' },
    { query: 'since=2020-01-01T00:00:00Z', gives: '{"since":"2020-01-01T00:00:00Z"}' },
    { query: 'within=1.5s', gives: '{"within":"1.500s"}' },
    { query: 'read_mask=display_name,displayName,a.b_c.dE', gives: '{"readMask":"displayName,displayName,a.bC.dE"}' },
    { query: 'read_mask=', gives: '{"readMask":""}' },
    { query: 'wrapped=0', gives: '{"wrapped":0}' },
    // http.proto: "each field of the message is mapped to a separate parameter"
    { query: 'wrapped.value=0', gives: '{"wrapped":0}' },
    { query: 'read_mask.paths=display_name', gives: '{"readMask":"displayName"}' },
    { query: 'readMask.paths=name&readMask.paths=book.displayName', gives: '{"readMask":"name,book.displayName"}' },
    { query: 'since.seconds=5&since.nanos=1', gives: '{"since":"1970-01-01T00:00:05.000000001Z"}' },
    { query: 'within.nanos=500000000', gives: '{"within":"0.500s"}' },
    {
      query: 'book.publish_time.seconds=5&book.rating.value=3',
      gives: '{"book":{"publishTime":"1970-01-01T00:00:05Z","rating":3}}',
    },
    {
      query: 'book.title=x&book.author.display_name=y&book.author.born=2020-01-01T00:00:00Z',
      gives: '{"book":{"title":"x","author":{"displayName":"y","born":"2020-01-01T00:00:00Z"}}}',
    },
    { query: 'book.tags=a&book.tags=b', gives: '{"book":{"tags":["a","b"]}}' },
    { query: 'book.publishTime=2020-01-01T00:00:00Z', gives: '{"book":{"publishTime":"2020-01-01T00:00:00Z"}}' },
    { query: 'null=null', gives: '{}' },
    { query: 'blob=AQI', gives: '{"blob":"AQI="}' },
    { query: 'ratio=-Infinity', gives: '{"ratio":"-Infinity"}' },
    { query: 'name=a=b', gives: '{"name":"a=b"}' },
    { query: '$alt=json&%24prettyPrint=true&$other=1&name=x', gives: '{"name":"x"}' },
  ])('$query', ({ query, gives }) => {
    expect(bound(GET, { query })).toBe(gives)
  })

  const row = (name: string, query: string, reason: string, message: string, field: string | undefined) => ({
    name,
    query,
    error: [reason, message, field],
  })
  test.each([
    row(
      'a parameter naming no field',
      'page_sise=1',
      'UNKNOWN_PARAMETER',
      'the query parameter "page_sise" names no field of the request; did you mean page_size?',
      'page_sise',
    ),
    row(
      'a nested one naming no field',
      'book.titel=1',
      'UNKNOWN_PARAMETER',
      'the query parameter "book.titel" names no field of the request; did you mean title?',
      'book.titel',
    ),
    row(
      'a field of a scalar',
      'name.x=1',
      'UNKNOWN_PARAMETER',
      'the query parameter "name.x" names no field of the request: name has no fields',
      'name.x',
    ),
    row('an empty name', '=1', 'UNKNOWN_PARAMETER', 'the query parameter "" names no field of the request', undefined),
    row(
      'an empty step',
      'book..title=1',
      'UNKNOWN_PARAMETER',
      'the query parameter "book..title" names no field of the request',
      'book..title',
    ),
    row(
      'a name of Object.prototype',
      '__proto__=1',
      'UNKNOWN_PARAMETER',
      'the query parameter "__proto__" names no field of the request',
      '__proto__',
    ),
    row(
      'a singular scalar twice',
      'name=a&name=a',
      'REPEATED_PARAMETER',
      'the query parameter name is given twice',
      'name',
    ),
    row(
      'both spellings of one field',
      'page_size=1&pageSize=1',
      'REPEATED_PARAMETER',
      'page_size and pageSize are one field: use one spelling',
      'pageSize',
    ),
    row(
      'two members of one oneof',
      'by_name=a&by_number=1',
      'ONEOF_CONFLICT',
      'byNumber: byName is set too, and both are of the oneof choice',
      'byNumber',
    ),
    row(
      'a message',
      'book=x',
      'UNBINDABLE_PARAMETER',
      'the query parameter "book" cannot be bound: it is a message, which has no query form',
      'book',
    ),
    row(
      'an Empty',
      'nothing=',
      'UNBINDABLE_PARAMETER',
      'the query parameter "nothing" cannot be bound: it is a message, which has no query form',
      'nothing',
    ),
    row(
      'a repeated message',
      'books=x',
      'UNBINDABLE_PARAMETER',
      'the query parameter "books" cannot be bound: it is a repeated message, which has no query form',
      'books',
    ),
    row(
      'a field of a repeated message',
      'books.title=x',
      'UNBINDABLE_PARAMETER',
      'the query parameter "books.title" cannot be bound: books is a repeated message: use the body',
      'books.title',
    ),
    row(
      'a repeated Timestamp',
      'times=2020-01-01T00:00:00Z',
      'UNBINDABLE_PARAMETER',
      'the query parameter "times" cannot be bound: it is a repeated message, which has no query form',
      'times',
    ),
    row(
      'a map',
      'labels=x',
      'UNBINDABLE_PARAMETER',
      'the query parameter "labels" cannot be bound: it is a map, which has no query form',
      'labels',
    ),
    row(
      'a key of a map',
      'labels.a=x',
      'UNBINDABLE_PARAMETER',
      'the query parameter "labels.a" cannot be bound: labels is a map: use the body',
      'labels.a',
    ),
    row(
      'a field of a repeated scalar',
      'tags.a=x',
      'UNKNOWN_PARAMETER',
      'the query parameter "tags.a" names no field of the request: tags has no fields',
      'tags.a',
    ),
    row(
      'a Struct',
      'extra={}',
      'UNBINDABLE_PARAMETER',
      'the query parameter "extra" cannot be bound: it is a Struct, which has no query form',
      'extra',
    ),
    row(
      'a Value',
      'value=1',
      'UNBINDABLE_PARAMETER',
      'the query parameter "value" cannot be bound: it is a Value, which has no query form',
      'value',
    ),
    row(
      'a ListValue',
      'list=[]',
      'UNBINDABLE_PARAMETER',
      'the query parameter "list" cannot be bound: it is a ListValue, which has no query form',
      'list',
    ),
    row(
      'an Any',
      'any={}',
      'UNBINDABLE_PARAMETER',
      'the query parameter "any" cannot be bound: it is an Any, which has no query form',
      'any',
    ),
    row(
      'a field of a Struct',
      'extra.fields=1',
      'UNBINDABLE_PARAMETER',
      'the query parameter "extra.fields" cannot be bound: extra is a Struct: use the body',
      'extra.fields',
    ),
    row(
      'a Timestamp whole, and a field of it',
      'since=2020-01-01T00:00:00Z&since.seconds=1',
      'REPEATED_PARAMETER',
      'since is given whole and by its fields: give one of them',
      'since',
    ),
    row(
      'a field of a Timestamp, and the whole of it',
      'since.seconds=1&since=2020-01-01T00:00:00Z',
      'REPEATED_PARAMETER',
      'since is given whole and by its fields: give one of them',
      'since',
    ),
    row(
      'a FieldMask whole, and by its paths',
      'read_mask.paths=name&read_mask=name',
      'REPEATED_PARAMETER',
      'read_mask.paths and read_mask are one field: use one spelling',
      'readMask',
    ),
    row(
      'a wrapper by its field twice',
      'wrapped.value=1&wrapped.value=1',
      'REPEATED_PARAMETER',
      'the query parameter wrapped.value is given twice',
      'wrapped',
    ),
    row(
      'what a Timestamp has not',
      'since.minutes=1',
      'UNKNOWN_PARAMETER',
      'the query parameter "since.minutes" names no field of the request',
      'since.minutes',
    ),
    row('an empty number', 'page_size=', 'MALFORMED_PARAMETER', 'pageSize: "" is not an int32', 'pageSize'),
    row(
      'an item of a list',
      'numbers=1&numbers=x',
      'MALFORMED_PARAMETER',
      'numbers[1]: "x" is not an int32',
      'numbers[1]',
    ),
    row(
      'an invalid escape',
      'name=%zz',
      'MALFORMED_PARAMETER',
      'the query parameter "name" is not UTF-8 in percent-encoding',
      undefined,
    ),
    row(
      'half an escape',
      'name=%4',
      'MALFORMED_PARAMETER',
      'the query parameter "name" is not UTF-8 in percent-encoding',
      undefined,
    ),
    row(
      'bytes that are not UTF-8',
      'name=%ff',
      'MALFORMED_PARAMETER',
      'the query parameter "name" is not UTF-8 in percent-encoding',
      undefined,
    ),
    row(
      'bytes that are not encoded',
      'name=\u00e9',
      'MALFORMED_PARAMETER',
      'the query parameter "name" is not UTF-8 in percent-encoding',
      undefined,
    ),
    row(
      'a name that is not UTF-8',
      '%ff=1',
      'MALFORMED_PARAMETER',
      'the query parameter "%ff" is not UTF-8 in percent-encoding',
      undefined,
    ),
    row('a closed word in capitals', 'flag=True', 'MALFORMED_PARAMETER', 'flag: "True" is not a bool', 'flag'),
  ])('refuses $name', ({ query, error }) => {
    const [reason, message, field] = refused(GET, { query })
    const isSuggested = error[1]!.includes('did you mean')
    expect([reason, isSuggested ? message : message?.replace(/; did you mean.*/, ''), field]).toEqual(error)
  })

  test('an unknown parameter is ignored under `query: { unknown: ignore }`', () => {
    const query = { unknown: 'ignore', ignore: [] } as const
    expect(bound(GET, { query: 'utm=1&name=x&book.no=1&name.x=1' }, { query })).toBe('{"name":"x"}')
    // What is known and cannot be bound is still said.
    expect(refused(GET, { query: 'book=1' }, { query })[0]).toBe('UNBINDABLE_PARAMETER')
  })

  test('a parameter in `query.ignore` is not unknown', () => {
    const query = { unknown: 'reject', ignore: ['utm_source', 'api_key'] } as const
    expect(bound(GET, { query: 'utm_source=x&utm%5Fsource=y&api_key=k&name=x' }, { query })).toBe('{"name":"x"}')
    expect(refused(GET, { query: 'utm_medium=x' }, { query })[0]).toBe('UNKNOWN_PARAMETER')
  })

  test('a field bound by the path also appears in the query', () => {
    expect(refused({ template: '/v1/{name}' }, { captures: ['a'], query: 'name=a' })).toEqual([
      'FIELD_BOUND_TWICE',
      'the query parameter name is bound by the path',
      'name',
    ])
    expect(
      refused({ template: '/v1/{since.seconds}' }, { captures: ['5'], query: 'since=1970-01-01T00:00:06Z' }),
    ).toEqual(['FIELD_BOUND_TWICE', 'the query parameter since is bound by the path', 'since'])
    expect(
      refused({ template: '/v1/{since}' }, { captures: ['1970-01-01T00:00:06Z'], query: 'since.nanos=1' }),
    ).toEqual(['FIELD_BOUND_TWICE', 'the query parameter since.nanos is bound by the path', 'since.nanos'])
    expect(bound({ template: '/v1/{since.seconds}' }, { captures: ['5'], query: 'since.nanos=500000000' })).toBe(
      '{"since":"1970-01-01T00:00:05.500Z"}',
    )
    const nested = { template: '/v1/{book.name}' }
    expect(refused(nested, { captures: ['a'], query: 'book.name=a' })[0]).toBe('FIELD_BOUND_TWICE')
    expect(bound(nested, { captures: ['a'], query: 'book.title=t' })).toBe('{"book":{"name":"a","title":"t"}}')
    expect(refused({ ...nested, body: 'book' }, { captures: ['a'], query: 'book.name=a' })[0]).toBe('FIELD_BOUND_TWICE')
  })

  test('the path and the query set two members of one oneof', () => {
    expect(refused({ template: '/v1/{by_name}' }, { captures: ['a'], query: 'by_number=1' })[0]).toBe('ONEOF_CONFLICT')
  })

  test('nested deeper than 100 levels', () => {
    const plan = transcoderWith().compile(bind({ ...GET, rpc: 'Deep' }))
    const deep = (levels: number): Uint8Array =>
      plan.decodeRequest(partsOf({ query: `${'recursive_message.'.repeat(levels - 1)}optional_int32=1` }))
    expect(toJsonText(Proto3, deep(100))).toContain('"optionalInt32":1')
    expect(thrownBy(() => deep(101))).toMatchObject({
      reason: 'DEPTH_EXCEEDED',
      message: 'the request message is nested deeper than 100 levels',
    })
    expect(thrownBy(() => deep(5000)).reason).toBe('DEPTH_EXCEEDED')
  })
})

describe('body: "*" with query parameters', () => {
  test.each([
    { name: 'a field', query: 'name=x', error: 'UNBINDABLE_PARAMETER' },
    { name: 'an unknown one', query: 'nonsense=x', error: 'UNKNOWN_PARAMETER' },
    { name: 'a system parameter', query: '$alt=json&$x=1', error: undefined },
    { name: 'one of query.ignore', query: 'utm_source=1', error: undefined },
  ])('$name', ({ query, error }) => {
    const options = { query: { unknown: 'reject', ignore: ['utm_source'] } } as const
    if (error === undefined) expect(bound(POST, { query, body: '{"name":"y"}' }, options)).toBe('{"name":"y"}')
    else expect(refused(POST, { query, body: '{}' }, options)[0]).toBe(error)
  })

  test('everything unknown under `query: { unknown: ignore }`, but no field', () => {
    const options = { query: { unknown: 'ignore', ignore: [] } } as const
    expect(bound(POST, { query: 'nonsense=1', body: '{}' }, options)).toBe('{}')
    expect(refused(POST, { query: 'name=1', body: '{}' }, options)[0]).toBe('UNBINDABLE_PARAMETER')
  })
})

describe('the body', () => {
  test.each([
    { name: '`*`: the message', rule: POST, body: '{"name":"x","pageSize":"5"}', gives: '{"name":"x","pageSize":5}' },
    { name: '`*` and empty: the empty message', rule: POST, body: '', gives: '{}' },
    { name: 'a message field', rule: BOOK, body: '{"title":"t"}', gives: '{"book":{"title":"t"}}' },
    { name: 'a message field, `{}`: set', rule: BOOK, body: '{}', gives: '{"book":{}}' },
    { name: 'a message field, empty: unset', rule: BOOK, body: '', gives: '{}' },
    { name: 'a message field, null: unset', rule: BOOK, body: 'null', gives: '{}' },
    {
      name: 'a repeated field',
      rule: { ...BOOK, body: 'books' },
      body: '[{"title":"a"},{}]',
      gives: '{"books":[{"title":"a"},{}]}',
    },
    { name: 'a repeated field, empty: unset', rule: { ...BOOK, body: 'books' }, body: '', gives: '{}' },
    { name: 'a repeated scalar', rule: { ...BOOK, body: 'numbers' }, body: '[1,"2"]', gives: '{"numbers":[1,2]}' },
    { name: 'a map', rule: { ...BOOK, body: 'labels' }, body: '{"a":"b"}', gives: '{"labels":{"a":"b"}}' },
    { name: 'a map, empty: unset', rule: { ...BOOK, body: 'labels' }, body: '', gives: '{}' },
    { name: 'a scalar', rule: { ...BOOK, body: 'page_size' }, body: ' 5 ', gives: '{"pageSize":5}' },
    { name: 'a scalar, null: unset', rule: { ...BOOK, body: 'page_size' }, body: 'null', gives: '{}' },
    { name: 'a string', rule: { ...BOOK, body: 'name' }, body: '"x"', gives: '{"name":"x"}' },
    { name: 'an enum', rule: { ...BOOK, body: 'genre' }, body: '"GENRE_NOVEL"', gives: '{"genre":"GENRE_NOVEL"}' },
    { name: 'a wrapper', rule: { ...BOOK, body: 'wrapped' }, body: '0', gives: '{"wrapped":0}' },
    { name: 'a wrapper, empty: unset', rule: { ...BOOK, body: 'wrapped' }, body: '', gives: '{}' },
    {
      name: 'a Timestamp',
      rule: { ...BOOK, body: 'since' },
      body: '"2020-01-01T00:00:00Z"',
      gives: '{"since":"2020-01-01T00:00:00Z"}',
    },
    { name: 'a Value, null: set', rule: { ...BOOK, body: 'value' }, body: 'null', gives: '{"value":null}' },
    { name: 'a Struct', rule: { ...BOOK, body: 'extra' }, body: '{"a":[1]}', gives: '{"extra":{"a":[1]}}' },
    { name: 'none bound, `{}`: carries nothing', rule: GET, body: ' { } \n', gives: '{}' },
  ])('$name', ({ rule, body, gives }) => {
    expect(bound(rule, { body })).toBe(gives)
  })

  test.each([
    {
      name: 'none bound, but not empty',
      rule: GET,
      body: '{"name":"x"}',
      error: ['UNEXPECTED_BODY', 'the method takes no body, and this one is not empty', undefined],
    },
    {
      name: 'none bound, and no JSON',
      rule: GET,
      body: '{',
      error: ['UNEXPECTED_BODY', 'the method takes no body, and this one is not empty', undefined],
    },
    {
      name: 'none bound, an empty list',
      rule: GET,
      body: '[]',
      error: ['UNEXPECTED_BODY', 'the method takes no body, and this one is not empty', undefined],
    },
    {
      name: 'a scalar, empty',
      rule: { ...BOOK, body: 'page_size' },
      body: '',
      error: ['MISSING_BODY', 'pageSize: the body is its value, and it is empty', 'pageSize'],
    },
    {
      name: 'an enum, empty',
      rule: { ...BOOK, body: 'genre' },
      body: '',
      error: ['MISSING_BODY', 'genre: the body is its value, and it is empty', 'genre'],
    },
    {
      name: 'a scalar that is none',
      rule: { ...BOOK, body: 'page_size' },
      body: '12.5',
      error: ['MALFORMED_FIELD', 'pageSize: 12.5 is not an int32', 'pageSize'],
    },
    {
      name: 'a field in a field',
      rule: BOOK,
      body: '{"pages":12.5}',
      error: ['MALFORMED_FIELD', 'book.pages: 12.5 is not an int32', 'book.pages'],
    },
    {
      name: 'an unknown field',
      rule: BOOK,
      body: '{"titel":"x"}',
      error: ['UNKNOWN_FIELD', 'book.titel: no such field; did you mean title?', 'book.titel'],
    },
    {
      name: 'only white space',
      rule: POST,
      body: ' ',
      error: ['MALFORMED_JSON', 'the body is not JSON: expected a value, found the end', undefined],
    },
    {
      name: 'a list where a message is',
      rule: BOOK,
      body: '[]',
      error: ['MALFORMED_FIELD', 'book: an array is not an object', 'book'],
    },
  ])('refuses $name', ({ rule, body, error }) => {
    expect(refused(rule, { body })).toEqual(error)
  })

  test('a long value is shortened in the message', () => {
    const [, message] = refused({ ...BOOK, body: 'page_size' }, { body: JSON.stringify('x'.repeat(10_000)) })
    expect(message).toBe(`pageSize: "${'x'.repeat(60)}…" is not an int32`)
  })

  test('a parameter under the body field', () => {
    expect(refused(BOOK, { query: 'book.title=x', body: '{}' })[0]).toBe('UNBINDABLE_PARAMETER')
    expect(bound(BOOK, { query: 'page_size=5', body: '{}' })).toBe('{"pageSize":5,"book":{}}')
  })

  test('the rest of the message comes from the query', () => {
    expect(refused({ ...BOOK, body: 'by_name' }, { query: 'by_number=1', body: '"a"' })[0]).toBe('ONEOF_CONFLICT')
  })
})

describe('a field bound by the path also appears in the body', () => {
  const whole: RuleText = { template: '/v1/{name}/{big}', body: '*' }
  const part: RuleText = { template: '/v1/{book.name}', body: 'book' }

  test.each([
    {
      name: 'equal',
      rule: whole,
      captures: ['a', '1'],
      body: '{"name":"a","big":"1"}',
      gives: '{"name":"a","big":"1"}',
    },
    {
      name: 'equal in another spelling',
      rule: whole,
      captures: ['a', '1'],
      body: '{"big":1.0}',
      gives: '{"name":"a","big":"1"}',
    },
    { name: 'null', rule: whole, captures: ['a', '1'], body: '{"name":null}', gives: '{"name":"a","big":"1"}' },
    {
      name: 'absent',
      rule: whole,
      captures: ['a', '1'],
      body: '{"pageSize":2}',
      gives: '{"name":"a","pageSize":2,"big":"1"}',
    },
    { name: 'no body at all', rule: whole, captures: ['a', '1'], body: '', gives: '{"name":"a","big":"1"}' },
    {
      name: 'equal inside the body field',
      rule: part,
      captures: ['a'],
      body: '{"name":"a","title":"t"}',
      gives: '{"book":{"name":"a","title":"t"}}',
    },
    {
      name: 'absent inside the body field',
      rule: part,
      captures: ['a'],
      body: '{"title":"t"}',
      gives: '{"book":{"name":"a","title":"t"}}',
    },
    { name: 'the body field null', rule: part, captures: ['a'], body: 'null', gives: '{"book":{"name":"a"}}' },
    { name: 'the body field empty', rule: part, captures: ['a'], body: '', gives: '{"book":{"name":"a"}}' },
    {
      name: 'a time in another zone',
      rule: { template: '/v1/{since}', body: '*' },
      captures: ['2020-01-01T00:00:00Z'],
      body: '{"since":"2020-01-01T01:00:00+01:00"}',
      gives: '{"since":"2020-01-01T00:00:00Z"}',
    },
    {
      name: 'a float that is nothing but zero',
      rule: { template: '/v1/{small}', body: '*' },
      captures: ['1e-50'],
      body: '{"small":0}',
      gives: '{}',
    },
    {
      name: 'a time of which the path binds the seconds',
      rule: { template: '/v1/{since.seconds}', body: '*' },
      captures: ['5'],
      body: '{"since":"1970-01-01T00:00:05.5Z"}',
      gives: '{"since":"1970-01-01T00:00:05.500Z"}',
    },
    {
      name: 'the same, as the body field',
      rule: { template: '/v1/{since.seconds}', body: 'since' },
      captures: ['5'],
      body: '"1970-01-01T00:00:05Z"',
      gives: '{"since":"1970-01-01T00:00:05Z"}',
    },
    {
      name: 'an Any of which the path binds the type',
      rule: { template: '/v1/{any.type_url}', body: '*' },
      captures: ['x%2Fgoogle.protobuf.Int32Value'],
      body: '{"any":{"@type":"x/google.protobuf.Int32Value","value":1}}',
      gives: '{"any":{"@type":"x/google.protobuf.Int32Value","value":1}}',
    },
    {
      name: 'an enum by name and number',
      rule: { template: '/v1/{genre}', body: '*' },
      captures: ['1'],
      body: '{"genre":"GENRE_NOVEL"}',
      gives: '{"genre":"GENRE_NOVEL"}',
    },
  ])('$name', ({ rule, captures, body, gives }) => {
    expect(bound(rule, { captures, body })).toBe(gives)
  })

  test.each([
    {
      name: 'another value',
      rule: whole,
      captures: ['a', '1'],
      body: '{"name":"b"}',
      error: ['FIELD_BOUND_TWICE', 'name: the path says a, the body says "b"', 'name'],
    },
    {
      name: 'the empty string, under either spelling',
      rule: whole,
      captures: ['a', '1'],
      body: '{"name":""}',
      error: ['FIELD_BOUND_TWICE', 'name: the path says a, the body says ""', 'name'],
    },
    {
      name: 'another value inside the body field',
      rule: part,
      captures: ['a'],
      body: '{"name":"b"}',
      error: ['FIELD_BOUND_TWICE', 'book.name: the path says a, the body says "b"', 'book.name'],
    },
    {
      name: 'a time of other seconds than the path binds',
      rule: { template: '/v1/{since.seconds}', body: '*' },
      captures: ['5'],
      body: '{"since":"1970-01-01T00:00:06Z"}',
      error: ['FIELD_BOUND_TWICE', 'since.seconds: the path says 5, the body says "6"', 'since.seconds'],
    },
    {
      name: 'a time of no seconds, which is as many',
      rule: { template: '/v1/{since.seconds}', body: '*' },
      captures: ['5'],
      body: '{"since":"1970-01-01T00:00:00Z"}',
      error: ['FIELD_BOUND_TWICE', 'since.seconds: the path says 5, the body says "0"', 'since.seconds'],
    },
    {
      name: 'a Value of another kind than the path binds',
      rule: { template: '/v1/{value.string_value}', body: '*' },
      captures: ['a'],
      body: '{"value":1}',
      error: [
        'ONEOF_CONFLICT',
        'value.stringValue: numberValue is set too, and both are of the oneof kind',
        'value.stringValue',
      ],
    },
    {
      name: 'another member of its oneof',
      rule: { template: '/v1/{by_name}', body: '*' },
      captures: ['a'],
      body: '{"byNumber":1}',
      error: ['ONEOF_CONFLICT', 'byName: byNumber is set too, and both are of the oneof choice', 'byName'],
    },
  ])('refuses $name', ({ rule, captures, body, error }) => {
    expect(refused(rule, { captures, body })).toEqual(error)
  })
})

describe('a protobuf body', () => {
  const request = (json: string): Uint8Array => fromJsonText(Request, json)
  const book = (json: string): Uint8Array => fromJsonText(Book, json)
  const unknown = Buffer.from('fa3e0161', 'hex')

  test('`*`: the bytes, unknown fields too', () => {
    const bytes = Buffer.concat([request('{"name":"x"}'), unknown])
    const decoded = transcoderWith()
      .compile(bind(POST))
      .decodeRequest(partsOf({ body: bytes }))
    expect(Buffer.from(decoded).equals(bytes)).toBe(true)
  })

  test('a message field: the bytes of the field', () => {
    expect(bound({ ...BOOK, httpMethod: 'POST' }, { body: book('{"title":"t"}'), query: 'name=q' })).toBe(
      '{"name":"q","book":{"title":"t"}}',
    )
  })

  test.each([
    {
      name: 'a path field absent',
      rule: { template: '/v1/{name}', body: '*' },
      body: request('{"pageSize":1}'),
      gives: '{"name":"a","pageSize":1}',
    },
    {
      name: 'a path field equal',
      rule: { template: '/v1/{name}', body: '*' },
      body: request('{"name":"a"}'),
      gives: '{"name":"a"}',
    },
    {
      name: 'a path field inside the body field',
      rule: { template: '/v1/{book.name}', body: 'book' },
      body: book('{"title":"t"}'),
      gives: '{"book":{"name":"a","title":"t"}}',
    },
    {
      name: 'the same, equal',
      rule: { template: '/v1/{book.name}', body: 'book' },
      body: book('{"name":"a"}'),
      gives: '{"book":{"name":"a"}}',
    },
    {
      name: 'a path field within `*`',
      rule: { template: '/v1/{book.name}', body: '*' },
      body: request('{"book":{"title":"t"}}'),
      gives: '{"book":{"name":"a","title":"t"}}',
    },
    {
      // Written after the body it would be merged with it: a mask of the same path twice.
      name: 'a path field that is a list within, equal',
      rule: { template: '/v1/{read_mask}', body: '*' },
      body: request('{"readMask":"a"}'),
      gives: '{"readMask":"a"}',
    },
  ])('$name', ({ rule, body, gives }) => {
    expect(bound(rule, { captures: ['a'], body })).toBe(gives)
  })

  test.each([
    {
      name: 'a path field with another value',
      rule: { template: '/v1/{name}', body: '*' },
      body: request('{"name":"b"}'),
      error: ['FIELD_BOUND_TWICE', 'name: the path says a, the body says "b"', 'name'],
    },
    {
      name: 'the same inside the body field',
      rule: { template: '/v1/{book.name}', body: 'book' },
      body: book('{"name":"b"}'),
      error: ['FIELD_BOUND_TWICE', 'book.name: the path says a, the body says "b"', 'book.name'],
    },
    {
      name: 'another member of its oneof',
      rule: { template: '/v1/{by_name}', body: '*' },
      body: request('{"byNumber":1}'),
      error: ['ONEOF_CONFLICT', 'byName: byNumber is set too, and both are of the oneof choice', 'byName'],
    },
    {
      name: 'bytes that do not decode',
      rule: { template: '/v1/{name}', body: '*' },
      body: Buffer.from('0e', 'hex'),
      error: ['MALFORMED_PROTOBUF', 'the body does not decode as Request: wire type 6 does not exist', undefined],
    },
    {
      name: 'a field that is no message',
      rule: { template: '/v1/{name}', body: 'page_size' },
      body: Buffer.from('08', 'hex'),
      error: [
        'UNSUPPORTED_BODY',
        'pageSize: the body is this field, which is no message: it has no protobuf form of its own',
        'pageSize',
      ],
    },
    {
      name: 'a body where none is bound',
      rule: { template: '/v1/{name}' },
      body: Buffer.from('0801', 'hex'),
      error: ['UNEXPECTED_BODY', 'the method takes no body, and this one is not empty', undefined],
    },
  ])('refuses $name', ({ rule, body, error }) => {
    expect(refused(rule, { captures: ['a'], body })).toEqual(error)
  })
})

describe('the mask of a PATCH', () => {
  const PATCH: RuleText = { httpMethod: 'PATCH', template: '/v1/{book.name=books/*}', body: 'book' }
  const mask = (rule: RuleText, sent: Sent, options: Partial<TranscodeOptions> = {}): unknown =>
    (JSON.parse(bound(rule, { captures: ['books/1'], ...sent }, options)) as Record<string, unknown>)['updateMask']

  test.each([
    { name: 'the fields present', body: '{"title":"t","pages":0}', gives: 'title,pages' },
    { name: 'null counts as present', body: '{"title":null,"author":null}', gives: 'title,author' },
    {
      name: 'down to the leaves of singular messages',
      body: '{"author":{"displayName":"a","born":"2020-01-01T00:00:00Z"}}',
      gives: 'author.displayName,author.born',
    },
    {
      name: 'stopping at lists, maps and well-known types',
      body: '{"tags":[],"labels":{"a":"b"},"extra":{"x":{"y":1}},"editors":[{"displayName":"x"}],"rating":1,"publishTime":null}',
      gives: 'tags,labels,extra,editors,rating,publishTime',
    },
    { name: 'a map inside a message', body: '{"author":{"links":{"a":"b"}}}', gives: 'author.links' },
    { name: 'a submessage without fields is a leaf', body: '{"author":{}}', gives: 'author' },
    { name: 'a member of a oneof', body: '{"electronic":{"displayName":"x"}}', gives: 'electronic.displayName' },
    { name: 'the field the path binds, where it is sent', body: '{"name":"books/1","title":"t"}', gives: 'name,title' },
    { name: 'proto names as they were sent', body: '{"publish_time":null}', gives: 'publishTime' },
    { name: 'no field: an empty mask, that changes nothing', body: '{}', gives: '' },
    { name: 'no body: no mask', body: '', gives: undefined },
    { name: 'null: no mask', body: 'null', gives: undefined },
  ])('$name', ({ body, gives }) => {
    expect(mask(PATCH, { body })).toBe(gives)
  })

  test('an explicit mask always wins, in either spelling, empty too', () => {
    expect(mask(PATCH, { body: '{"title":"t"}', query: 'update_mask=pages' })).toBe('pages')
    const paths = 'update_mask.paths=pages&update_mask.paths=title'
    expect(mask(PATCH, { body: '{"title":"t"}', query: paths })).toBe('pages,title')
    expect(mask(PATCH, { body: '{"title":"t"}', query: 'updateMask=publish_time,pages' })).toBe('publishTime,pages')
    expect(mask(PATCH, { body: '{"title":"t"}', query: 'update_mask=' })).toBe('')
  })

  test('only for PATCH, only with a message field as body, and only where it is on', () => {
    const body = '{"title":"t"}'
    expect(mask({ ...PATCH, httpMethod: 'PUT' }, { body })).toBeUndefined()
    expect(mask({ ...PATCH, body: '*' }, { body: '{"pageSize":1}' })).toBeUndefined()
    expect(mask({ ...PATCH, template: '/v1/{name}', body: 'extra' }, { body: '{"a":1}' })).toBeUndefined()
    expect(mask(PATCH, { body }, { patch: { deriveMask: false } })).toBeUndefined()
  })

  test('with unknown fields ignored they are in no mask', () => {
    const json = { ...DEFAULT_OPTIONS.json, unknownFields: 'ignore' } as const
    expect(mask(PATCH, { body: '{"no":1,"title":"t"}' }, { json })).toBe('title')
  })

  test('of a protobuf body: what is on the wire', () => {
    const body = fromJsonText(Book, '{"title":"t","author":{"displayName":"x"},"tags":["a"],"subtitle":""}')
    expect(mask(PATCH, { body })).toBe('title,tags,author.displayName,subtitle')
  })
})

describe('explain', () => {
  test('tells what each part bound to', () => {
    const plan = transcoderWith().compile(
      bind({ httpMethod: 'PATCH', template: '/v1/{book.name=books/*}', body: 'book' }),
    )
    const trace = plan.traceRequest(
      partsOf({ captures: ['books/1'], query: 'tags=a&tags=b&page_size=5', body: '{"title":"t"}' }),
    )
    expect(trace.parts).toEqual([
      { from: 'path', field: 'book.name', text: 'books/1' },
      { from: 'query', field: 'tags', text: 'a' },
      { from: 'query', field: 'tags', text: 'b' },
      { from: 'query', field: 'pageSize', text: '5' },
      { from: 'body', field: 'book', text: undefined },
      { from: 'patch', field: 'updateMask', text: 'title' },
    ])
    expect(JSON.parse(trace.json)).toEqual({
      pageSize: 5,
      tags: ['a', 'b'],
      book: { name: 'books/1', title: 't' },
      updateMask: 'title',
    })
    expect(trace.json.split('\n')[1]).toBe('  "pageSize": 5,')
  })
})

describe('a request without a body is written straight to the wire', () => {
  const NAMES = [
    'name',
    'big',
    'flag',
    'ratio',
    'blob',
    'mood',
    'words',
    'book.name',
    'book.pages',
    'nope',
    '$alt',
    'pageSize',
    'page_size',
  ]
  const VALUES = ['1', 'x', '', 'true', '-5', '1.5', 'AAA=', '%zz', '%41', 'a+b', '99999999999999999999']
  const pair = fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES))
    .map(([name, value]) => `${name}=${value}`)

  test.each(['/v1/things', '/v1/{name}', '/v1/{big}/{book.name}'])('as by way of what is bound: %s', (template) => {
    const plan = transcoderWith({}).compile(bind({ template }))
    const captures = [...template.matchAll(/\{/g)].length
    fc.assert(
      fc.property(
        fc.array(pair, { maxLength: 4 }),
        fc.array(fc.constantFrom(...VALUES), { minLength: captures, maxLength: captures }),
        (pairs, texts) => {
          const parts = partsOf({ captures: texts, query: pairs.join('&') })
          const tried = (run: () => Uint8Array): unknown => {
            try {
              return Buffer.from(run()).toString('hex')
            } catch (error) {
              const { code, reason, message } = error as { code: number; reason: string; message: string }
              return { code, reason, message }
            }
          }
          expect(tried(() => plan.decodeRequest(parts))).toEqual(tried(() => plan.traceRequest(parts).message))
        },
      ),
    )
  })
})
