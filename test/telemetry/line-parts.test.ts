import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { combinedLines } from '../../src/telemetry/access-log/combined.js'
import type { LogEntry } from '../../src/telemetry/access-log/entry.js'
import { jsonLines, LOG_FIELDS } from '../../src/telemetry/access-log/json-lines.js'
import type { LinePart } from '../../src/telemetry/access-log/line-parts.js'

/* Lines as bytes: what a line keeps of the one before is never said of another request, however much room there is. */

const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', '-', '"', '\\', ' ', 'x'.repeat(600)),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const maybe = fc.option(text, { nil: undefined })
const number = fc.constantFrom(0, 1, 200, 404, 123_456_789)
const entries: fc.Arbitrary<LogEntry> = fc.record({
  startedMs: fc.constantFrom(0, 1, 999, 1000, 1_764_590_000_123),
  durationMs: fc.constantFrom(0, 0.5, 12.042, 86_400_000.1),
  method: fc.constantFrom('GET', 'POST', undefined),
  path: maybe,
  protocol: fc.constantFrom('HTTP/1.1', 'HTTP/1.0', undefined),
  route: maybe,
  rpc: maybe,
  status: number,
  grpcStatus: fc.option(number, { nil: undefined }),
  reason: maybe,
  bytesIn: number,
  bytesOut: number,
  client: text,
  identity: maybe,
  requestId: text,
  traceId: fc.constantFrom(undefined, '4bf92f3577b34da6a3ce929d0e0e4736'),
  upstream: maybe,
  endpoint: maybe,
  attempts: number,
  host: maybe,
  userAgent: maybe,
  referer: maybe,
})

/** The line, with no byte written beyond it. */
function lineOf(put: LinePart, entry: LogEntry): string {
  const bytes = Buffer.alloc(20_000, 7)
  const end = put(entry, bytes, 3)
  expect([end > 3, bytes[2], bytes[end]]).toEqual([true, 7, 7])
  return bytes.toString('latin1', 3, end)
}

const names = LOG_FIELDS.map(({ name }) => name)
const picks = fc.oneof(fc.constant(undefined), fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }))

describe('a line', () => {
  test('says of each request what one that has seen no other says', () => {
    fc.assert(
      fc.property(picks, fc.array(entries, { minLength: 2, maxLength: 8 }), (picked, requests) => {
        for (const make of [() => jsonLines(picked), combinedLines]) {
          const put = make()
          for (const request of requests) expect(lineOf(put, request)).toBe(lineOf(make(), request))
        }
      }),
    )
  })

  test('of JSON has the values', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const line = lineOf(jsonLines(names), entry)
        expect(line).toMatch(/^[ -~]+\n$/)
        const { time, durationMs, ...values } = JSON.parse(line) as Record<string, unknown>
        const { startedMs, durationMs: duration, protocol: _protocol, referer: _referer, ...expected } = entry
        expect([time, durationMs]).toEqual([new Date(startedMs).toISOString(), duration])
        for (const [name, value] of Object.entries(expected))
          expect([name, values[name]]).toEqual([name, value ?? null])
      }),
    )
  })

  test('is written where there is room for it, and only there', () => {
    fc.assert(
      fc.property(fc.boolean(), entries, entries, (isJson, first, second) => {
        const make = isJson ? () => jsonLines(undefined) : combinedLines
        const put = make()
        const lines = [first, second, second].map((entry) => lineOf(make(), entry))
        for (const [index, entry] of [first, second, second].entries()) {
          const { length } = lines[index]!
          const bytes = Buffer.alloc(length)
          expect(put(entry, bytes.subarray(1), 0)).toBe(-1)
          for (let size = 0; size < length; size += 1 + Math.floor(length / 20)) {
            expect(put(entry, Buffer.alloc(size), 0)).toBe(-1)
          }
          expect(put(entry, bytes, 0)).toBe(length)
          expect(bytes.toString('latin1')).toBe(lines[index])
        }
      }),
    )
  })
})
