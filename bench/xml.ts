import type { FileRegistry } from '@bufbuild/protobuf'
import { XMLBuilder, XMLParser } from 'fast-xml-parser'
import { buildSchema, compileSource } from '../src/descriptors/index.js'
import { Problems } from '../src/problems/index.js'
import { DecodeTables } from '../src/transcode/decode/tables.js'
import { PlanTable } from '../src/transcode/plan/plan-table.js'
import { XmlBodyDecoder } from '../src/transcode/xml/parse.js'
import { XmlPlans } from '../src/transcode/xml/plan.js'
import { XmlWriter } from '../src/transcode/xml/write.js'
import { compare } from './compare.js'

const PROTO = `
syntax = "proto3";
package bench.xml;
message Book {
  string name = 1;
  string title = 2;
  repeated Author authors = 3;
  int32 pages = 4;
  int64 isbn = 5;
  double rating = 6;
  bool available = 7;
  repeated string tags = 8;
  map<string, string> labels = 9;
  Genre genre = 10;
}
message Author { string display_name = 1; sint32 birth_year = 2; }
enum Genre { GENRE_UNSPECIFIED = 0; POETRY = 1; }
message Books { repeated Book books = 1; string next_page_token = 2; }
message Part { string title = 1; Part part = 2; }
`

const BOOK =
  '<name>shelves/1/books/7</name><title>The Left Hand of Darkness</title>' +
  '<authors><displayName>Ursula K. Le Guin</displayName><birthYear>1929</birthYear></authors>' +
  '<pages>286</pages><isbn>9780441478125</isbn><rating>4.25</rating><available>true</available>' +
  '<tags>winter</tags><tags>Gethen &amp; Karhide</tags>' +
  '<labels><entry key="shelf">north</entry><entry key="owner">Genly Ai</entry></labels><genre>POETRY</genre>'

interface Sample {
  readonly name: string
  readonly type: string
  readonly text: string
}

/** Levels of the deep document: near the limit of 100. */
const DEPTH = 95

const SAMPLES: readonly Sample[] = [
  { name: 'small', type: 'bench.xml.Book', text: `<Book>${BOOK}</Book>` },
  { name: '300 KB', type: 'bench.xml.Books', text: `<Books>${`<books>${BOOK}</books>`.repeat(600)}</Books>` },
  {
    name: 'deep',
    type: 'bench.xml.Part',
    text: `<Part>${'<title>part</title><part>'.repeat(DEPTH)}${'</part>'.repeat(DEPTH)}</Part>`,
  },
]

/** The target of `npm run bench`: from text to wire bytes at most as long as fast-xml-parser takes to read the text. */
const TARGET_RATIO = 1

/**
 * Prints, for each document, microseconds from XML to wire bytes beside fast-xml-parser's own parse of the same text, and
 * from wire bytes to XML beside its builder's writing of what it parsed.
 *
 * @returns the worst ratio of reading
 */
export function benchXml(): number {
  const registry = compile()
  const table = new PlanTable(registry)
  const plans = new XmlPlans(table)
  const decoder = new XmlBodyDecoder({ plans: table, tables: new DecodeTables(), ignoresUnknown: false }, plans)
  let worst = 0
  for (const { name, type, text } of SAMPLES) {
    const plan = table.messagePlan(registry.getMessage(type)!)
    const bytes = Buffer.from(text)
    const decode = (): Uint8Array => decoder.decodeMessage({ bytes, contentType: '' }, plan, undefined).finish()
    const parser = new XMLParser({ ignoreAttributes: false, maxNestedTags: 1000 })
    const builder = new XMLBuilder({ ignoreAttributes: false })
    const parsed: unknown = parser.parse(text)
    const wire = decode()
    const writer = new XmlWriter(plans, false)
    const encode = (): Uint8Array => writer.write(plan, wire)
    const [ours, theirs] = compare(decode, () => parser.parse(bytes))
    const [oursOut, theirsOut] = compare(encode, () => builder.build(parsed))
    worst = Math.max(worst, ours / theirs)
    print(`${name} (${bytes.length} bytes): XML to wire`, ours, 'its parse', theirs)
    print(`${name}: wire to XML`, oursOut, 'its builder', theirsOut)
  }
  console.log(`xml: worst ratio of reading ${worst.toFixed(2)} (target: at most ${TARGET_RATIO.toFixed(1)})`)
  return worst
}

function print(what: string, ours: number, peer: string, theirs: number): void {
  const ratio = (ours / theirs).toFixed(2)
  console.log(`xml: ${what.padEnd(36)} ${ours.toFixed(1)} µs, ${peer} ${theirs.toFixed(1)} µs, ratio ${ratio}`)
}

function compile(): FileRegistry {
  const problems = new Problems()
  const source = compileSource('bench-xml.proto', PROTO, problems)
  const schema = buildSchema([source], problems)
  problems.throwIfAny()
  return schema!.registry
}
