import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HpackDecoder } from '../../../src/upstream/transports/http2/hpack/decoder.js'
import { decodeHuffman, maxDecodedLength } from '../../../src/upstream/transports/http2/hpack/huffman.js'
import { encodeWithGo, hasInteropServer } from '../../support/grpc-servers/interop/interop-server.js'
import { encodeBlocks } from './node-encoder.js'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

function decode(decoder: HpackDecoder, block: Buffer): readonly string[] {
  const { fields, isTooLarge } = decoder.decode(block, 0, block.length)
  expect(isTooLarge).toBe(false)
  return fields
}

interface Vector {
  readonly section: string
  /** Blocks of one connection, and what each holds. */
  readonly blocks: readonly (readonly [encoded: string, ...fields: string[]])[]
}

const FIRST = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com']
const SECOND = [...FIRST, 'cache-control', 'no-cache']
const THIRD = [
  ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
  ...['custom-key', 'custom-value'],
]
const RESPONSES = [
  ['302', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['307', 'Mon, 21 Oct 2013 20:13:21 GMT'],
].map(([status, date]) => [
  ...[':status', status!, 'cache-control', 'private', 'date', date!, 'location', 'https://www.example.com'],
])
const LAST_RESPONSE = [
  ...[':status', '200', 'cache-control', 'private', 'date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
  ...['location', 'https://www.example.com', 'content-encoding', 'gzip'],
  ...['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
]

/** RFC 7541 appendix C, by section. C.5 and C.6 are for a table of 256 octets: {@link SMALL_TABLE}. */
const vectors: readonly Vector[] = [
  {
    section: 'C.2.1 literal with indexing',
    blocks: [['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', 'custom-key', 'custom-header']],
  },
  {
    section: 'C.2.2 literal without indexing',
    blocks: [['040c 2f73 616d 706c 652f 7061 7468', ':path', '/sample/path']],
  },
  {
    section: 'C.2.3 literal never indexed',
    blocks: [['1008 7061 7373 776f 7264 0673 6563 7265 74', 'password', 'secret']],
  },
  { section: 'C.2.4 indexed', blocks: [['82', ':method', 'GET']] },
  {
    section: 'C.3 requests without Huffman',
    blocks: [
      ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', ...FIRST],
      ['8286 84be 5808 6e6f 2d63 6163 6865', ...SECOND],
      ['8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', ...THIRD],
    ],
  },
  {
    section: 'C.4 requests with Huffman',
    blocks: [
      ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', ...FIRST],
      ['8286 84be 5886 a8eb 1064 9cbf', ...SECOND],
      ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', ...THIRD],
    ],
  },
]

/** A size update to 256 octets, which the table of C.5 and C.6 has. */
const SMALL_TABLE = '3fe1 01'

const smallTableVectors: readonly Vector[] = [
  {
    section: 'C.5 responses without Huffman',
    blocks: [
      [
        `${SMALL_TABLE} 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
         2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
        ...RESPONSES[0]!,
      ],
      ['4803 3330 37c1 c0bf', ...RESPONSES[1]!],
      [
        `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a
         6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d
         6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
        ...LAST_RESPONSE,
      ],
    ],
  },
  {
    section: 'C.6 responses with Huffman',
    blocks: [
      [
        `${SMALL_TABLE} 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
        ...RESPONSES[0]!,
      ],
      ['4883 640e ffc1 c0bf', ...RESPONSES[1]!],
      [
        `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d
         d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106
         3d50 07`,
        ...LAST_RESPONSE,
      ],
    ],
  },
]

describe('RFC 7541 appendix C', () => {
  // C.1's integers, as what takes one of a 5-bit prefix: a table's size. Its octet-aligned one has a prefix of 8 bits, which
  // no field of HPACK has: 42 after a flag bit is the same octet, as a string's length.
  test.each([
    { section: 'C.1.1 10 in a prefix of 5 bits', integer: '2a', fits: undefined, exceeds: 33 },
    { section: 'C.1.2 1337 in a prefix of 5 bits', integer: '3f9a 0a', fits: 1337, exceeds: 1338 },
  ])('$section', ({ integer, fits, exceeds }) => {
    /** An entry of so many octets in the table: a name of one, and 32. */
    const entry = (size: number): Buffer => {
      const length = size - 33
      const octets = length < 127 ? [length] : [127, ((length - 127) & 127) | 128, (length - 127) >> 7]
      return Buffer.concat([hex('4001 61'), Buffer.from(octets), Buffer.alloc(length, 0x78)])
    }
    if (fits !== undefined) {
      const decoder = new HpackDecoder(16_384)
      decode(decoder, Buffer.concat([hex(integer), entry(fits)]))
      expect(decode(decoder, hex('be'))).toEqual(['a', 'x'.repeat(fits - 33)])
    }
    const decoder = new HpackDecoder(16_384)
    decode(decoder, Buffer.concat([hex(integer), entry(exceeds)]))
    expect(() => decoder.decode(hex('be'), 0, 1)).toThrow(/beyond the table/)
  })

  test('C.1.3 42 on an octet boundary', () => {
    const value = 'y'.repeat(42)
    expect(decode(new HpackDecoder(16_384), Buffer.concat([hex('0001 61 2a'), Buffer.from(value)]))).toEqual([
      'a',
      value,
    ])
  })

  test.each([...vectors, ...smallTableVectors])('$section', ({ blocks }) => {
    const decoder = new HpackDecoder(16_384)
    for (const [encoded, ...fields] of blocks) expect(decode(decoder, hex(encoded))).toEqual(fields)
  })
})

describe('HPACK that is broken costs the connection (COMPRESSION_ERROR)', () => {
  test.each([
    { row: 'index 0', block: '80', text: /index 0/ },
    { row: 'an index beyond both tables', block: 'be', text: /beyond the table/ },
    { row: 'a name of an index beyond both tables', block: '7e0161', text: /beyond the table/ },
    { row: 'a size update above what we advertise', block: '3fe21f', text: /larger than allowed/ },
    { row: 'a size update after a field', block: '8220', text: /within a block/ },
    { row: 'a block that ends after a name', block: '000161', text: /ends within a field/ },
    { row: 'a string longer than its block', block: '000561', text: /exceeds its block/ },
    { row: 'an integer that does not end', block: 'ff80', text: /does not end/ },
    { row: 'an integer of six octets', block: 'ffffffffffff0f', text: /too large/ },
    { row: 'Huffman: EOS', block: '0084ffffffff00', text: /no Huffman code/ },
    { row: 'Huffman: padding of eight ones', block: '00821fff00', text: /no Huffman code/ },
    { row: 'Huffman: padding that is not ones', block: '00811800', text: /no Huffman code/ },
  ])('$row', ({ block, text }) => {
    const bytes = hex(block)
    expect(() => new HpackDecoder(16_384).decode(bytes, 0, bytes.length)).toThrow(text)
  })

  test('whatever the bytes, it is that error or a list of pairs, within the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 5 }), (blocks) => {
        const decoder = new HpackDecoder(2000)
        try {
          for (const block of blocks) {
            const { fields, isTooLarge } = decoder.decode(Buffer.from(block), 0, block.length)
            let size = 0
            for (const text of fields) size += text.length
            expect(size + (fields.length / 2) * 32).toBeLessThanOrEqual(2000)
            expect(fields.length === 0 || !isTooLarge).toBe(true)
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 9 })
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('Huffman', () => {
  test('a string ends in up to 7 ones of padding, no more', () => {
    const out = Buffer.alloc(maxDecodedLength(2))
    // 'a' is 00011.
    expect(decodeHuffman(hex('1f'), 0, 1, out)).toBe(1)
    expect(decodeHuffman(hex('1fff'), 0, 2, out)).toBe(-1)
  })
})

describe('the table', () => {
  test('an entry larger than it empties it; what was there is gone', () => {
    const decoder = new HpackDecoder(65_536)
    decode(decoder, hex('40016101 62'))
    expect(decode(decoder, hex('be'))).toEqual(['a', 'b'])
    // 5000 octets: 0x7f, then 4873 = 0x1309 as 0x89 0x26.
    const large = Buffer.concat([hex('4001 63 7f89 26'), Buffer.alloc(5000, 0x78)])
    expect(decode(decoder, large)).toEqual(['c', 'x'.repeat(5000)])
    expect(() => decoder.decode(hex('be'), 0, 1)).toThrow(/beyond the table/)
  })

  test('a bomb of references is told, and keeps nothing', () => {
    const decoder = new HpackDecoder(16_384)
    // 4000 octets: 0x7f, then 3873 as 0xa1 0x1e.
    decode(decoder, Buffer.concat([hex('4001 61 7fa1 1e'), Buffer.alloc(4000, 0x78)]))
    const bomb = Buffer.alloc(60_000, 0xbe)
    const { fields, isMalformed, isTooLarge } = decoder.decode(bomb, 0, bomb.length)
    expect({ fields, isMalformed, isTooLarge }).toEqual({ fields: [], isMalformed: false, isTooLarge: true })
    expect(decode(decoder, hex('be'))[0]).toBe('a')
  })
})

describe('a block of references that comes again', () => {
  test.each([
    { table: 'as it was', between: '', then: ['a', 'b'] },
    { table: 'with a new entry', between: '4001 63 01 64', then: ['c', 'd'] },
    { table: 'with a literal that is not put in it', between: '0001 63 01 64', then: ['a', 'b'] },
  ])('means what the table says: $table', ({ between, then }) => {
    const decoder = new HpackDecoder(65_536)
    decode(decoder, hex('40016101 62'))
    for (let i = 0; i < 3; i++) expect(decode(decoder, hex('be'))).toEqual(['a', 'b'])
    if (between !== '') decode(decoder, hex(between))
    for (let i = 0; i < 3; i++) expect(decode(decoder, hex('be'))).toEqual(then)
  })

  test('is broken once what it refers to is gone', () => {
    const decoder = new HpackDecoder(65_536)
    decode(decoder, hex('40016101 62'))
    decode(decoder, hex('be'))
    decode(decoder, hex('20'))
    expect(() => decoder.decode(hex('be'), 0, 1)).toThrow(/beyond the table/)
  })

  test('is told by each of its octets, wherever it lies', () => {
    const decoder = new HpackDecoder(65_536)
    for (const [octets, fields] of [
      ['88', [':status', '200']],
      ['8889', [':status', '200', ':status', '204']],
      ['8988', [':status', '204', ':status', '200']],
      ['89', [':status', '204']],
    ] as const) {
      for (let offset = 0; offset < 3; offset++) {
        const bytes = Buffer.concat([Buffer.alloc(offset, 0x88), hex(octets), Buffer.from([0x88])])
        expect(decoder.decode(bytes, offset, bytes.length - 1).fields).toEqual(fields)
      }
    }
  })
})

/** Blocks of random fields, none of their names twice in one. */
function sampleBlocks(seed: number, more: readonly string[]): string[][] {
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/).map((text) => `x-${text}`)
  const value = fc.oneof(
    fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,60}[\x21-\x7e])?$/),
    fc.constantFrom('', '0', 'application/grpc', 'z'.repeat(500), ...more),
  )
  const block = fc.uniqueArray(fc.tuple(name, value), { maxLength: 12, selector: ([first]) => first })
  return fc.sample(block, { numRuns: 300, seed }).map((pairs) => pairs.flat())
}

test('what node:http2 encodes is read back, block after block on one connection', async () => {
  const seed = Date.now()
  const sent = sampleBlocks(seed, ['caf\xe9'])
  const decoder = new HpackDecoder(65_536)
  const encoded = await encodeBlocks(sent)
  expect(encoded).toHaveLength(sent.length)
  encoded.forEach((bytes, index) => {
    const fields = decode(decoder, bytes)
    // Node adds `:status` and a date.
    const own: string[] = []
    for (let at = 0; at < fields.length; at += 2)
      if (fields[at]!.startsWith('x-')) own.push(fields[at]!, fields[at + 1]!)
    expect({ seed, own }).toEqual({ seed, own: sent[index] })
  })
})

const testWithGo = hasInteropServer() ? test : test.skip

testWithGo('what Go’s hpack encodes is read back, with table sizes that change and fields never indexed', () => {
  const seed = Date.now()
  const sent = sampleBlocks(seed, ['!~|^'])
  const decoder = new HpackDecoder(65_536)
  const encoded = encodeWithGo(sent)
  expect(encoded).toHaveLength(sent.length)
  encoded.forEach((bytes, index) => expect({ seed, own: decode(decoder, bytes) }).toEqual({ seed, own: sent[index] }))
})
