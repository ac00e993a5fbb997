import { describe, expect, test } from '@jest/globals'
import { fromJsonText, hex, oracleFromJson, oracleToJson, Proto3, thrownBy, toJsonText } from './support.js'

/* What is read and written by the word, or in halves: long strings and integers of many digits, at every edge. */

describe('integers of many digits', () => {
  const numbers = [
    ...['999999999999999', '1000000000000000', '9007199254740991', '9007199254740993', '99999999999999999'],
    ...['1732968000123456789', '999999999999999999', '1000000000000000000', '4294967296000000000'],
    ...['9223372036854775807', '9223372036854775808', '9999999999999999999', '10000000000000000000'],
    ...['18446744073709551615', '18446744073709551616', '01000000000000000000', '18446744069414584321'],
  ]
  const fields = ['optionalInt64', 'optionalUint64', 'optionalFixed64', 'optionalSfixed64', 'optionalSint64']
  const rows = fields.flatMap((field) =>
    numbers
      .flatMap((digits) => [digits, `-${digits}`].flatMap((number) => [number, `"${number}"`]))
      .map((value) => ({
        field,
        value,
      })),
  )
  test.each(rows)('$field $value', ({ field, value }) => {
    const text = `{"${field}":${value}}`
    let expected: string | undefined
    try {
      // The oracle reads bare numbers as doubles: asked is what the same digits say in quotes.
      expected = hex(oracleFromJson(Proto3, `{"${field}":"${value.replaceAll('"', '')}"}`))
    } catch {
      expected = undefined
    }
    // Of leading zeros the oracle thinks nothing.
    if (expected === undefined || /^"?-?0\d/.test(value)) {
      expect(thrownBy(() => fromJsonText(Proto3, text)).httpStatus).toBe(400)
      return
    }
    const wire = fromJsonText(Proto3, text)
    expect(hex(wire)).toBe(expected)
    expect(JSON.parse(toJsonText(Proto3, wire))).toEqual(JSON.parse(oracleToJson(Proto3, wire)))
  })

  test.each(['12345678901234567.0', '12345678901234567e0', '1234567890123456700e-2'])('%s', (number) => {
    const wire = fromJsonText(Proto3, `{"optionalInt64":${number}}`)
    expect(toJsonText(Proto3, wire)).toBe('{"optionalInt64":"12345678901234567"}')
  })

  test.each(['1234567890123456x', '1234567890123456.5', '"1234567890123456', '"1234567890123456 "'])(
    '%s is refused',
    (value) => {
      expect(thrownBy(() => fromJsonText(Proto3, `{"optionalInt64":${value}}`)).httpStatus).toBe(400)
    },
  )
})

describe('a long string with something to look at at each place', () => {
  const inserts = ['\\n', '\\"', '\\\\', '\\u00e9', 'é', '€', '😀', '\\ud83d\\ude00', '\x7f', ' ', '#', '!', '[', ']']
  test.each(inserts)('%j', (insert) => {
    for (let at = 0; at <= 48; at++) {
      const text = `{"optionalInt32":1,"optionalString":"${'a'.repeat(at)}${insert}${'b'.repeat(48 - at)}"}`
      const wire = fromJsonText(Proto3, text)
      expect(hex(wire)).toBe(hex(oracleFromJson(Proto3, text)))
      expect(toJsonText(Proto3, wire)).toBe(oracleToJson(Proto3, wire))
    }
  })

  test('of every length', () => {
    for (let length = 0; length < 300; length++) {
      const text = `{"optionalString":"${'x'.repeat(length)}"}`
      expect(hex(fromJsonText(Proto3, text))).toBe(hex(oracleFromJson(Proto3, text)))
    }
  })

  test.each(['\n', '\x1f', '\0', '\\x'])('%j is refused at its place', (insert) => {
    for (let at = 0; at <= 48; at++) {
      const text = `{"optionalString":"${'a'.repeat(at)}${insert}${'b'.repeat(48 - at)}"}`
      expect(thrownBy(() => fromJsonText(Proto3, text)).message).toContain(`at line 1 column ${at + 20}`)
    }
  })

  test('bytes that are no UTF-8 are refused', () => {
    for (let at = 0; at <= 48; at++) {
      const text = Buffer.from(`{"optionalString":"${'a'.repeat(at)}!${'b'.repeat(48 - at)}"}`)
      text[text.indexOf(0x21)] = 0xc3
      expect(thrownBy(() => fromJsonText(Proto3, text)).message).toContain('not UTF-8')
    }
  })
})
