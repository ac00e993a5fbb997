import { describe, expect, test } from '@jest/globals'
import { StatusError } from '../../../src/status/index.js'
import { heldHeap } from '../../support/held-heap.js'
import { codecOf } from './support.js'

/** Bytes of a body at most, by default. */
const SIZE = 4 << 20
/** Generous, for a busy machine: most are refused in a millisecond or two, and what is quadratic takes minutes. */
const LIMIT_MS = 2000
/** Of heap that is still held after a refusal, give or take what the engine keeps for itself. */
const LIMIT_BYTES = 24 << 20

const codec = codecOf(`
  syntax = "proto3";
  import "google/protobuf/struct.proto";
  message M {
    string s = 1;
    M m = 2;
    repeated string t = 3;
    map<string, string> l = 4;
    bytes b = 5;
    int64 i = 6;
    google.protobuf.Struct st = 7;
  }
`)
const M = codec.type('M')

/** The unit as often as fits between. */
function filled(before: string, unit: string, after = ''): Buffer {
  return Buffer.from(before + unit.repeat((SIZE - before.length - after.length) / unit.length) + after)
}

/** What is made of the numbers from 0, as many as fit. */
function counted(before: string, unit: (index: number) => string, after: string): Buffer {
  const parts = [before]
  for (let index = 0, length = before.length + after.length; ; index++) {
    const part = unit(index)
    length += part.length
    if (length > SIZE) break
    parts.push(part)
  }
  return Buffer.from(parts.join('') + after)
}

function verdictOf(body: Buffer, ignoreUnknown: boolean): string {
  try {
    codec.treeOf(M, body, { ignoreUnknown })
    return 'read'
  } catch (error) {
    if (error instanceof StatusError) return error.reason
    throw error
  }
}

const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')

describe('4 MiB of', () => {
  test.each([
    {
      name: 'billion laughs',
      body: Buffer.from(`<!DOCTYPE M [<!ENTITY l0 "lol">${laughs}]><M><s>&l9;</s></M>`),
      verdict: 'MALFORMED_XML',
    },
    {
      name: 'an external entity',
      body: Buffer.from('<!DOCTYPE M [<!ENTITY x SYSTEM "file:///etc/passwd">]><M><s>&x;</s></M>'),
      verdict: 'MALFORMED_XML',
    },
    {
      name: 'a parameter entity from elsewhere',
      body: Buffer.from('<!DOCTYPE M [<!ENTITY % x SYSTEM "http://localhost/x.dtd">%x;]><M/>'),
      verdict: 'MALFORMED_XML',
    },
    {
      name: 'entity declarations',
      body: filled('<!DOCTYPE M [', '<!ENTITY x "y">', ']><M/>'),
      verdict: 'MALFORMED_XML',
    },
    { name: 'elements within each other', body: filled('<M>', '<m>'), verdict: 'DEPTH_EXCEEDED' },
    {
      name: 'Structs within each other',
      body: filled('<M><st>', '<field name=""><structValue>'),
      verdict: 'DEPTH_EXCEEDED',
    },
    { name: '"<"', body: filled('', '<'), verdict: 'MALFORMED_XML' },
    { name: 'a name', body: filled('<M><', 'a', '/></M>'), verdict: 'MALFORMED_XML' },
    { name: 'a name of an attribute', body: filled('<M ', 'a', '=""/>'), verdict: 'MALFORMED_XML' },
    { name: 'a name of an entity', body: filled('<M><s>&', 'a', ';</s></M>'), verdict: 'MALFORMED_XML' },
    { name: 'attributes', body: counted('<M', (i) => ` a${i}=""`, '/>'), verdict: 'MALFORMED_XML' },
    { name: 'one attribute again and again', body: filled('<M', ' a=""', '/>'), verdict: 'MALFORMED_XML' },
    { name: 'namespaces', body: counted('<M', (i) => ` xmlns:a${i}="u"`, '/>'), verdict: 'MALFORMED_XML' },
    { name: 'an attribute without its end', body: filled('<M a="', 'a'), verdict: 'MALFORMED_XML' },
    { name: 'references', body: filled('<M><s>', '&amp;', '</s></M>'), verdict: 'MALFORMED_XML' },
    { name: 'character references', body: filled('<M><s>', '&#65;', '</s></M>'), verdict: 'MALFORMED_XML' },
    { name: 'references in an attribute', body: filled('<M a="', '&lt;', '"/>'), verdict: 'MALFORMED_XML' },
    { name: 'an XML declaration', body: filled('<?xml version="1.0"', ' ', '?><M/>'), verdict: 'MALFORMED_XML' },
    { name: 'a comment without its end', body: filled('<M><!--', '-x'), verdict: 'MALFORMED_XML' },
    { name: 'comments, then a mistake', body: filled('<M>', '<!---->', '&</M>'), verdict: 'MALFORMED_XML' },
    { name: 'line ends, then a mistake', body: filled('<M>', '\r', '&</M>'), verdict: 'MALFORMED_XML' },
    { name: 'spaces and no document', body: filled('', ' '), verdict: 'MALFORMED_XML' },
    { name: 'NULs', body: Buffer.alloc(SIZE), verdict: 'MALFORMED_XML' },
    { name: 'NULs within', body: filled('<M><s>', '\0', '</s></M>'), verdict: 'MALFORMED_XML' },
    {
      name: 'UTF-8 that ends in none',
      body: Buffer.concat([filled('<M><s>', 'x').subarray(1), Buffer.from([0xff])]),
      verdict: 'MALFORMED_XML',
    },
    {
      name: 'an encoding that lies',
      body: filled('<?xml version="1.0" encoding="UTF-16"?><M><s>', 'x', '</s></M>'),
      verdict: 'UNSUPPORTED_XML_ENCODING',
    },
    {
      name: 'UTF-7',
      body: filled('<?xml version="1.0" encoding="UTF-7"?><M>', '+ADw-', '</M>'),
      verdict: 'UNSUPPORTED_XML_ENCODING',
    },
    { name: 'unknown elements', body: filled('<M>', '<a/>', '</M>'), verdict: 'UNKNOWN_FIELD' },
    { name: 'a singular field', body: filled('<M>', '<s/>', '</M>'), verdict: 'DUPLICATE_FIELD' },
    { name: 'one key', body: filled('<M><l>', '<entry key=""/>', '</l></M>'), verdict: 'DUPLICATE_FIELD' },
  ])('$name: $verdict, and nothing is kept of it', ({ body, verdict }) => {
    const heapBefore = heldHeap()
    const start = performance.now()
    expect(verdictOf(body, false)).toBe(verdict)
    expect(performance.now() - start).toBeLessThan(LIMIT_MS)
    expect(heldHeap() - heapBefore).toBeLessThan(LIMIT_BYTES)
  })

  test.each([
    { name: 'text', body: filled('<M><s>', 'x', '</s></M>') },
    { name: 'text beyond ASCII', body: filled('<M><s>', 'é'.repeat(2), '</s></M>').subarray(0, SIZE) },
    { name: '"]"', body: filled('<M><s>', ']', '</s></M>') },
    { name: 'CR LF', body: filled('<M><s>', '\r\n', '</s></M>') },
    { name: 'CDATA sections', body: filled('<M><s>', '<![CDATA[a]]>', '</s></M>') },
    { name: 'comments in a text', body: filled('<M><s>', 'a<!---->', '</s></M>') },
    { name: 'processing instructions', body: filled('<M>', '<?a?>', '</M>') },
    { name: 'a processing instruction of "?"', body: filled('<M><?a ', '?', '?></M>') },
    { name: 'white space', body: filled('<M>', ' \n', '</M>') },
    { name: 'white space in a tag', body: filled('<M', '\t', '/>') },
    { name: 'white space in an attribute', body: filled('<M><l><entry key="', '\t', '"/></l></M>') },
    { name: 'white space in base64', body: filled('<M><b>', 'AAAA\n', '</b></M>') },
    { name: 'zeros of a reference', body: filled('<M><s>&#', '0', '65;</s></M>') },
    { name: 'items', body: filled('<M>', '<t/>', '</M>') },
    { name: 'keys', body: counted('<M><l>', (i) => `<entry key="${i}"/>`, '</l></M>') },
    {
      name: 'fields of a Struct',
      body: counted('<M><st>', (i) => `<field name="${i}"><nullValue/></field>`, '</st></M>'),
    },
    { name: 'unknown elements that are ignored', body: filled('<M>', '<a b=""/>', '</M>') },
    { name: 'namespaces declared and left', body: filled('<M>', '<a:m xmlns:a="u"/>', '</M>') },
  ])('$name costs its length', ({ body }) => {
    const start = performance.now()
    verdictOf(body, true)
    expect(performance.now() - start).toBeLessThan(LIMIT_MS * 2)
  })
})
