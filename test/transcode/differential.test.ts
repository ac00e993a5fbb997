import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromBinary, fromJsonString, toJson, type DescMessage, type JsonValue } from '@bufbuild/protobuf'
import { StatusError } from '../../src/status/index.js'
import { WireError } from '../../src/transcode/wire/reader.js'
import { messageJson } from './arbitraries.js'
import {
  Book,
  Editions,
  fromJsonText,
  messageType,
  oracleFromJson,
  oracleToJson,
  Proto2,
  Proto3,
  registry,
  Request,
  thrownBy,
  toJsonText,
} from './support.js'

/*
 * Against @bufbuild/protobuf, which has nothing to do with how we get from text to wire. fast-check prints the seed of a
 * failure.
 */

const TYPES: readonly DescMessage[] = [Proto3, Proto2, Editions, Request, Book]
const RUNS = Number(process.env['TRANSCODE_RUNS'] ?? 400)

/** JSON with floats rounded to float, -0 made 0 and keys sorted: what the two write differently on purpose. */
function comparable(json: JsonValue): unknown {
  if (typeof json === 'number') return Math.fround(json) + 0
  if (Array.isArray(json)) return json.map(comparable)
  if (json === null || typeof json !== 'object') return json
  return Object.keys(json)
    .sort()
    .map((key) => [key, comparable(json[key]!)])
}

describe.each(TYPES.map((desc) => ({ name: desc.typeName, desc })))('$name', ({ desc }) => {
  test('JSON → wire: the oracle reads the same message', () => {
    fc.assert(
      fc.property(messageJson(desc), (text) => {
        expect(oracleToJson(desc, fromJsonText(desc, text))).toBe(oracleToJson(desc, oracleFromJson(desc, text)))
      }),
      { numRuns: RUNS },
    )
  })

  test('wire → JSON: the same JSON, which reads back', () => {
    fc.assert(
      fc.property(messageJson(desc), (text) => {
        const wire = oracleFromJson(desc, text)
        const json = toJsonText(desc, wire)
        expect(comparable(JSON.parse(json) as JsonValue)).toEqual(
          comparable(JSON.parse(oracleToJson(desc, wire)) as JsonValue),
        )
        expect(toJsonText(desc, fromJsonText(desc, json))).toBe(json)
      }),
      { numRuns: RUNS },
    )
  })

  test('two messages one after the other merge as the oracle merges them', () => {
    fc.assert(
      fc.property(messageJson(desc), messageJson(desc), (one, two) => {
        const wire = Buffer.concat([oracleFromJson(desc, one), oracleFromJson(desc, two)])
        let oracle: JsonValue
        try {
          oracle = toJson(desc, fromBinary(desc, wire), { registry })
        } catch {
          return
        }
        expect(comparable(JSON.parse(toJsonText(desc, wire)) as JsonValue)).toEqual(comparable(oracle))
      }),
      { numRuns: RUNS },
    )
  })

  test('bytes of no sense: refused, or read to JSON the oracle reads', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(messageJson(desc), fc.nat(), fc.nat(255)).map(([text, at, byte]) => {
        const wire = Buffer.from(oracleFromJson(desc, text))
        if (wire.length > 0) wire[at % wire.length] = byte
        return wire
      }),
    )
    fc.assert(
      fc.property(bytes, (wire) => {
        let json: string
        try {
          json = toJsonText(desc, wire)
        } catch (error) {
          if (error instanceof WireError || error instanceof StatusError) return
          throw error
        }
        expect(() => fromJsonString(desc, json, { registry })).not.toThrow()
      }),
      { numRuns: RUNS },
    )
  })

  test('text of no sense: refused as a client’s mistake, or what the oracle takes too', () => {
    const text = fc
      .tuple(
        messageJson(desc),
        fc.nat(),
        fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '1', '-', 'e', '.', 'x', '\\', '\u0000', ' ', 'null'),
      )
      .map(([json, at, insert]) => {
        const place = at % (json.length + 1)
        return json.slice(0, place) + insert + json.slice(insert === '' ? place + 1 : place)
      })
    fc.assert(
      fc.property(text, (json) => {
        let wire: Uint8Array
        try {
          wire = fromJsonText(desc, json)
        } catch (error) {
          if (error instanceof StatusError && error.httpStatus === 400) return
          throw error
        }
        // What we take and the oracle does not is the spelling of some numbers: our own it takes.
        const canonical = toJsonText(desc, wire)
        expect(() => fromJsonString(desc, canonical, { registry })).not.toThrow()
      }),
      { numRuns: RUNS },
    )
  })
})

/** What only one of us takes: by what the other says of it. Each has a row below, or one in `conformance.test.ts`. */
const VERDICTS: readonly { readonly name: string; readonly ours?: RegExp; readonly oracle?: RegExp }[] = [
  {
    name: 'a number in quotes is in the grammar of JSON numbers',
    ours: /" is not an? (?:u?s?(?:int|fixed)\d\d|float|double),/,
  },
  { name: 'a surrogate is one of a pair', ours: /: a lone surrogate, at/ },
  { name: 'base64 has no character of another alphabet', ours: /" is not base64,/ },
  { name: 'an Any of a special form has nothing beside its value', ours: /an Any of this type has only/ },
  { name: 'a duration has nothing after its s', ours: /is not a duration in seconds/ },
  { name: 'hour 24 does not exist', ours: /is not a time that exists/ },
  { name: 'a FieldMask has no empty path', ours: /" has an empty path/ },
  { name: 'a number beyond the range of double is no infinity', ours: /is out of the range of double/ },
  { name: 'a wrapper that an Any packs has a value', ours: /\.value: null is not/ },
  {
    name: 'a number that is not whole is no integer, also where a double would make it 0',
    ours: /: -?[\d.]+e-\d+ is not an? u?s?(?:int|fixed)\d\d,/i,
  },
  { name: 'a type URL has a slash', ours: /is not a type URL such as/ },
  { name: 'an int64 may have an exponent', oracle: /expected bigint/ },
]

describe.each(TYPES.map((desc) => ({ name: desc.typeName, desc })))('$name, mutated', ({ desc }) => {
  test('the verdict is the oracle’s, or a named difference', () => {
    const inserted = fc.constantFrom(
      ...['', '"', '{', '}', '[', ']', ',', ':', '1', '0', '-', 'e', '.', 'x', '\\', '\u0000', ' ', '\n'],
      ...['null', 'true', '"@type":', '_', '+', 'é', '\\ud800'],
    )
    const mutated = fc.tuple(messageJson(desc), fc.nat(), inserted, fc.nat(2)).map(([json, at, insert, cut]) => {
      const place = at % (json.length + 1)
      // As bytes have it: half a surrogate pair, which only strings hold, is not one.
      return Buffer.from(json.slice(0, place) + insert + json.slice(place + cut)).toString()
    })
    const refusal = (read: () => unknown): string => {
      try {
        read()
        return ''
      } catch (error) {
        return (error as Error).message
      }
    }
    fc.assert(
      fc.property(mutated, (json) => {
        const ours = refusal(() => fromJsonText(desc, json))
        const oracle = refusal(() => fromJsonString(desc, json, { registry }))
        if ((ours === '') === (oracle === '')) return
        expect(VERDICTS.filter((row) => (ours === '' ? row.oracle?.test(oracle) : row.ours?.test(ours)))).not.toEqual(
          [],
        )
      }),
      { numRuns: RUNS },
    )
  })
})

describe('where we are stricter, or more exact, than the oracle', () => {
  const differs = (text: string): { ours: string; oracle: string } => {
    const read = (decode: () => Uint8Array): string => {
      try {
        return toJsonText(Proto3, decode())
      } catch {
        return 'refused'
      }
    }
    return { ours: read(() => fromJsonText(Proto3, text)), oracle: read(() => oracleFromJson(Proto3, text)) }
  }

  test.each([
    {
      name: 'a bare int64 never passes through a double',
      text: '{"optionalInt64":9007199254740993}',
      ours: '{"optionalInt64":"9007199254740993"}',
      oracle: '{"optionalInt64":"9007199254740992"}',
    },
    {
      name: 'an int64 may have an exponent',
      text: '{"optionalInt64":"1e3"}',
      ours: '{"optionalInt64":"1000"}',
      oracle: 'refused',
    },
    {
      name: 'a duration has nothing after its s',
      text: '{"optionalDuration":"1sx"}',
      ours: 'refused',
      oracle: '{"optionalDuration":"1s"}',
    },
    {
      name: 'hour 24 does not exist',
      text: '{"optionalTimestamp":"2023-01-01T24:00:00Z"}',
      ours: 'refused',
      oracle: '{"optionalTimestamp":"2023-01-02T00:00:00Z"}',
    },
    {
      name: 'a surrogate is one of a pair',
      text: '{"optionalStruct":{"\\ud800":1}}',
      ours: 'refused',
      oracle: '{"optionalStruct":{"\ufffd":1}}',
    },
    {
      name: 'base64 has no character of another alphabet',
      text: '{"optionalBytes":" AQI="}',
      ours: 'refused',
      oracle: '{"optionalBytes":"AQI="}',
    },
    {
      name: 'an Any of a special form has nothing beside its value',
      text: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Int32Value","value":1,"x":2}}',
      ours: 'refused',
      oracle: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Int32Value","value":1}}',
    },
    {
      name: 'an integer is in decimal',
      text: '{"optionalInt32":"0x10"}',
      ours: 'refused',
      oracle: '{"optionalInt32":16}',
    },
    {
      name: 'an integer has no leading zero',
      text: '{"optionalInt32":"01"}',
      ours: 'refused',
      oracle: '{"optionalInt32":1}',
    },
    {
      name: 'a type URL has a slash',
      text: '{"optionalAny":{"@type":"google.protobuf.Empty"}}',
      ours: 'refused',
      oracle: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Empty"}}',
    },
    {
      name: 'a type URL stays as it is',
      text: '{"optionalAny":{"@type":"a/google.protobuf.Empty"}}',
      ours: '{"optionalAny":{"@type":"a/google.protobuf.Empty"}}',
      oracle: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Empty"}}',
    },
    {
      name: 'the largest float reads back',
      text: '{"optionalFloat":3.4028235e38}',
      ours: '{"optionalFloat":3.4028235e+38}',
      oracle: '{"optionalFloat":3.4028235e+38}',
    },
  ])('$name', ({ text, ours, oracle }) => {
    expect(differs(text)).toEqual({ ours, oracle })
  })

  test('a FieldMask has no empty path', () => {
    const text = '{"optionalFieldMask":"a,,b"}'
    expect(thrownBy(() => fromJsonText(Proto3, text)).message).toMatch(/"a,,b" has an empty path/)
    expect(oracleFromJson(Proto3, text).length).toBeGreaterThan(0)
  })

  test('a required field (proto2) is asked for', () => {
    const required = messageType('protobridge.test.proto2.Required')
    const thrown = thrownBy(() => fromJsonText(required, '{"id":1,"child":{}}'))
    expect([thrown.reason, thrown.message]).toEqual(['MISSING_FIELD', 'child.id: a required field has no value'])
    expect(toJsonText(required, fromJsonText(required, '{"id":1,"child":{"id":0}}'))).toBe('{"id":1,"child":{"id":0}}')
  })
})

describe('depth of JSON', () => {
  const nest = (levels: number, open: string, close: string, inner = '{}'): string =>
    open.repeat(levels) + inner + close.repeat(levels)

  test.each([
    { name: '100 messages', text: nest(99, '{"recursiveMessage":', '}'), isRead: true },
    { name: '101 messages', text: nest(100, '{"recursiveMessage":', '}'), isRead: false },
    { name: '100,000 messages', text: nest(100_000, '{"recursiveMessage":', '}'), isRead: false },
    {
      name: '100 messages through a list',
      text: `{"repeatedNestedMessage":[${nest(49, '{"corecursive":{"repeatedNestedMessage":[', ']}}')}]}`,
      isRead: true,
    },
    { name: 'a Struct of 99 levels in a message', text: `{"optionalStruct":${nest(98, '{"a":', '}')}}`, isRead: true },
    {
      name: 'a Struct of 100 levels in a message',
      text: `{"optionalStruct":${nest(99, '{"a":', '}')}}`,
      isRead: false,
    },
    { name: 'a Value of 99 lists in a message', text: `{"optionalValue":${nest(99, '[', ']', '')}}`, isRead: true },
    { name: 'a Value of 200 lists', text: `{"optionalValue":${nest(200, '[', ']', '')}}`, isRead: false },
    { name: 'a Value of 1,000,000 lists', text: `{"optionalValue":${nest(1_000_000, '[', ']', '')}}`, isRead: false },
    {
      name: 'Anys in each other',
      text: `{"optionalAny":${nest(60, '{"@type":"a/google.protobuf.Any","value":', '}')}}`,
      isRead: true,
    },
    {
      name: '150 Anys in each other',
      text: `{"optionalAny":${nest(150, '{"@type":"a/google.protobuf.Any","value":', '}')}}`,
      isRead: false,
    },
  ])('$name', ({ text, isRead }) => {
    if (isRead) expect(fromJsonText(Proto3, text).length).toBeGreaterThan(0)
    else expect(thrownBy(() => fromJsonText(Proto3, text)).reason).toBe('DEPTH_EXCEEDED')
  })
})
