import { afterAll, describe, expect, test } from '@jest/globals'
import {
  bind,
  DEFAULT_OPTIONS,
  fromJsonText,
  Proto3,
  thrownBy,
  toJsonText,
  transcoderWith,
  type JsonOptions,
} from './support.js'

/** Generous, for a busy machine: what is quadratic takes minutes at these sizes. */
const LIMIT_MS = 3000

/** Bytes a body may take for each of its own, output and what the engine keeps for itself with them. */
const LIMIT_FACTOR = 100

interface Cost {
  readonly ms: number
  /** Bytes of heap and buffers, those included that nothing refers to any more. */
  readonly bytes: number
}

function costOf(run: () => unknown): Cost {
  const before = process.memoryUsage()
  const start = performance.now()
  try {
    run()
  } catch {
    // Refusing is fine; only the cost counts.
  }
  const ms = performance.now() - start
  const after = process.memoryUsage()
  return { ms, bytes: after.heapUsed + after.external - before.heapUsed - before.external }
}

function timed(run: () => unknown): number {
  return costOf(run).ms
}

const costs: string[] = []
afterAll(() => console.log(`a megabyte costs\n${costs.join('\n')}`))

const many = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join(',')
const nested = (levels: number, open: string, close: string, inner: string): string =>
  open.repeat(levels) + inner + close.repeat(levels)

describe('a megabyte costs its length', () => {
  const size = 1 << 20
  test.each([
    { name: 'one number of a million digits', text: `{"optionalInt64":${'9'.repeat(size)}}` },
    {
      name: 'one quoted number of a million zeros',
      text: `{"optionalInt64":"0.${'0'.repeat(size)}1e${'0'.repeat(100)}${size + 1}"}`,
    },
    { name: 'a double of a million digits', text: `{"optionalDouble":0.${'1'.repeat(size)}}` },
    { name: 'an exponent of a million digits', text: `{"optionalInt64":1e${'9'.repeat(size)}}` },
    {
      name: 'an object of 100,000 keys',
      text: `{"optionalStruct":{${Array.from({ length: 100_000 }, (_, i) => `"${i}":1`).join(',')}}}`,
    },
    {
      name: 'a map of 100,000 keys',
      text: `{"mapInt32Int32":{${Array.from({ length: 100_000 }, (_, i) => `"${i}":1`).join(',')}}}`,
    },
    { name: 'a string of escapes', text: `{"optionalString":"${'\\u0041'.repeat(size / 6)}"}` },
    { name: 'a string without its end', text: `{"optionalString":"${'a'.repeat(size)}` },
    { name: 'a million unknown names', text: `{"${'x'.repeat(size)}":1}` },
    { name: 'line breaks, then a mistake', text: `${'\n'.repeat(size)}x` },
    { name: 'open brackets', text: '['.repeat(size) },
    { name: 'base64', text: `{"optionalBytes":"${'A'.repeat(size)}"}` },
    { name: 'a timestamp', text: `{"optionalTimestamp":"${'1'.repeat(size)}"}` },
    { name: 'a duration', text: `{"optionalDuration":"${'1'.repeat(size)}s"}` },
    { name: 'a FieldMask', text: `{"optionalFieldMask":"${'aB,'.repeat(size / 3)}a"}` },
    { name: 'an unknown enum name', text: `{"optionalNestedEnum":"${'F'.repeat(size)}"}` },
    {
      name: 'an Any with its type last',
      text: `{"optionalAny":{"mapInt32Int32":{${Array.from({ length: 50_000 }, (_, i) => `"${i}":1`).join(',')}},"@type":"a/protobridge.test.proto3.AllTypes"}}`,
    },
    { name: 'white space', text: ' '.repeat(size) },
    { name: 'white space in an object', text: `{${' '.repeat(size)}}` },
    { name: 'a double with a huge exponent', text: '{"optionalDouble":1e999999999}' },
    { name: 'a quoted integer of a million digits', text: `{"optionalInt64":"${'1'.repeat(size)}"}` },
    { name: 'numbers of a few digits', text: `{"repeatedInt32":[${'1,'.repeat(size / 2)}1]}` },
    { name: 'numbers of twenty digits', text: `{"repeatedUint64":[${many(size / 21, () => '18446744073709551615')}]}` },
    { name: 'doubles of twenty digits', text: `{"repeatedDouble":[${many(size / 21, () => '1.844674407370955161')}]}` },
    { name: 'empty strings', text: `{"repeatedString":[${many(size / 3, () => '""')}]}` },
    { name: 'empty messages', text: `{"repeatedNestedMessage":[${many(size / 3, () => '{}')}]}` },
    { name: 'empty lists of a Value', text: `{"optionalValue":[${many(size / 3, () => '[]')}]}` },
    { name: 'empty objects of a Value', text: `{"optionalValue":[${many(size / 3, () => '{}')}]}` },
    { name: 'objects of one key', text: `{"optionalValue":[${many(size / 8, () => '{"a":0}')}]}` },
    { name: 'nulls of a Value', text: `{"optionalValue":[${many(size / 5, () => 'null')}]}` },
    {
      name: 'a key twice after 100,000 of a Struct',
      text: `{"optionalStruct":{${many(100_000, (i) => `"${i}":1`)},"0":1}}`,
    },
    {
      name: 'a key in another spelling after 50,000 of a map',
      text: `{"mapInt32Int32":{${many(50_000, (i) => `"${i}":1`)},"1e0":1}}`,
    },
    { name: 'keys of escapes', text: `{"optionalStruct":{${many(size / 16, (i) => `"\\u0041${i}":1`)}}}` },
    { name: 'characters of two units in escapes', text: `{"optionalString":"${'\\ud83d\\ude00'.repeat(size / 12)}"}` },
    {
      name: 'unknown keys that are ignored',
      text: `{${many(size / 9, (i) => `"x${i}":1`)}}`,
      options: { ignoreUnknown: true },
    },
    {
      name: 'an unknown object of many keys that is ignored',
      text: `{"x":{${many(size / 9, (i) => `"x${i}":1`)}}}`,
      options: { ignoreUnknown: true },
    },
    {
      name: 'Anys in each other, each with its type last',
      text: `{"optionalAny":${nested(45, '{"value":', ',"@type":"a/google.protobuf.Any"}', `{"value":"${'1'.repeat(size)}","@type":"a/google.protobuf.StringValue"}`)}}`,
    },
    {
      name: 'a list of Anys, each with its type last',
      text: `{"repeatedAny":[${many(size / 48, () => '{"value":1,"@type":"a/google.protobuf.Int32Value"}')}]}`,
    },
    { name: 'an Any without a type, of objects', text: `{"optionalAny":{"x":[${many(size / 3, () => '{}')}]}}` },
    { name: 'an Any without a type, of brackets', text: `{"optionalAny":{"x":${'['.repeat(size)}` },
    {
      name: 'a mistake in the last of many messages',
      text: `{"repeatedNestedMessage":[${many(size / 3, () => '{}')},1]}`,
    },
    {
      name: 'a mistake 95 levels deep',
      text: nested(95, '{"recursiveMessage":', '}', `{"optionalString":"${'a'.repeat(size)}","x":1}`),
    },
  ])('$name', ({ name, text, options }: { name: string; text: string; options?: JsonOptions }) => {
    const { ms, bytes } = costOf(() => fromJsonText(Proto3, text, options))
    costs.push(
      `${name.padEnd(48)} ${ms.toFixed(0).padStart(5)} ms ${(bytes / text.length).toFixed(1).padStart(6)} bytes a byte`,
    )
    expect(ms).toBeLessThan(LIMIT_MS)
    expect(bytes).toBeLessThan(LIMIT_FACTOR * Math.max(text.length, size / 10))
  })

  test('a wire of many empty messages of a large type', () => {
    const wire = Buffer.alloc(size, Buffer.from('820300', 'hex'))
    expect(timed(() => toJsonText(Proto3, wire.subarray(0, wire.length - (wire.length % 3))))).toBeLessThan(LIMIT_MS)
  })

  test('a wire that sets a oneof again and again', () => {
    const wire = Buffer.alloc(size - (size % 6), Buffer.from('f806018a0700', 'hex'))
    expect(timed(() => toJsonText(Proto3, wire))).toBeLessThan(LIMIT_MS)
  })

  test('a query of many parameters', () => {
    const plan = transcoderWith().compile(bind({ template: '/v1/x' }))
    const parts = { captures: [], body: new Uint8Array(0), format: undefined, contentType: '' }
    const query = 'tags=a&'.repeat(size / 7)
    expect(timed(() => plan.decodeRequest({ ...parts, query }))).toBeLessThan(LIMIT_MS)
  })
})

test('`1e536870000` fails at once', () => {
  expect(timed(() => fromJsonText(Proto3, '{"optionalInt64":"1e536870000"}'))).toBeLessThan(50)
  expect(thrownBy(() => fromJsonText(Proto3, '{"optionalDouble":1e536870000}')).reason).toBe('MALFORMED_FIELD')
})

test('keys of Object.prototype are keys like others', () => {
  const keys = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const text = `{"optionalStruct":{${keys.map((key) => `"${key}":{"polluted":true}`).join(',')}}}`
  expect(toJsonText(Proto3, fromJsonText(Proto3, text))).toBe(text)
  for (const key of keys) expect(thrownBy(() => fromJsonText(Proto3, `{"${key}":1}`)).reason).toBe('UNKNOWN_FIELD')
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('a plan holds nothing of a request', () => {
  const transcoder = transcoderWith({ json: { ...DEFAULT_OPTIONS.json, unknownFields: 'ignore' } })
  const plan = transcoder.compile(bind({ template: '/v1/{name}', body: 'book' }))
  const decode = (name: string, body: string): string =>
    Buffer.from(
      plan.decodeRequest({
        captures: [name],
        query: 'tags=a',
        body: Buffer.from(body),
        format: 'json',
        contentType: '',
      }),
    ).toString('hex')
  const first = decode('a', '{"title":"t"}')
  expect(() => decode('b', '{"pages":"x"}')).toThrow()
  expect(decode('a', '{"title":"t"}')).toBe(first)
})
