import { isUtf8 } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StatusError } from '../../../src/status/index.js'
import { checkWellFormed } from '../../../src/transcode/xml/parse.js'

/*
 * Documents that were well-formed before they were mutated, judged by us and by Python's expat. What the two judge
 * differently on purpose is left out: the XML declaration is not mutated, DOCTYPEs (which expat reads) are passed over,
 * and characters are such as may be in names both in the fourth edition of XML 1.0, which is expat's, and in the fifth.
 */

const COUNT = Number(process.env['XML_MUTANTS'] ?? 4000)
const hasPython = spawnSync('python3', ['-c', 'import xml.parsers.expat']).status === 0
const judged = hasPython || process.env['CI'] !== undefined ? test : test.skip

const SEEDS = [
  '<Book xmlns="urn:b" xmlns:x="urn:x" x:id="7" id=\'&lt;8&gt;\'><title>The &#x4c;eft &amp; Hand</title><x:tags/><x:tags >a</x:tags ></Book>',
  '<a><!-- comment --><?target some data?><![CDATA[<not> & markup]]>text<b c="d"/>\r\n</a><!-- after -->\n<?after?>',
  '<p:r xmlns:p="u"><p:r xmlns:p="v" xmlns=""><q xml:lang="en" p:a="1" a="2"/></p:r>é中&#233;</p:r>',
  '<m><e k="">&quot;&apos;]]&gt;</e>]] ><e/></m>',
]

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

const mutant = fc
  .tuple(fc.constantFrom(...SEEDS), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([seed, mutations]) => mutations.reduce<Buffer>((document, mutate) => mutate(document), Buffer.from(seed)))

/** Characters beyond ASCII that the seeds and the pieces have; others may be in names in one edition only. */
const KNOWN = new Set('é中\u0085\u2028\ufffe\uffff')

function isComparable(document: Buffer): boolean {
  if (document.includes('<!DOCTYPE')) return false
  return (
    !isUtf8(document) || [...document.toString()].every((character) => character < '\u0080' || KNOWN.has(character))
  )
}

function judge(document: Buffer): '0' | '1' {
  try {
    checkWellFormed(document)
    return '1'
  } catch (error) {
    if (error instanceof StatusError) return '0'
    throw error
  }
}

function judgeWithExpat(documents: readonly Buffer[]): string {
  const input = Buffer.concat(
    documents.flatMap((document) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(document.length)
      return [length, document]
    }),
  )
  const script = fileURLToPath(new URL('expat.py', import.meta.url))
  const { stdout, stderr, status } = spawnSync('python3', [script], { input, encoding: 'latin1' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

judged(`${hasPython ? '' : 'skipped: no python3: '}mutated documents: the same verdict as expat`, () => {
  const seed = Date.now() & 0x7fffffff
  const documents = fc.sample(mutant, { seed, numRuns: COUNT }).filter(isComparable)
  const theirs = judgeWithExpat(documents)
  const ours = documents.map(judge).join('')
  const differing = documents.filter((_, index) => ours[index] !== theirs[index])
  // Both kinds have to be among them, or nothing was compared.
  expect(theirs.replaceAll('0', '').length).toBeGreaterThan(COUNT / 50)
  expect(theirs.replaceAll('1', '').length).toBeGreaterThan(COUNT / 50)
  expect({ seed, differing: differing.map(String) }).toEqual({ seed, differing: [] })
})
