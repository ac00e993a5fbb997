import { describe, expect, test } from '@jest/globals'
import type { DescMessage } from '@bufbuild/protobuf'
import { checkMessage } from '../../src/transcode/wire/check-message.js'
import { PlanTable } from '../../src/transcode/plan/plan-table.js'
import { WireError } from '../../src/transcode/wire/reader.js'
import { tagOf, WireType, WireWriter } from '../../src/transcode/wire/writer.js'
import { Editions, fromHex, messageType, oracleToJson, Proto2, Proto3, registry, toJsonText } from './support.js'

const plans = new PlanTable(registry)

describe('reading the wire', () => {
  interface Row {
    readonly name: string
    readonly wire: string
    readonly gives: string
    readonly desc?: DescMessage
    readonly noOracle?: string
  }
  const rows: readonly Row[] = [
    { name: 'nothing is the empty message', wire: '', gives: '{}' },
    { name: 'the last value of a singular scalar wins', wire: '0801 0802', gives: '{"optionalInt32":2}' },
    { name: 'a field without presence at its default is omitted', wire: '0800', gives: '{}' },
    { name: 'a later default wins over an earlier value', wire: '0801 0800', gives: '{}' },
    {
      name: 'a submessage split in two merges, also down in it',
      wire: '9201 04 0801 1200  9201 06 1204 08053002',
      gives: '{"optionalNestedMessage":{"a":1,"corecursive":{"optionalInt32":5,"optionalSint64":"1"}}}',
    },
    {
      name: 'a repeated field in parts, packed and not',
      wire: 'fa01 02 0102  f801 03  fa01 01 04',
      gives: '{"repeatedInt32":[1,2,3,4]}',
    },
    { name: 'an unpacked field sent packed', wire: 'ca05 02 0102', gives: '{"unpackedInt32":[1,2]}' },
    { name: 'an empty packed field', wire: 'fa01 00', gives: '{}' },
    {
      name: 'unknown fields of every wire type are skipped',
      wire: 'a0f70301 a1f7030000000000000000 a2f7030161 a5f70300000000 0801',
      gives: '{"optionalInt32":1}',
    },
    {
      name: 'an unknown group is skipped to its end',
      wire: 'a3f703 0801 a3f703 a4f703 a4f703 0801',
      gives: '{"optionalInt32":1}',
    },
    {
      name: 'a field with another wire type than its own is unknown',
      wire: '0a0161 0801',
      gives: '{"optionalInt32":1}',
      noOracle: 'it refuses it',
    },
    { name: 'in a oneof the last member wins', wire: 'f80601 8a0701 61', gives: '{"oneofString":"a"}' },
    {
      name: 'in a oneof the last member wins, at its default too',
      wire: '8a070161 f80600',
      gives: '{"oneofUint32":0}',
    },
    {
      name: 'a message member of a oneof merges with itself',
      wire: '820702 0801 820704 1202 0801',
      gives: '{"oneofNestedMessage":{"a":1,"corecursive":{"optionalInt32":1}}}',
    },
    {
      name: 'and does not after another member',
      wire: '820702 0801 f80601 820704 1202 0801',
      gives: '{"oneofNestedMessage":{"corecursive":{"optionalInt32":1}}}',
    },
    { name: 'a map entry without key', wire: 'c203 02 1005', gives: '{"mapInt32Int32":{"0":5}}' },
    { name: 'a map entry without value', wire: 'c203 02 0805', gives: '{"mapInt32Int32":{"5":0}}' },
    { name: 'an empty map entry', wire: 'c203 00', gives: '{"mapInt32Int32":{"0":0}}' },
    { name: 'a map entry without its message', wire: 'ba04 03 0a0161', gives: '{"mapStringNestedMessage":{"a":{}}}' },
    {
      name: 'the last entry of a key wins whole',
      wire: 'ba04 07 0a0161 1202 0801  ba04 05 0a0161 1200',
      gives: '{"mapStringNestedMessage":{"a":{}}}',
    },
    {
      name: 'a map value in parts merges',
      wire: 'ba04 0b 0a0161 1202 0801 1202 1200',
      gives: '{"mapStringNestedMessage":{"a":{"a":1,"corecursive":{}}}}',
    },
    {
      name: 'a map entry with value before key, and more',
      wire: 'c203 06 1005 0803 1801',
      gives: '{"mapInt32Int32":{"3":5}}',
    },
    { name: 'an int32 in ten bytes truncates', wire: '08 ffffffff1f', gives: '{"optionalInt32":-1}' },
    { name: 'a negative int32 as protobuf writes it', wire: '08 ffffffffffffffffff01', gives: '{"optionalInt32":-1}' },
    { name: 'a uint32 in ten bytes truncates', wire: '18 8180808010', gives: '{"optionalUint32":1}' },
    { name: 'any varint that is not zero is true', wire: '68 80808080808080808001', gives: '{"optionalBool":true}' },
    { name: 'a zero bool in two bytes is false', wire: '68 8000', gives: '{}' },
    { name: 'an open enum keeps an unknown number', wire: 'a801 7b', gives: '{"optionalNestedEnum":123}' },
    { name: 'int64 limits', wire: '10 80808080808080808001', gives: '{"optionalInt64":"-9223372036854775808"}' },
    { name: 'uint64 limits', wire: '20 ffffffffffffffffff01', gives: '{"optionalUint64":"18446744073709551615"}' },
    {
      name: 'sint32 and sint64 limits',
      wire: '28 ffffffff0f 30 ffffffffffffffffff01',
      gives: '{"optionalSint32":-2147483648,"optionalSint64":"-9223372036854775808"}',
    },
    {
      name: 'fields out of order are written in order',
      wire: '72 01 61 0801',
      gives: '{"optionalInt32":1,"optionalString":"a"}',
    },
    { name: 'a group', desc: Proto2, wire: 'cb0c d00c05 cc0c', gives: '{"data":{"groupInt32":5}}' },
    {
      name: 'a group in two parts merges',
      desc: Proto2,
      wire: 'cb0c d00c05 cc0c cb0c d80c06 cc0c',
      gives: '{"data":{"groupInt32":5,"groupUint32":6}}',
    },
    {
      name: 'a closed enum drops an unknown number',
      desc: Proto2,
      wire: 'a801 7b',
      gives: '{}',
      noOracle: 'it keeps it',
    },
    {
      name: 'a closed enum keeps an earlier known number',
      desc: Proto2,
      wire: 'a801 01 a801 7b',
      gives: '{"optionalNestedEnum":"BAR"}',
      noOracle: 'it keeps it',
    },
    {
      name: 'a list of a closed enum drops unknown numbers',
      desc: Proto2,
      wire: '9803 01 9803 7b a203 03 007b02',
      gives: '{"repeatedNestedEnum":["BAR"],"packedNestedEnum":["FOO","BAZ"]}',
      noOracle: 'it keeps it',
    },
    {
      name: 'a map of a closed enum drops entries of unknown numbers',
      desc: Proto2,
      wire: 'ca04 05 0a0161 107b',
      gives: '{}',
      noOracle: 'it keeps it',
    },
    {
      name: "a closed enum's unknown number does not set its oneof",
      desc: Proto2,
      wire: 'f80605 b8077b',
      gives: '{"oneofUint32":5}',
      noOracle: 'it keeps it',
    },
    { name: 'an extension nobody knows is skipped', desc: Proto2, wire: 'f87c01 0801', gives: '{"optionalInt32":1}' },
    {
      name: 'explicit presence at default',
      desc: Proto2,
      wire: '0800 7200',
      gives: '{"optionalInt32":0,"optionalString":""}',
    },
    { name: 'a closed enum without zero', desc: Editions, wire: '4801', gives: '{"closed":"CLOSED_ONE"}' },
    { name: 'a delimited field', desc: Editions, wire: '33 0801 34', gives: '{"delimited":{"a":1}}' },
  ]

  test.each(rows)('$name', ({ wire, gives, desc = Proto3, noOracle }) => {
    expect(toJsonText(desc, fromHex(wire))).toBe(gives)
    if (noOracle === undefined) expect(oracleToJson(desc, fromHex(wire))).toBe(gives)
  })
})

describe('bytes that do not decode', () => {
  test.each([
    { name: 'field number 0', wire: '0000', error: 'field number 0' },
    { name: 'wire type 6', wire: '0e', error: 'wire type 6 does not exist' },
    { name: 'wire type 7', wire: '0f', error: 'wire type 7 does not exist' },
    { name: 'a varint of eleven bytes', wire: '08 8080808080808080808001', error: 'a varint is longer than ten bytes' },
    { name: 'a bool of eleven bytes', wire: '68 8080808080808080808001', error: 'a varint is longer than ten bytes' },
    { name: 'an int64 of eleven bytes', wire: '10 8080808080808080808001', error: 'a varint is longer than ten bytes' },
    { name: 'a tag of six bytes', wire: '888080808000 01', error: 'a tag has more than 32 bits' },
    { name: 'a tag of more than 32 bits', wire: '8880808010 01', error: 'a tag has more than 32 bits' },
    { name: 'the end within a tag', wire: '80', error: 'the bytes end within a varint' },
    { name: 'the end within a varint', wire: '08', error: 'the bytes end within a varint' },
    { name: 'the end within a fixed32', wire: '5d 000000', error: 'a length runs past the end' },
    { name: 'the end within a fixed64', wire: '61 00000000', error: 'a length runs past the end' },
    { name: 'the end within a string', wire: '72 02 61', error: 'a length runs past the end' },
    { name: 'the end within a submessage', wire: '9201 05 0801', error: 'a length runs past the end' },
    { name: 'the end within an unknown field', wire: 'a2f70305 61', error: 'a length runs past the end' },
    { name: 'a length of 2^32', wire: '72 8080808010', error: 'a length runs past the end' },
    { name: 'a negative length', wire: '72 ffffffffffffffffff01', error: 'a length runs past the end' },
    { name: 'a packed field that ends within an item', wire: 'fa01 01 80', error: 'the bytes end within a varint' },
    { name: 'a submessage whose field runs out of it', wire: '9201 01 08 01', error: 'the bytes end within a varint' },
    { name: 'a string that is not UTF-8', wire: '72 01 ff', error: 'optionalString is not UTF-8' },
    { name: 'a map key that is not UTF-8', wire: 'aa04 03 0a01ff', error: 'mapStringString is not UTF-8' },
    { name: 'a surrogate in UTF-8', wire: '72 03 eda080', error: 'optionalString is not UTF-8' },
    { name: 'an end tag without its group', wire: 'a4f703', error: 'a group ends with the tag of another' },
    { name: 'an unknown group without its end', wire: 'a3f703 0801', error: 'a group without its end tag' },
    {
      name: 'an unknown group with the end of another',
      wire: 'a3f703 acf703',
      error: 'a group ends with the tag of another',
    },
    { name: 'a group without its end', desc: Proto2, wire: 'cb0c d00c05', error: 'a group without its end tag' },
    {
      name: 'a group with the end of another',
      desc: Proto2,
      wire: 'cb0c d00c05 d40c',
      error: 'a group ends with the tag of another',
    },
  ])('$name', ({ wire, error, desc = Proto3 }) => {
    const read = (): unknown => toJsonText(desc, fromHex(wire))
    expect(read).toThrow(WireError)
    expect(read).toThrow(error)
    expect(() => checkMessage(plans.messagePlan(desc), fromHex(wire))).toThrow(error)
  })
})

/** `levels` messages, one in the other, in the field. */
function nested(number: number, levels: number, isGroup = false): Uint8Array {
  let bytes: Uint8Array = new Uint8Array(0)
  for (let i = 1; i < levels; i++) {
    const out = new WireWriter()
    if (isGroup) {
      out.uint32(tagOf(number, WireType.StartGroup))
      out.raw(bytes)
      out.uint32(tagOf(number, WireType.EndGroup))
    } else {
      out.uint32(tagOf(number, WireType.LengthDelimited))
      out.bytes(bytes)
    }
    bytes = out.finish()
  }
  return bytes
}

describe('depth on the wire', () => {
  const deep = 'nested deeper than 100 levels'
  test.each([
    { name: '100 messages', bytes: nested(27, 100), isRead: true },
    { name: '101 messages', bytes: nested(27, 101), isRead: false },
    {
      name: '100,000 messages',
      bytes: Buffer.concat(Array.from({ length: 100_000 }, () => fromHex('da01 00'))),
      isRead: true,
    },
    { name: '100,000 unknown groups in each other', bytes: Buffer.alloc(300_000, fromHex('a3f703')), isRead: false },
  ])('$name', ({ bytes, isRead }) => {
    const read = (): unknown => toJsonText(Proto3, bytes)
    if (isRead) expect(read()).toBeDefined()
    else expect(read).toThrow(deep)
  })

  test('10,000 messages in each other', () => {
    expect(() => toJsonText(Proto3, nested(27, 10_000))).toThrow(deep)
  })

  test('100,000 groups in each other, the first of them known', () => {
    expect(() => toJsonText(Editions, Buffer.alloc(100_000, fromHex('33')))).toThrow(deep)
  })

  /** Value → ListValue → Value …, `levels` lists. */
  function listValues(levels: number): Uint8Array {
    let bytes: Uint8Array = fromHex('0800')
    for (let i = 0; i < levels; i++) {
      const list = new WireWriter()
      list.uint32(tagOf(1, WireType.LengthDelimited))
      list.bytes(bytes)
      const value = new WireWriter()
      value.uint32(tagOf(6, WireType.LengthDelimited))
      value.bytes(list.finish())
      bytes = value.finish()
    }
    return bytes
  }

  test('a list in a Value is a level, as it is in JSON', () => {
    const value = messageType('google.protobuf.Value')
    expect(toJsonText(value, listValues(100))).toBe(`${'['.repeat(100)}null${']'.repeat(100)}`)
    expect(() => toJsonText(value, listValues(101))).toThrow(deep)
    expect(() => toJsonText(value, listValues(5000))).toThrow(deep)
  })

  test('messages packed in Anys count on', () => {
    const any = messageType('google.protobuf.Any')
    const packed = (levels: number): Uint8Array => {
      let bytes: Uint8Array = new Uint8Array(0)
      for (let i = 0; i < levels; i++) {
        const out = new WireWriter()
        out.uint32(tagOf(1, WireType.LengthDelimited))
        out.string('a/google.protobuf.Any')
        out.uint32(tagOf(2, WireType.LengthDelimited))
        out.bytes(bytes)
        bytes = out.finish()
      }
      return bytes
    }
    expect(toJsonText(any, packed(50))).toContain('"@type"')
    expect(() => toJsonText(any, packed(110))).toThrow(deep)
    expect(() => toJsonText(any, packed(1000))).toThrow(deep)
  })
})

describe('JSON options', () => {
  const wire = fromHex('0801 a80102')

  test('enumsAsIntegers', () => {
    expect(toJsonText(Proto3, wire, { enumsAsIntegers: true })).toBe('{"optionalInt32":1,"optionalNestedEnum":2}')
  })

  test('protoNames', () => {
    expect(toJsonText(Proto3, wire, { protoNames: true })).toBe('{"optional_int32":1,"optional_nested_enum":"BAZ"}')
  })

  test('emitDefaults writes what has no presence, and never what has', () => {
    const written = JSON.parse(toJsonText(Proto3, wire, { emitDefaults: true })) as Record<string, unknown>
    expect(written).toMatchObject({
      optionalInt32: 1,
      optionalString: '',
      optionalInt64: '0',
      optionalBytes: '',
      repeatedInt32: [],
      mapInt32Int32: {},
      optionalAliasedEnum: 'ALIAS_FOO',
      optionalNullValue: null,
    })
    for (const absent of [
      'presentInt32',
      'presentEnum',
      'optionalNestedMessage',
      'optionalTimestamp',
      'oneofUint32',
      'oneofNullValue',
    ]) {
      expect(written).not.toHaveProperty(absent)
    }
  })

  test('emitDefaults keeps extensions', () => {
    expect(toJsonText(Proto2, fromHex('c03e05'), { emitDefaults: true })).toBe(
      '{"repeatedInt32":[],"repeatedNestedEnum":[],"packedNestedEnum":[],"mapStringNestedEnum":{},"packedInt32":[],"multiwordgroupfield":[],"[protobridge.test.proto2.extension_int32]":5}',
    )
  })
})

describe('numbers', () => {
  test.each([
    { value: 0.1, gives: '0.1' },
    { value: 16777216, gives: '16777216' },
    { value: 3.4028234663852886e38, gives: '3.4028235e+38' },
    { value: 1.401298464324817e-45, gives: '1e-45' },
    { value: 123456.79, gives: '123456.79' },
    { value: -0.333333343, gives: '-0.33333334' },
  ])('the float $value is written as short as it reads back: $gives', ({ value, gives }) => {
    const out = new WireWriter()
    out.uint32(tagOf(11, WireType.Fixed32))
    out.float(value)
    expect(toJsonText(Proto3, out.finish())).toBe(`{"optionalFloat":${gives}}`)
    expect(Math.fround(Number(gives))).toBe(Math.fround(value))
  })
})
