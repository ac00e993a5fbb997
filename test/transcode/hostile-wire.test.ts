import { describe, expect, test } from '@jest/globals'
import { buildSchema, compileSource } from '../../src/descriptors/index.js'
import { JsonWriter } from '../../src/transcode/json/write.js'
import { PlanTable } from '../../src/transcode/plan/plan-table.js'
import { tagOf, WireType, WireWriter } from '../../src/transcode/wire/writer.js'
import { XmlPlans } from '../../src/transcode/xml/plan.js'
import { XmlWriter } from '../../src/transcode/xml/write.js'
import { Problems } from '../../src/problems/index.js'
import { fromHex } from './support.js'

/*
 * Wires that would cost more than their length were messages read again level by level, segments kept for all levels at
 * once, or keys compared with all others. Printed: milliseconds, and bytes allocated for each byte read.
 */

const SIZE = 4 << 20
/** Generous, for a busy machine: what is quadratic takes minutes at these sizes. */
const LIMIT_MS = 6000
/** One request never costs 100 times its size. */
const LIMIT_MEMORY = 100

const problems = new Problems()
const schema = buildSchema(
  [
    compileSource(
      'hostile.proto',
      `edition = "2023";
      package hostile;
      message M {
        int32 first = 1;
        M message = 2;
        M group = 3 [features.message_encoding = DELIMITED];
        repeated int32 numbers = 4;
        map<string, M> messages = 5;
        map<string, string> strings = 6;
        oneof kind { string text = 7; M other = 8; }
        repeated string raw = 9 [features.utf8_validation = NONE];
        string string = 10;
        int32 last = 11;
        repeated M list = 12;
      }`,
      problems,
    ),
  ],
  problems,
)
problems.throwIfAny()
const table = new PlanTable(schema!.registry)
const plan = table.messagePlan(schema!.registry.getMessage('hostile.M')!)
const jsonWriter = new JsonWriter(table)
const xmlWriter = new XmlWriter(new XmlPlans(table), false)
const style = { emitDefaults: false, enumsAsIntegers: false, protoNames: false }

function delimited(number: number, content: Uint8Array): Buffer {
  const out = new WireWriter()
  out.uint32(tagOf(number, WireType.LengthDelimited))
  out.bytes(content)
  return Buffer.from(out.finish())
}

function group(number: number, content: Uint8Array): Buffer {
  const out = new WireWriter()
  out.uint32(tagOf(number, WireType.StartGroup))
  out.raw(content)
  out.uint32(tagOf(number, WireType.EndGroup))
  return Buffer.from(out.finish())
}

/** So many bytes of the unit again and again. */
function filled(unit: string | Uint8Array, size = SIZE): Buffer {
  const bytes = Buffer.from(typeof unit === 'string' ? fromHex(unit) : unit)
  return Buffer.alloc(Math.floor(size / bytes.length) * bytes.length, bytes)
}

/** Messages in each other, almost as deep as they may be. */
function nested(core: Uint8Array, wrap: (inner: Uint8Array) => Uint8Array): Uint8Array {
  let bytes = core
  for (let i = 0; i < 98; i++) bytes = wrap(bytes)
  return bytes
}

const numbers = filled('2001')
const first = fromHex('0801')
const last = fromHex('5801')
const entry = (key: string): Buffer =>
  delimited(6, Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from('b'))]))
const entries = Buffer.concat(Array.from({ length: 300_000 }, (_, i) => entry(String(i))))

describe('4 MiB from an upstream cost their length', () => {
  test.each([
    {
      name: 'every level out of order, the bulk in the deepest',
      wire: nested(numbers, (inner) => Buffer.concat([delimited(2, inner), first])),
    },
    {
      name: 'every level out of order, each with a share of the bulk',
      wire: nested(first, (inner) => Buffer.concat([last, delimited(2, inner), filled('0801', 40_000)])),
    },
    {
      name: 'every level split in two',
      wire: nested(numbers, (inner) => Buffer.concat([delimited(2, inner), delimited(2, first)])),
    },
    {
      name: 'groups, every level out of order',
      wire: nested(numbers, (inner) => Buffer.concat([group(3, inner), first])),
    },
    {
      name: 'groups, every level split',
      wire: nested(numbers, (inner) => Buffer.concat([group(3, inner), group(3, first)])),
    },
    {
      name: 'groups, the deepest out of order',
      wire: nested(Buffer.concat([last, filled('0801')]), (inner) => group(3, inner)),
    },
    { name: 'one message in two million parts', wire: filled('1200') },
    { name: 'the members of a oneof in turn', wire: filled('3a004200') },
    { name: 'one key of a map again and again', wire: filled(entry('a')) },
    { name: '300,000 keys of a map', wire: entries },
    { name: '300,000 keys of a map, then the first again', wire: Buffer.concat([entries, entry('0')]) },
    {
      name: 'maps in maps, each with a key twice',
      wire: nested(numbers, (inner) =>
        Buffer.concat([delimited(5, delimited(2, inner)), delimited(5, delimited(1, Buffer.from('')))]),
      ),
    },
    { name: '700,000 messages out of order', wire: filled(delimited(12, fromHex('58010801'))) },
    { name: 'a list in pieces, another between them', wire: filled('20014a00') },
    { name: 'control characters', wire: delimited(10, Buffer.alloc(SIZE, 1)) },
    { name: 'quotes', wire: delimited(10, Buffer.alloc(SIZE, 0x22)) },
    {
      name: 'a string that is not UTF-8 at its end',
      wire: delimited(10, Buffer.concat([Buffer.alloc(SIZE, 0x61), fromHex('ff')])),
    },
    {
      name: 'unknown groups in each other, as deep as they may be',
      wire: nested(filled('980701'), (inner) => group(100, inner)),
    },
  ])('$name', ({ name, wire }) => {
    const json = cost(wire, () => jsonWriter.write(plan, wire, style))
    const xml = cost(wire, () => xmlWriter.write(plan, wire))
    const row = [json, xml].map(({ ms, memory }) => `${ms.toFixed(0)} ms, ${memory.toFixed(1)}`).join('; ')
    process.stdout.write(`hostile wire: ${name}: JSON and XML ${row}\n`)
    for (const { ms, memory } of [json, xml]) {
      expect(ms).toBeLessThan(LIMIT_MS)
      expect(memory).toBeLessThan(LIMIT_MEMORY)
    }
  })
})

function cost(wire: Uint8Array, write: () => unknown): { readonly ms: number; readonly memory: number } {
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  const before = used()
  const start = performance.now()
  try {
    write()
  } catch {
    // Refusing is fine; only what it costs counts.
  }
  return { ms: performance.now() - start, memory: (used() - before) / wire.length }
}
