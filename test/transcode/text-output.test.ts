import { isUtf8 } from 'node:buffer'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { JSON_ESCAPES } from '../../src/transcode/json/escapes.js'
import type { Escapes } from '../../src/transcode/text/escapes.js'
import { readyText } from '../../src/transcode/text/ready-text.js'
import { TextOutput } from '../../src/transcode/text/text-output.js'
import { NOT_UTF8, writeString, WRITTEN } from '../../src/transcode/text/write-string.js'
import { writeDuration, writeTimestamp } from '../../src/transcode/text/write-time.js'
import { floatText } from '../../src/transcode/values/float.js'
import { TimeParts } from '../../src/transcode/wire/known-ranges.js'
import { WireReader } from '../../src/transcode/wire/reader.js'
import { escapeAttribute, escapeText, unwritable } from '../../src/transcode/xml/escape.js'
import { ATTRIBUTE_ESCAPES, TEXT_ESCAPES } from '../../src/transcode/xml/escapes.js'

const out = new TextOutput()

/** What is written of bytes, and what `writeString` gives. */
function writtenOf(bytes: Uint8Array, escapes: Escapes): { readonly result: number; readonly text: string } {
  out.clear()
  // Short messages are read byte by byte, long ones through a view.
  const result = writeString(out, new WireReader(bytes), bytes.length, escapes)
  return { result, text: out.take().toString() }
}

/** Strings with what is escaped, what is beyond ASCII and what is copied, of some and of no words of four bytes. */
const strings = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
      fc.constantFrom(
        '"',
        '\\',
        '\n',
        '\u0000',
        '<>&',
        '\r\n\t',
        'ü',
        '€',
        '😀',
        '\u2028',
        '\ufffd',
        '\u007f',
        ' '.repeat(600),
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

describe('strings', () => {
  test('JSON: as JSON.stringify writes them', () => {
    fc.assert(
      fc.property(strings, (text) => {
        expect(writtenOf(Buffer.from(text), JSON_ESCAPES)).toEqual({ result: WRITTEN, text: JSON.stringify(text) })
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    { name: 'XML text', escapes: TEXT_ESCAPES, escape: escapeText },
    { name: 'XML attributes', escapes: ATTRIBUTE_ESCAPES, escape: escapeAttribute },
  ])(
    '$name: as the escaping of strings has it, and the first character that XML cannot hold',
    ({ escapes, escape }) => {
      fc.assert(
        fc.property(
          strings,
          fc.constantFrom('', '\u0001', '\ufffe', '\uffff', '\u001f'),
          strings,
          (head, bad, tail) => {
            const text = head + bad + tail
            const written = writtenOf(Buffer.from(text), escapes)
            if (unwritable(text) === -1) expect(written).toEqual({ result: WRITTEN, text: escape(text) })
            else expect(written.result).toBe(unwritable(text))
          },
        ),
        { numRuns: 2000 },
      )
    },
  )

  test('bytes that are not UTF-8 are refused, and only they', () => {
    const lead = fc.constantFrom(0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef)
    const high = fc.constantFrom(0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff, 0x8f, 0x90, 0x9f, 0xa0)
    fc.assert(
      fc.property(fc.array(fc.oneof(lead, high), { maxLength: 12 }), (bytes) => {
        const buffer = Buffer.from(bytes)
        expect(writtenOf(buffer, JSON_ESCAPES).result).toBe(isUtf8(buffer) ? WRITTEN : NOT_UTF8)
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('numbers', () => {
  const written = (write: () => void): string => {
    out.clear()
    write()
    return out.take().toString()
  }

  test('integers within 2^53', () => {
    const edges = [0, 1, 9, 10, 99, 100, 999, 1e9 - 1, 1e9, 1e9 + 1, 2 ** 31, 2 ** 32, 1e15, 1e16 - 1, 2 ** 53 - 1]
    for (const edge of edges)
      for (const sign of [1, -1]) expect(written(() => out.integer(sign * edge))).toBe(String(sign * edge + 0))
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => expect(written(() => out.integer(value))).toBe(String(value))),
    )
  })

  test('64-bit integers of two halves', () => {
    const halves = (value: bigint): [number, number] => [
      Number(BigInt.asUintN(32, value)),
      Number(BigInt.asUintN(64, value) >> 32n),
    ]
    const edges = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n), 2n ** 32n, -(2n ** 32n)]
    const any = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
    fc.assert(
      fc.property(any, (value) => {
        expect(written(() => out.signed64(...halves(value)))).toBe(String(value))
        expect(written(() => out.unsigned64(...halves(value)))).toBe(String(BigInt.asUintN(64, value)))
      }),
    )
  })

  test('a float has the fewest digits that read back', () => {
    const fewest = (value: number): string => {
      for (let digits = 1; digits < 9; digits++) {
        const short = Number(value.toPrecision(digits))
        if (Math.fround(short) === value) return String(short)
      }
      return String(Number(value.toPrecision(9)))
    }
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        fc.pre(!Number.isInteger(value))
        expect(floatText(value)).toBe(fewest(value))
      }),
      { numRuns: 5000 },
    )
  })

  test('base64 as Buffer writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        expect(written(() => out.base64(bytes, 0, bytes.length))).toBe(Buffer.from(bytes).toString('base64'))
      }),
    )
  })
})

describe('times', () => {
  const parts = (seconds: number, nanos: number): TimeParts => {
    const made = new TimeParts()
    made.low = Number(BigInt.asUintN(32, BigInt(seconds)))
    made.high = Number(BigInt.asUintN(64, BigInt(seconds)) >> 32n)
    made.nanos = nanos
    return made
  }

  test('timestamps are the dates that Date says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -62135596800, max: 253402300799 }),
        fc.integer({ min: 0, max: 999 }),
        (seconds, ms) => {
          out.clear()
          writeTimestamp(out, parts(seconds, ms * 1_000_000))
          const iso = new Date(seconds * 1000 + ms).toISOString()
          expect(out.take().toString()).toBe(ms === 0 ? iso.replace('.000Z', 'Z') : iso)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each([
    { seconds: 0, nanos: -500_000_000, text: '-0.500s' },
    { seconds: -3, nanos: -1, text: '-3.000000001s' },
    { seconds: 315576000000, nanos: 999_999_999, text: '315576000000.999999999s' },
    { seconds: 0, nanos: 0, text: '0s' },
    { seconds: 1, nanos: 1000, text: '1.000001s' },
  ])('the duration $text', ({ seconds, nanos, text }) => {
    out.clear()
    writeDuration(out, parts(seconds, nanos))
    expect(out.take().toString()).toBe(text)
  })
})

test('texts that were taken stay as they were, however long the next ones are', () => {
  const output = new TextOutput()
  const taken: { readonly bytes: Buffer; readonly text: string }[] = []
  for (let i = 0; i < 2000; i++) {
    const text = `${i}:`.repeat(i % 97 === 0 ? 40_000 : 1 + (i % 900))
    const half = Math.floor(text.length / 2)
    output.ascii(text.slice(0, half))
    if (i % 5 === 0) {
      // Given up, as a text with an error is.
      output.clear()
      continue
    }
    output.ready(readyText(text.slice(half)))
    taken.push({ bytes: output.take(), text })
  }
  for (const { bytes, text } of taken) expect(bytes.equals(Buffer.from(text))).toBe(true)
})
