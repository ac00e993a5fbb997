import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DescMessage } from '@bufbuild/protobuf'
import { messageJson } from '../arbitraries.js'
import { Book, Editions, Proto3, Request, thrownBy } from '../support.js'
import { jsonOf, readElement } from './independent.js'
import { codecOf, fixtureCodec, type Codec } from './support.js'

const RUNS = Number(process.env['TRANSCODE_RUNS'] ?? 300)

/** What XML cannot hold, as JSON text may have it. */
const UNWRITABLE = /[\ufffe\uffff]|\\[bf]|\\u00(?:0[0-8bcef]|1.)|\\uff[ef][ef]/i

/** The XML of JSON; undefined where the JSON has a character that XML cannot hold, and is refused for it. */
function toXml(codec: Codec, desc: DescMessage, json: string): string | undefined {
  if (!UNWRITABLE.test(json)) return codec.jsonToXml(desc, json)
  expect(thrownBy(() => codec.jsonToXml(desc, json)).reason).toBe('UNREPRESENTABLE_VALUE')
  return undefined
}

describe.each([Proto3, Editions, Request, Book].map((desc) => ({ name: desc.typeName, desc })))('$name', ({ desc }) => {
  test('message to XML to message is the identity, and fast-xml-parser reads the same', () => {
    fc.assert(
      fc.property(messageJson(desc, 3), (json) => {
        const wire = fixtureCodec.fromJson(desc, json)
        const xml = toXml(fixtureCodec, desc, json)
        if (xml === undefined) return
        const back = fixtureCodec.fromXml(desc, xml)
        const canonical = fixtureCodec.toJson(desc, wire)
        expect(fixtureCodec.toJson(desc, back)).toBe(canonical)
        expect(fixtureCodec.toXml(desc, back)).toBe(xml)
        expect(jsonOf(desc, readElement(xml), fixtureCodec.registry)).toEqual(JSON.parse(canonical))
      }),
      { numRuns: RUNS },
    )
  })
})

/** Strings in which white space, markup and references meet. */
const text = fc.string({
  unit: fc.constantFrom(
    ' ',
    '\n',
    '\r',
    '\t',
    '<',
    '>',
    '&',
    ']',
    '"',
    "'",
    '\u0085',
    '\u2028',
    'é',
    '😀',
    'a',
    ';',
    '#',
    '--',
  ),
  maxLength: 12,
})

test('every character of a string, a key and an attribute survives', () => {
  const codec = codecOf(`
    syntax = "proto3";
    import "protobridge/xml.proto";
    import "google/protobuf/wrappers.proto";
    message M {
      string a = 1 [(protobridge.xml).attribute = true];
      string b = 2;
      map<string, string> c = 3;
      repeated google.protobuf.StringValue d = 4;
    }
  `)
  const M = codec.type('M')
  fc.assert(
    fc.property(
      text,
      text,
      fc.dictionary(text, text, { maxKeys: 3 }),
      fc.array(text, { maxLength: 3 }),
      (a, b, c, d) => {
        const canonical = codec.toJson(M, codec.fromJson(M, JSON.stringify({ a, b, c, d })))
        expect(codec.xmlToJson(M, codec.jsonToXml(M, canonical))).toBe(canonical)
      },
    ),
    { numRuns: RUNS },
  )
})

/** A field of a random message: its type, shape and option. */
interface FieldSpec {
  readonly type: string
  readonly shape: '' | 'optional ' | 'repeated ' | 'map'
  readonly jsonName: string
  readonly attribute: boolean
  readonly item: string
  readonly namespace: string | undefined
}

const SCALARS = ['int32', 'uint64', 'sint64', 'fixed32', 'float', 'double', 'bool', 'string', 'bytes', 'E']
const MESSAGES = [
  'M0',
  'M1',
  'google.protobuf.Timestamp',
  'google.protobuf.Value',
  'google.protobuf.Struct',
  'google.protobuf.Int64Value',
  'google.protobuf.StringValue',
  'google.protobuf.Any',
]

const fieldSpec: fc.Arbitrary<FieldSpec> = fc.record({
  type: fc.constantFrom(...SCALARS, ...MESSAGES),
  shape: fc.constantFrom('', '', 'optional ', 'repeated ', 'map'),
  jsonName: fc.constantFrom('', '', 'key', 'type', 'a b', '1', 'x:y', 'entry', 'value', '_x0041_', 'é'),
  attribute: fc.boolean(),
  item: fc.constantFrom('', '', 'item', 'value'),
  namespace: fc.constantFrom(undefined, undefined, '', 'urn:a', 'urn:b&"<'),
})

/** The text of a proto file of two messages that contain each other. */
const protoText = fc
  .tuple(
    fc.constantFrom('', 'urn:a', 'urn:file'),
    fc.array(
      fc.tuple(fc.constantFrom(undefined, '', 'urn:a', 'urn:m'), fc.array(fieldSpec, { minLength: 1, maxLength: 8 })),
      { minLength: 2, maxLength: 2 },
    ),
  )
  .map(([fileNamespace, messages]) => {
    const bodies = messages.map(([namespace, fields], index) => {
      const option =
        namespace === undefined ? '' : `option (protobridge.xml_message) = { namespace: ${JSON.stringify(namespace)} };`
      const seen = new Set<string>()
      const lines = fields.map((field, place) => `  ${fieldText(field, place, seen)}`)
      return `message M${index} {\n  ${option}\n${lines.join('\n')}\n}`
    })
    return `
      syntax = "proto3";
      import "protobridge/xml.proto";
      import "google/protobuf/any.proto";
      import "google/protobuf/empty.proto";
      import "google/protobuf/struct.proto";
      import "google/protobuf/timestamp.proto";
      import "google/protobuf/wrappers.proto";
      option (protobridge.xml_file) = { namespace: "${fileNamespace}" };
      enum E { ZERO = 0; ONE = 1; }
      ${bodies.join('\n')}`
  })

function fieldText(field: FieldSpec, place: number, seen: Set<string>): string {
  const { type, shape, attribute, item, namespace } = field
  const options = []
  if (field.jsonName !== '' && !seen.has(field.jsonName)) {
    seen.add(field.jsonName)
    options.push(`json_name = ${JSON.stringify(field.jsonName)}`)
  }
  const isText = type !== 'M0' && type !== 'M1' && !/Value$|Struct$|Any$/.test(type)
  if (attribute && isText && (shape === '' || shape === 'optional ')) options.push('(protobridge.xml).attribute = true')
  if (item !== '' && shape === 'repeated ') options.push(`(protobridge.xml).item = "${item}"`)
  if (namespace !== undefined) options.push(`(protobridge.xml).namespace = ${JSON.stringify(namespace)}`)
  const declared = shape === 'map' ? `map<string, ${type}>` : `${shape === 'optional ' && !isText ? '' : shape}${type}`
  return `${declared} f${place} = ${place + 1}${options.length === 0 ? '' : ` [${options.join(', ')}]`};`
}

test('random messages of random descriptors, with random options: message to XML to message', () => {
  fc.assert(
    fc.property(
      protoText.chain((proto) => {
        const message = messageJson(codecOf(proto).type('M0'), 3)
        return fc.tuple(fc.constant(proto), fc.array(message, { minLength: 5, maxLength: 5 }))
      }),
      ([proto, messages]) => {
        const codec = codecOf(proto)
        const M0 = codec.type('M0')
        for (const json of messages) {
          const xml = toXml(codec, M0, json)
          if (xml === undefined) continue
          const canonical = codec.toJson(M0, codec.fromJson(M0, json))
          expect(codec.xmlToJson(M0, xml)).toBe(canonical)
        }
      },
    ),
    { numRuns: Math.ceil(RUNS / 5) },
  )
})
