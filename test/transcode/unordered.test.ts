import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fromBinary, toJson, type DescMessage, type JsonValue } from '@bufbuild/protobuf'
import { StatusError } from '../../src/status/index.js'
import { WireReader } from '../../src/transcode/wire/reader.js'
import { tagOf, WireType, WireWriter } from '../../src/transcode/wire/writer.js'
import { messageJson } from './arbitraries.js'
import {
  Book,
  Editions,
  fromHex,
  oracleFromJson,
  Proto2,
  Proto3,
  registry,
  Request,
  thrownBy,
  toJsonText,
} from './support.js'
import { fixtureCodec } from './xml/support.js'

/*
 * The wire in other orders than implementations write it: fields shuffled, messages split, values repeated, lists packed
 * and not, unknown fields between. @bufbuild/protobuf reads the same bytes. fast-check prints the seed of a failure.
 */

const RUNS = Number(process.env['TRANSCODE_RUNS'] ?? 300)

/** Numbers from 0 to below a limit, the same again for the same seed. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Mulberry32. */
  roll(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }

  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.roll(i + 1)
      ;[items[i], items[j]] = [items[j]!, items[i]!]
    }
    return items
  }
}

function delimited(number: number, content: Uint8Array): Uint8Array {
  const out = new WireWriter()
  out.uint32(tagOf(number, WireType.LengthDelimited))
  out.bytes(content)
  return out.finish()
}

/** The same message with its fields in any order, some of them twice, split or with others between. */
function scramble(desc: DescMessage, bytes: Uint8Array, dice: Dice): Uint8Array {
  const reader = new WireReader(bytes)
  const pieces: Uint8Array[] = []
  while (!reader.isAtEnd) {
    const start = reader.position
    const tag = reader.tag()
    const content = (tag & 7) === WireType.LengthDelimited ? reader.lengthDelimited() : undefined
    if (content === undefined) reader.skip(tag, 0)
    const piece = bytes.subarray(start, reader.position)
    const field = desc.fields.find((candidate) => candidate.number === tag >>> 3)
    const isSingularMessage = field?.fieldKind === 'message' && content !== undefined
    if (isSingularMessage && dice.roll(3) > 0) {
      const inner = scramble(field.message, content, dice)
      pieces.push(...split(inner, dice).map((part) => delimited(field.number, part)))
    } else if (content !== undefined && field?.fieldKind === 'list' && field.packed && field.enum === undefined) {
      pieces.push(piece)
    } else {
      pieces.push(piece)
      // Of a list it is another item; of all else the last of both is the one.
      if (dice.roll(4) === 0) pieces.push(piece)
    }
    if (dice.roll(4) === 0)
      pieces.push(fromHex(['a0f70305', 'a2f7030161', 'a3f7030801a4f703', 'a5f70301020304'][dice.roll(4)]!))
  }
  return Buffer.concat(dice.shuffle(pieces))
}

/** A message's bytes in two, between fields. */
function split(bytes: Uint8Array, dice: Dice): Uint8Array[] {
  const ends: number[] = []
  const reader = new WireReader(bytes)
  while (!reader.isAtEnd) {
    reader.skip(reader.tag(), 0)
    ends.push(reader.position)
  }
  const at = ends.length === 0 ? 0 : ends[dice.roll(ends.length)]!
  return [bytes.subarray(0, at), bytes.subarray(at)]
}

function comparable(json: JsonValue): unknown {
  if (typeof json === 'number') return Math.fround(json) + 0
  if (Array.isArray(json)) return json.map(comparable)
  if (json === null || typeof json !== 'object') return json
  return Object.keys(json)
    .sort()
    .map((key) => [key, comparable(json[key]!)])
}

const TYPES: readonly DescMessage[] = [Proto3, Proto2, Editions, Request, Book]

describe.each(TYPES.map((desc) => ({ name: desc.typeName, desc })))('$name in another order', ({ desc }) => {
  const scrambled = fc
    .tuple(messageJson(desc), messageJson(desc), fc.integer())
    .map(([one, two, seed]) =>
      scramble(desc, Buffer.concat([oracleFromJson(desc, one), oracleFromJson(desc, two)]), new Dice(seed)),
    )

  test('is the JSON the oracle reads', () => {
    fc.assert(
      fc.property(scrambled, (wire) => {
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

  test('is XML that says the same as the JSON', () => {
    fc.assert(
      fc.property(scrambled, (wire) => {
        let xml: string
        try {
          xml = fixtureCodec.toXml(desc, wire)
        } catch (error) {
          // A character that XML cannot hold, or what has no JSON either.
          if (error instanceof StatusError && error.reason === 'UNREPRESENTABLE_VALUE') return
          throw error
        }
        expect(comparable(JSON.parse(fixtureCodec.xmlToJson(desc, xml)) as JsonValue)).toEqual(
          comparable(JSON.parse(toJsonText(desc, wire)) as JsonValue),
        )
      }),
      { numRuns: RUNS },
    )
  })
})

/** An Any of the fixtures' types, packing bytes. */
function any(content: string): Uint8Array {
  return Buffer.concat([delimited(1, Buffer.from('a/google.protobuf.Value')), delimited(2, fromHex(content))])
}

const ANY = Proto3.fields.find((field) => field.name === 'optional_any')!.number
const TIMESTAMP = Proto3.fields.find((field) => field.name === 'optional_timestamp')!.number
const RECURSIVE = Proto3.fields.find((field) => field.name === 'recursive_message')!.number

describe('a field again after it was written', () => {
  test.each([
    {
      name: 'an earlier string that is not UTF-8 is refused though a later one replaces it',
      wire: '720161 7201ff 720162',
      error: 'optionalString is not UTF-8',
    },
    {
      name: 'a message that another member of its oneof replaces has to decode',
      wire: '820702 0880 f80601',
      error: 'the bytes end within a varint',
    },
    {
      name: 'a map value that a later entry replaces has to decode',
      wire: 'ba04 07 0a0161 1202 0880 ba04 03 0a0161',
      error: 'the bytes end within a varint',
    },
  ])('$name', ({ wire, error }) => {
    expect(() => toJsonText(Proto3, fromHex(wire))).toThrow(error)
    expect(() => fixtureCodec.toXml(Proto3, fromHex(wire))).toThrow(error)
  })

  test.each([
    { name: 'an Any without a kind in its Value, which comes later', first: '', second: '0800' },
    { name: 'an Any whose bytes do not decode, and later ones that do', first: '08', second: '0800' },
  ])('$name', ({ first, second }) => {
    const wire = Buffer.concat([delimited(ANY, any(first)), delimited(ANY, any(second))])
    expect(toJsonText(Proto3, wire)).toBe('{"optionalAny":{"@type":"a/google.protobuf.Value","value":null}}')
  })

  test('errors name the path in what is begun again too', () => {
    const time = new WireWriter()
    time.uint32(tagOf(2, WireType.Varint))
    time.int32(-1)
    const inner = Buffer.concat([delimited(TIMESTAMP, time.finish()), fromHex('0807')])
    const wire = Buffer.concat([delimited(RECURSIVE, inner), fromHex('0807')])
    expect(thrownBy(() => toJsonText(Proto3, wire)).message).toBe(
      'the response has no JSON form: recursiveMessage.optionalTimestamp: a Timestamp of -1 nanos is not within a second',
    )
  })
})
