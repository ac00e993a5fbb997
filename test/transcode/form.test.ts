import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { TranscodeOptions } from '../../src/transcode/index.js'
import { bind, DEFAULT_OPTIONS, Request, thrownBy, toJsonText, transcoderWith, type RuleText } from './support.js'

/* Rulings: "Content" (request type) and "Binding", for bodies that are application/x-www-form-urlencoded. */

interface Sent {
  readonly captures?: readonly string[]
  readonly query?: string
  readonly body: string | Uint8Array
}

const TYPE = 'application/x-www-form-urlencoded'
const IGNORE: Partial<TranscodeOptions> = { json: { ...DEFAULT_OPTIONS.json, unknownFields: 'ignore' } }

function decode(rule: RuleText, sent: Sent, options: Partial<TranscodeOptions> = {}): Uint8Array {
  const { captures = [], query = '', body } = sent
  const plan = transcoderWith(options).compile(bind(rule))
  return plan.decodeRequest({ captures, query, body: Buffer.from(body as string), format: 'form', contentType: TYPE })
}

/** The request message as JSON. */
const bound = (rule: RuleText, sent: Sent, options?: Partial<TranscodeOptions>): string =>
  toJsonText(Request, decode(rule, sent, options))

function refused(rule: RuleText, sent: Sent, options?: Partial<TranscodeOptions>): unknown[] {
  const { code, reason, message, violations } = thrownBy(() => decode(rule, sent, options))
  expect(code).toBe(3)
  return [reason, message, violations[0]?.field]
}

const WHOLE: RuleText = { template: '/v1/things', body: '*' }
const BOOK: RuleText = { template: '/v1/books', body: 'book' }

describe('a form that is the whole request binds', () => {
  test.each([
    { form: 'name=a', gives: '{"name":"a"}' },
    { form: 'name=a+b%2Bc%20d', gives: '{"name":"a b+c d"}' },
    { form: 'name=%E8%B0%B7', gives: '{"name":"谷"}' },
    { form: 'name=谷', gives: '{"name":"谷"}' },
    { form: 'name=a=b', gives: '{"name":"a=b"}' },
    { form: 'name=%26%3D', gives: '{"name":"&="}' },
    { form: 'page_size=5', gives: '{"pageSize":5}' },
    { form: 'pageSize=5', gives: '{"pageSize":5}' },
    { form: 'page%5Fsize=5', gives: '{"pageSize":5}' },
    { form: 'name', gives: '{}' },
    { form: '&&maybe=0&&name=x&', gives: '{"name":"x","maybe":0}', name: 'empty pairs skipped' },
    { form: 'by_name=', gives: '{"byName":""}' },
    { form: 'big=9007199254740993', gives: '{"big":"9007199254740993"}' },
    { form: 'flag=true', gives: '{"flag":true}' },
    { form: 'ratio=1.5e2', gives: '{"ratio":150}' },
    { form: 'ratio=NaN', gives: '{"ratio":"NaN"}' },
    { form: 'blob=-_8', gives: '{"blob":"+/8="}' },
    { form: 'genre=GENRE_NOVEL', gives: '{"genre":"GENRE_NOVEL"}' },
    { form: 'genre=2', gives: '{"genre":"GENRE_POETRY"}' },
    { form: 'genre=7', gives: '{"genre":7}' },
    { form: 'tags=a&tags=b&tags=', gives: '{"tags":["a","b",""]}' },
    { form: 'tags=a&name=n&tags=b', gives: '{"name":"n","tags":["a","b"]}', name: 'repetitions apart' },
    { form: 'tags=a,b', gives: '{"tags":["a,b"]}' },
    { form: 'numbers=1&numbers=2e1', gives: '{"numbers":[1,20]}' },
    { form: 'genres=GENRE_NOVEL&genres=2', gives: '{"genres":["GENRE_NOVEL","GENRE_POETRY"]}' },
    { form: 'since=2020-01-01T00:00:00%2B01:00', gives: '{"since":"2019-12-31T23:00:00Z"}' },
    { form: 'within=1.5s', gives: '{"within":"1.500s"}' },
    { form: 'read_mask=display_name,displayName', gives: '{"readMask":"displayName,displayName"}' },
    { form: 'wrapped=0&wrapped_text=', gives: '{"wrapped":0,"wrappedText":""}' },
    { form: 'null=null', gives: '{}' },
    {
      form: 'book.title=x&book.author.display_name=y&book.author.born=2020-01-01T00:00:00Z&book.tags=a&book.tags=b',
      gives: '{"book":{"title":"x","tags":["a","b"],"author":{"displayName":"y","born":"2020-01-01T00:00:00Z"}}}',
    },
    { form: '&', gives: '{}', name: 'nothing' },
    { form: '', gives: '{}', name: 'an empty body: the empty message' },
  ])('$form', ({ form, gives }) => {
    expect(bound(WHOLE, { body: form })).toBe(gives)
  })

  test('the same as the query does, for any texts', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, fc.array(text), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (name, tags, number) => {
        const pairs = new URLSearchParams([
          ['name', name],
          ['page_size', String(number)],
          ...tags.map((tag) => ['book.tags', tag] as [string, string]),
        ]).toString()
        const parts = { captures: [], query: pairs, body: Buffer.alloc(0), format: undefined, contentType: '' }
        const byQuery = transcoderWith()
          .compile(bind({ template: '/v1/things' }))
          .decodeRequest(parts)
        expect(decode(WHOLE, { body: pairs })).toEqual(byQuery)
      }),
    )
  })
})

describe('a form that is one field', () => {
  test.each([
    {
      name: 'its names are that message’s',
      body: 'title=x&author.displayName=y',
      gives: '{"title":"x","author":{"displayName":"y"}}',
    },
    { name: 'a field of one name with it', body: 'name=n', gives: '{"name":"n"}' },
  ])('$name', ({ body, gives }) => {
    expect(bound(BOOK, { body })).toBe(`{"book":${gives}}`)
  })

  test('empty: left unset', () => {
    expect(bound(BOOK, { body: '' })).toBe('{}')
  })

  test('the query has the rest', () => {
    expect(bound(BOOK, { body: 'title=x', query: 'name=q' })).toBe('{"name":"q","book":{"title":"x"}}')
  })

  test('the query cannot have the body', () => {
    const error = refused(BOOK, { body: 'title=x', query: 'book.pages=1' })
    expect(error).toEqual([
      'UNBINDABLE_PARAMETER',
      'the query parameter "book.pages" cannot be bound: book is the body',
      'book.pages',
    ])
  })
})

describe('refused', () => {
  const row = (name: string, body: string | Uint8Array, reason: string, message: string, field?: string) => ({
    name,
    body,
    error: [reason, message, field],
  })
  test.each([
    row(
      'a name of no field',
      'titel=x',
      'UNKNOWN_FIELD',
      'the form field "titel" names no field of Book; did you mean title?',
      'book.titel',
    ),
    row('a name of nothing', '=x', 'UNKNOWN_FIELD', 'the form field "" names no field of Book', 'book.'),
    row(
      'a system parameter: they are the query’s',
      '$alt=json',
      'UNKNOWN_FIELD',
      'the form field "$alt" names no field of Book',
      'book.$alt',
    ),
    row(
      'the body field’s own name',
      'book.title=x',
      'UNKNOWN_FIELD',
      'the form field "book.title" names no field of Book',
      'book.book.title',
    ),
    row(
      'a field of a scalar',
      'title.x=1',
      'UNKNOWN_FIELD',
      'the form field "title.x" names no field of Book: title has no fields',
      'book.title.x',
    ),
    row(
      'a singular field twice',
      'title=a&title=a',
      'DUPLICATE_FIELD',
      'the form field title is given twice',
      'book.title',
    ),
    row(
      'both spellings of one field',
      'publish_time=2020-01-01T00:00:00Z&publishTime=2020-01-01T00:00:00Z',
      'DUPLICATE_FIELD',
      'publish_time and publishTime are one field: use one spelling',
      'book.publishTime',
    ),
    row(
      'two members of one oneof',
      'paper=a&electronic.display_name=b',
      'ONEOF_CONFLICT',
      'book.electronic: paper is set too, and both are of the oneof binding',
      'book.electronic',
    ),
    row(
      'a message',
      'author=x',
      'UNBINDABLE_FIELD',
      'the form field "author" cannot be bound: it is a message, which a form cannot say',
      'book.author',
    ),
    row(
      'a repeated message',
      'editors.display_name=x',
      'UNBINDABLE_FIELD',
      'the form field "editors.display_name" cannot be bound: editors is a repeated message: send JSON',
      'book.editors.display_name',
    ),
    row(
      'a map',
      'labels.a=x',
      'UNBINDABLE_FIELD',
      'the form field "labels.a" cannot be bound: labels is a map: send JSON',
      'book.labels.a',
    ),
    row(
      'a map in brackets',
      'labels[a]=x',
      'UNKNOWN_FIELD',
      'the form field "labels[a]" names no field of Book; did you mean labels?',
      'book.labels[a]',
    ),
    row(
      'a Struct',
      'extra={}',
      'UNBINDABLE_FIELD',
      'the form field "extra" cannot be bound: it is a Struct, which a form cannot say',
      'book.extra',
    ),
    row(
      'a field of a Struct',
      'extra.fields=1',
      'UNBINDABLE_FIELD',
      'the form field "extra.fields" cannot be bound: extra is a Struct: send JSON',
      'book.extra.fields',
    ),
    row(
      'a wrapper whole, and its field',
      'rating=1&rating.value=1',
      'DUPLICATE_FIELD',
      'rating and rating.value are one field: use one spelling',
      'book.rating',
    ),
    row('a value not of its type', 'pages=12.5', 'MALFORMED_FIELD', 'book.pages: "12.5" is not an int32', 'book.pages'),
    row('an empty number', 'pages=', 'MALFORMED_FIELD', 'book.pages: "" is not an int32', 'book.pages'),
    row(
      'a number over int64',
      'isbn=9223372036854775808',
      'MALFORMED_FIELD',
      'book.isbn: "9223372036854775808" is out of the range of int64',
      'book.isbn',
    ),
    row(
      'an enum name nobody knows',
      'genre=NOVEL',
      'MALFORMED_FIELD',
      'book.genre: "NOVEL" is not a value of the enum Genre',
      'book.genre',
    ),
    row(
      'no time',
      'publish_time=today',
      'MALFORMED_FIELD',
      'book.publishTime: "today" is not an RFC 3339 time',
      'book.publishTime',
    ),
    row('half an escape', 'title=%4', 'MALFORMED_FORM', 'the form field "title" is not UTF-8 in percent-encoding'),
    row(
      'an escape of no digits',
      'title=100%',
      'MALFORMED_FORM',
      'the form field "title" is not UTF-8 in percent-encoding',
    ),
    row('a malformed name', '%zz=1', 'MALFORMED_FORM', 'the form field "%zz" is not UTF-8 in percent-encoding'),
    row(
      'escaped bytes that are not UTF-8',
      'title=%FF',
      'MALFORMED_FORM',
      'the form field "title" is not UTF-8 in percent-encoding',
    ),
    row(
      'an overlong escape',
      'title=%C0%80',
      'MALFORMED_FORM',
      'the form field "title" is not UTF-8 in percent-encoding',
    ),
    row(
      'an escaped surrogate',
      'title=%ED%A0%80',
      'MALFORMED_FORM',
      'the form field "title" is not UTF-8 in percent-encoding',
    ),
    row('bytes that are not UTF-8', Buffer.from('title=\xff', 'latin1'), 'MALFORMED_FORM', 'the body is not UTF-8'),
    row('a byte order mark', '\ufefftitle=x', 'MALFORMED_FORM', 'a byte order mark before the form'),
    row(
      'JSON',
      '{"title":"x"}',
      'UNKNOWN_FIELD',
      'the form field "{\\"title\\":\\"x\\"}" names no field of Book: JSON needs Content-Type: application/json',
      'book.{"title":"x"}',
    ),
  ])('$name', ({ body, error }) => {
    const [reason, message, field] = refused(BOOK, { body })
    expect([reason, String(message).replace(/(enum Genre).*/, '$1'), field]).toEqual(error)
  })

  test('a whole request names its fields from the request', () => {
    expect(refused(WHOLE, { body: 'nmae=x' })).toEqual([
      'UNKNOWN_FIELD',
      'the form field "nmae" names no field of Request; did you mean name?',
      'nmae',
    ])
  })

  test('two members of one oneof of the request', () => {
    expect(refused(WHOLE, { body: 'by_name=a&by_number=1' })[0]).toBe('ONEOF_CONFLICT')
  })
})

describe('json: { unknownFields: ignore }', () => {
  test.each([
    { name: 'a name of no field', body: 'nope=1&title=x', gives: '{"book":{"title":"x"}}' },
    { name: 'a field of a scalar', body: 'title.nope=1&pages=2', gives: '{"book":{"pages":2}}' },
    { name: 'an enum name nobody knows', body: 'genre=NOVEL&title=x', gives: '{"book":{"title":"x"}}' },
    { name: 'the same name twice', body: 'nope=1&nope=1&title=x', gives: '{"book":{"title":"x"}}' },
  ])('$name is skipped', ({ body, gives }) => {
    expect(bound(BOOK, { body }, IGNORE)).toBe(gives)
  })

  test.each([
    { name: 'a field no form can say', body: 'labels.a=x', reason: 'UNBINDABLE_FIELD' },
    { name: 'a wrong value', body: 'pages=x', reason: 'MALFORMED_FIELD' },
    { name: 'a malformed value of a name of no field', body: 'nope=%', reason: 'MALFORMED_FORM' },
  ])('$name is not', ({ body, reason }) => {
    expect(refused(BOOK, { body }, IGNORE)[0]).toBe(reason)
  })

  test('the query’s option says nothing of forms', () => {
    const error = refused(BOOK, { body: 'nope=1' }, { query: { unknown: 'ignore', ignore: ['nope'] } })
    expect(error[0]).toBe('UNKNOWN_FIELD')
  })
})

describe('with fields the path binds', () => {
  const whole: RuleText = { template: '/v1/{name}', body: '*' }
  const part: RuleText = { template: '/v1/{book.name}', body: 'book' }
  test.each([
    { name: 'equal', rule: whole, captures: ['a'], body: 'name=a&page_size=1', gives: '{"name":"a","pageSize":1}' },
    { name: 'absent', rule: whole, captures: ['a'], body: 'page_size=1', gives: '{"name":"a","pageSize":1}' },
    {
      name: 'equal, another text of it',
      rule: { template: '/v1/{page_size}', body: '*' },
      captures: ['10'],
      body: 'pageSize=1e1',
      gives: '{"pageSize":10}',
    },
    {
      name: 'equal inside the body field',
      rule: part,
      captures: ['a'],
      body: 'name=a&title=t',
      gives: '{"book":{"name":"a","title":"t"}}',
    },
    {
      name: 'inside a message of the whole',
      rule: { ...part, body: '*' },
      captures: ['a'],
      body: 'book.title=t',
      gives: '{"book":{"name":"a","title":"t"}}',
    },
  ])('$name', ({ rule, captures, body, gives }) => {
    expect(bound(rule, { captures, body })).toBe(gives)
  })

  test.each([
    { name: 'another value', rule: whole, body: 'name=b', field: 'name' },
    { name: 'the empty one', rule: whole, body: 'name=', field: 'name' },
    { name: 'another inside the body field', rule: part, body: 'name=b', field: 'book.name' },
  ])('$name: refused', ({ rule, body, field }) => {
    const said = /=(.*)/.exec(body)![1]!
    const message = `${field}: the path says a, the body says "${said}"`
    expect(refused(rule, { captures: ['a'], body })).toEqual(['FIELD_BOUND_TWICE', message, field])
  })
})

describe('a Timestamp of which the path binds the seconds', () => {
  const rule: RuleText = { template: '/v1/{since.seconds}', body: '*' }
  test('as many: one value', () => {
    const sent = { captures: ['5'], body: 'since=1970-01-01T00:00:05.5Z' }
    expect(bound(rule, sent)).toBe('{"since":"1970-01-01T00:00:05.500Z"}')
  })
  test('others: refused', () => {
    expect(refused(rule, { captures: ['5'], body: 'since=1970-01-01T00:00:06Z' })).toEqual([
      'FIELD_BOUND_TWICE',
      'since.seconds: the path says 5, the body says "6"',
      'since.seconds',
    ])
  })
})

test('a Timestamp that the path binds, in the body by its fields: refused', () => {
  const rule: RuleText = { template: '/v1/{book.publish_time}', body: 'book' }
  expect(refused(rule, { captures: ['1970-01-01T00:00:05Z'], body: 'publish_time.seconds=5' })).toEqual([
    'FIELD_BOUND_TWICE',
    'book.publishTime: the path says 1970-01-01T00:00:05Z, the body says it by its fields',
    'book.publishTime',
  ])
})

describe('PATCH derives the mask from the names', () => {
  const patch: RuleText = { rpc: 'Update', httpMethod: 'PATCH', template: '/v1/books', body: 'book' }
  const maskOf = (body: string, query = ''): unknown =>
    (JSON.parse(bound(patch, { body, query })) as { readonly updateMask?: string }).updateMask
  test.each([
    { body: 'title=x', mask: 'title' },
    { body: 'title=', mask: 'title' },
    { body: 'publishTime=2020-01-01T00:00:00Z&tags=a&tags=b', mask: 'publishTime,tags' },
    { body: 'author.display_name=y&pages=1', mask: 'author.displayName,pages' },
    { body: 'rating=1', mask: 'rating' },
    { body: 'rating.value=1&publish_time.seconds=5', mask: 'rating,publishTime' },
    { body: '', mask: undefined },
  ])('$body', ({ body, mask }) => {
    expect(maskOf(body)).toBe(mask)
  })

  test('an explicit mask wins', () => {
    expect(maskOf('title=x', 'update_mask=pages')).toBe('pages')
  })
})

describe('bodies that are no message of named fields', () => {
  test.each(['page_size', 'tags', 'books', 'labels', 'genre', 'since', 'wrapped', 'extra', 'value', 'any'])(
    '%s: 415, and not among the formats of the body',
    (field) => {
      const rule: RuleText = { template: '/v1/things', body: field }
      const { httpStatus, reason, message } = thrownBy(() => decode(rule, { body: 'a=1' }))
      expect([httpStatus, reason]).toEqual([415, 'UNSUPPORTED_BODY'])
      expect(message).toContain('a form cannot say it')
      expect(transcoderWith().compile(bind(rule)).bodyFormats).not.toContain('form')
    },
  )

  test.each([
    { rule: WHOLE, formats: ['json', 'proto', 'xml', 'form'] },
    { rule: BOOK, formats: ['json', 'proto', 'xml', 'form'] },
    { rule: { template: '/v1/things', body: 'since' }, formats: ['json', 'proto', 'xml'] },
    { rule: { template: '/v1/things', body: 'tags' }, formats: ['json', 'xml'] },
    { rule: { template: '/v1/things' }, formats: ['json', 'proto', 'xml', 'form'] },
  ])('the formats of $rule', ({ rule, formats }) => {
    expect(transcoderWith().compile(bind(rule)).bodyFormats).toEqual(formats)
  })

  test('where no body is bound, only one without a pair is none', () => {
    const get: RuleText = { template: '/v1/things' }
    expect(bound(get, { body: '&' })).toBe('{}')
    expect(refused(get, { body: 'name=a' })[0]).toBe('UNEXPECTED_BODY')
  })
})

describe('the cost of a form', () => {
  /** The least of three, so that a pause of the machine does not count; ms. */
  function costOf(body: Buffer, rule = WHOLE): number {
    const runs = [0, 1, 2].map(() => {
      const start = performance.now()
      decode(rule, { body })
      return performance.now() - start
    })
    return Math.min(...runs)
  }

  test('grows with its length: 160,000 pairs take less than 64 times what 10,000 do', () => {
    const pairs = (count: number): Buffer => Buffer.from('tags=a&'.repeat(count))
    costOf(pairs(10_000))
    expect(costOf(pairs(160_000))).toBeLessThan(64 * Math.max(costOf(pairs(10_000)), 1))
  })

  test.each([
    { name: 'separators', text: '&', outcome: '' },
    { name: 'pairs of no name', text: '=&', outcome: 'UNKNOWN_FIELD' },
    { name: 'levels', text: 'author.', outcome: 'UNKNOWN_FIELD' },
    { name: 'dots', text: '.', outcome: 'UNKNOWN_FIELD' },
    { name: 'pluses', text: '+', outcome: 'UNKNOWN_FIELD' },
    { name: 'escapes', text: '%61', outcome: 'UNKNOWN_FIELD' },
  ])('4 MiB of $name', ({ text, outcome }) => {
    const body = Buffer.from(text.repeat(2 ** 22 / text.length))
    const start = performance.now()
    if (outcome === '') decode(BOOK, { body })
    else expect(refused(BOOK, { body })[0]).toBe(outcome)
    expect(performance.now() - start).toBeLessThan(1000)
  })

  test('a name of more than 100 levels is refused before anything walks them', () => {
    const deep: RuleText = { rpc: 'Deep', template: '/v1/deep', body: '*' }
    const body = (levels: number): string => `${'recursive_message.'.repeat(levels - 1)}optional_int32=1`
    expect(decode(deep, { body: body(100) }).length).toBeGreaterThan(100)
    expect(thrownBy(() => decode(deep, { body: body(101) })).reason).toBe('DEPTH_EXCEEDED')
    expect(thrownBy(() => decode(deep, { body: body(200_000) })).reason).toBe('DEPTH_EXCEEDED')
  })
})
