import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { messageJson } from '../../transcode/arbitraries.js'
import { Book, Editions, Proto3, Request } from '../../transcode/support.js'
import { fixtureCodec } from '../../transcode/xml/support.js'
import { DOCUMENTS, hasDoctype, isUtf16 } from './suite.js'

/*
 * Documents that were well-formed, or nearly, before they were mutated. What expat judges differently on purpose is left
 * out: XML declarations, DOCTYPEs (which expat reads), and characters that may be in names in the fifth edition of XML 1.0
 * and not in the fourth, which is expat's.
 */

/** Documents in which everything has its place. */
const SEEDS = [
  '<Book xmlns="urn:b" xmlns:x="urn:x" x:id="7" id=\'&lt;8&gt;\'><title>The &#x4c;eft &amp; Hand</title><x:tags/><x:tags >a</x:tags ></Book>',
  '<a><!-- comment --><?target some data?><![CDATA[<not> & markup]]>text<b c="d"/>\r\n</a><!-- after -->\n<?after?>',
  '<p:r xmlns:p="u"><p:r xmlns:p="v" xmlns=""><q xml:lang="en" p:a="1" a="2"/></p:r>é中&#233;</p:r>',
  '<m><e k="">&quot;&apos;]]&gt;</e>]] ><e/></m>',
]

/** No limit of ours (names, attributes, depth) is near in a document of this size. */
const MAX_BYTES = 4096

const withoutDeclaration = (document: string): string => document.replace(/^\ufeff?<\?xml[ \t\r\n][^]*?\?>/, '')

/** Those of the W3C suite that can be compared, well-formed or not. */
const SUITE = DOCUMENTS.filter((document) => !hasDoctype(document) && !isUtf16(document) && isUtf8(document.bytes))
  .map(({ bytes }) => withoutDeclaration(bytes.toString()))
  .filter((document) => document.length < MAX_BYTES)

/** What mutations insert: whatever means something. */
const PIECES = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '/',
  '=',
  '!',
  '?',
  '-',
  '--',
  ']',
  ']]>',
  ';',
  ':',
  '#',
  'x',
  ' ',
  '\t',
  '\n',
  '\r',
  'a',
  'b',
  '0',
  '</a>',
  '<b>',
  '<b/>',
  '&lt;',
  '&#0;',
  '&#65;',
  '&#xd800;',
  '&nbsp;',
  '<!--',
  '-->',
  '<![CDATA[',
  '<?',
  '?>',
  '<?xml?>',
  ' xmlns:p="u"',
  ' xmlns=""',
  ' xmlns:p=""',
  ' xmlns:xml="u"',
  ' xmlns:xmlns="u"',
  'p:',
  'xmlns:',
  'xml:',
  ' a="1"',
  'é',
  '中',
  '\u0000',
  '\u0001',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u2028',
  '\ufffe',
  '\uffff',
  '.',
  '-',
  '_',
]

type Mutation = (document: Buffer) => Buffer

/** Where in a document, from 0 to 1. */
const at = fc.nat({ max: 9999 }).map((part) => part / 10_000)
const place = (document: Buffer, where: number): number => Math.floor(where * document.length)
const splice = (document: Buffer, from: number, to: number, piece: Uint8Array): Buffer =>
  Buffer.concat([document.subarray(0, from), piece, document.subarray(to)])

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.constantFrom(...PIECES)).map(([where, piece]): Mutation => (document) => {
    const from = place(document, where)
    return splice(document, from, from, Buffer.from(piece))
  }),
  fc.tuple(at, fc.integer({ min: 1, max: 8 })).map(([where, length]): Mutation => (document) => {
    const from = place(document, where)
    return splice(document, from, from + length, Buffer.alloc(0))
  }),
  fc.tuple(at, at, fc.integer({ min: 1, max: 20 })).map(([where, source, length]): Mutation => (document) => {
    const from = place(document, where)
    const copied = place(document, source)
    return splice(document, from, from, document.subarray(copied, copied + length))
  }),
  fc.tuple(at, fc.integer({ min: 0, max: 255 })).map(([where, byte]): Mutation => (document) => {
    const from = place(document, where)
    return splice(document, from, from + 1, Buffer.from([byte]))
  }),
)

const MESSAGES = [Proto3, Editions, Request, Book]

/** What `encode.ts` writes of random messages; beyond ASCII one character has to do. */
const messageDocument = fc
  .constantFrom(...MESSAGES)
  .chain((desc) => messageJson(desc, 3).map((json) => ({ desc, json })))
  .map(({ desc, json }) => {
    try {
      return withoutDeclaration(fixtureCodec.jsonToXml(desc, json)).replace(/[^\0-\x7f]/gu, 'é')
    } catch {
      // A character that XML cannot hold.
      return `<${desc.name}/>`
    }
  })
  .filter((document) => document.length < MAX_BYTES)

/** Mutated documents: of the suite, of messages, and of those made for the purpose. */
export const mutant: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.oneof(fc.constantFrom(...SEEDS), fc.constantFrom(...SUITE), messageDocument),
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
  )
  .map(([seed, mutations]) => mutations.reduce<Buffer>((document, mutate) => mutate(document), Buffer.from(seed)))

/** Characters beyond ASCII that the seeds and the pieces have; others may be in names in one edition only. */
const KNOWN = new Set('é中\u0085\u2028\ufffe\uffff')

export function isComparable(document: Buffer): boolean {
  if (document.includes('<!DOCTYPE')) return false
  return (
    !isUtf8(document) || [...document.toString()].every((character) => character < '\u0080' || KNOWN.has(character))
  )
}
