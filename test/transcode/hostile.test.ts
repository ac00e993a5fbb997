import { describe, expect, test } from '@jest/globals'
import { bind, DEFAULT_OPTIONS, fromJsonText, Proto3, thrownBy, toJsonText, transcoderWith } from './support.js'

/** Generous, for a busy machine: what is quadratic takes minutes at these sizes. */
const LIMIT_MS = 3000

function timed(run: () => unknown): number {
  const start = performance.now()
  try {
    run()
  } catch {
    // Refusing is fine; only the time counts.
  }
  return performance.now() - start
}

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
  ])('$name', ({ text }) => {
    expect(timed(() => fromJsonText(Proto3, text))).toBeLessThan(LIMIT_MS)
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
