import { describe, expect, test } from '@jest/globals'
import { hasXmllint, validate } from '../../support/xmllint.js'
import { DescribedService, registryOf } from './support.js'

/* The schema and the gateway judge alike: xmllint by the one, the transcoder by itself. */

const service = new DescribedService(
  registryOf(`syntax = "proto3";
    package t;
    import "google/protobuf/any.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/field_mask.proto";
    import "google/protobuf/struct.proto";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    service S { rpc One(M) returns (M); rpc Two(Only) returns (Only); rpc Three(Lists) returns (Lists); }
    message M {
      string text = 1; int32 i32 = 2; uint32 u32 = 3; int64 i64 = 4; uint64 u64 = 5; bool flag = 6; bytes raw = 7;
      float f = 8; double d = 9; E kind = 10; M inner = 11; map<string, int32> counts = 12; map<int32, M> by_id = 13;
      google.protobuf.Timestamp at = 14; google.protobuf.Duration span = 15; google.protobuf.FieldMask mask = 16;
      google.protobuf.Int32Value boxed = 17; google.protobuf.Struct extra = 18; google.protobuf.Value any_value = 19;
      google.protobuf.ListValue list = 20; google.protobuf.Any packed = 21; string odd = 22 [json_name = "odd name"];
    }
    message Only { oneof which { string a = 1; int32 b = 2; } }
    message Lists { repeated string tags = 1; repeated M items = 2; string name = 3; }
    enum E { E_NONE = 0; E_ONE = 1; }`),
  't.S',
)
const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const m = (content: string): string => `<M>${content}</M>`

const VALID: readonly string[] = [
  '',
  '<text> a &amp; b </text>',
  '<text/>',
  '<i32>-2147483648</i32><u32>4294967295</u32>',
  '<i32> 7\n</i32>',
  '<i32>1.0</i32>',
  '<i32>1e3</i32>',
  '<i64>9223372036854775807</i64><u64>18446744073709551615</u64>',
  '<flag>true</flag>',
  '<flag> false </flag>',
  '<raw>AAH/</raw>',
  '<raw>AA H_\n-w</raw>',
  '<raw/>',
  '<f>3.4028234e38</f><d>-1.5e-300</d>',
  '<f>NaN</f><d>-Infinity</d>',
  '<kind>E_ONE</kind>',
  '<kind>7</kind>',
  '<inner><inner><text>x</text></inner></inner>',
  '<counts><entry key="a">1</entry><entry key="b">2</entry></counts>',
  '<byId><entry key="1"><text>x</text></entry></byId>',
  '<by_id><entry key="-1"/></by_id>',
  '<at>2026-02-28T23:59:59.123456789+02:00</at>',
  '<span>-1.5s</span>',
  '<mask>a,bC.d</mask>',
  '<boxed>0</boxed>',
  '<extra><field name="k"><numberValue>1.5</numberValue></field><field name="n"><nullValue/></field></extra>',
  '<anyValue><structValue><field name="x"><boolValue>true</boolValue></field></structValue></anyValue>',
  '<list><value><stringValue>a</stringValue></value><value><listValue/></value></list>',
  '<packed type="type.googleapis.com/google.protobuf.Duration"><value>1s</value></packed>',
  '<packed type="type.googleapis.com/t.M"><text>x</text></packed>',
  '<odd_x0020_name>o</odd_x0020_name>',
  '<d>1</d><text>any order</text><flag>true</flag>',
  `<text ${xsi} xsi:nil="true"/>`,
  `<inner ${xsi} xsi:nil="1"/>`,
  '<!-- passed over --><text>a<?x y?></text>',
].map(m)

const INVALID: readonly string[] = [
  '<nothing/>',
  'text beside',
  '<text><b/></text>',
  '<text>a</text><text>b</text>',
  '<inner/><inner/>',
  '<i32>2147483648</i32>',
  '<i32>1.5</i32>',
  '<i32>007</i32>',
  '<i32>+1</i32>',
  '<i32>0x1</i32>',
  '<i32/>',
  '<u32>-1</u32>',
  '<i64>9223372036854775808</i64>',
  '<u64>18446744073709551616</u64>',
  '<flag>1</flag>',
  '<flag>TRUE</flag>',
  '<raw>A</raw>',
  '<raw>AA=</raw>',
  '<raw>A*==</raw>',
  '<f>1e39</f>',
  '<d>1e400</d>',
  '<d>INF</d>',
  '<d>.5</d>',
  '<kind>E_TWO</kind>',
  '<kind>e_one</kind>',
  '<counts><entry>1</entry></counts>',
  '<counts><entry key="a">x</entry></counts>',
  '<counts><entry key="a">1</entry><entry key="a">2</entry></counts>',
  '<counts><a>1</a></counts>',
  '<byId><entry key="x"/></byId>',
  '<byId><entry key="1"/><entry key="1"/></byId>',
  '<at>2026-02-30T00:00:00Z</at>',
  '<at>2026-02-28T24:00:00Z</at>',
  '<at>2026-02-28 00:00:00Z</at>',
  '<at>2026-02-28T00:00:00</at>',
  '<span>1</span>',
  '<span>315576000001s</span>',
  '<mask>a_b</mask>',
  '<mask>a,,b</mask>',
  '<boxed>x</boxed>',
  '<extra><field><nullValue/></field></extra>',
  '<extra><field name="a"><nullValue/></field><field name="a"><nullValue/></field></extra>',
  '<anyValue/>',
  '<anyValue><numberValue>NaN</numberValue></anyValue>',
  '<anyValue><boolValue>true</boolValue><nullValue/></anyValue>',
  '<list><item/></list>',
  '<text extra="x">a</text>',
  `<counts ${xsi}><entry key="a" xsi:nil="true"/></counts>`,
].map(m)

/** What is one thing to the gateway and another to XSD 1.0, as docs/xml.md says. */
const DIFFERENT: readonly { readonly what: string; readonly document: string; readonly isTaken: boolean }[] = [
  { what: 'an exponent that leaves a fraction', document: m('<i32>15e-1</i32>'), isTaken: false },
  { what: 'both spellings of a field', document: m('<byId/><by_id/>'), isTaken: false },
  { what: 'a type that is not known, packed', document: m('<packed type="x/no.Such"/>'), isTaken: false },
  {
    what: 'a singular field twice, beside one that repeats',
    document: '<Lists><name>a</name><tags>x</tags><name>b</name></Lists>',
    isTaken: false,
  },
  { what: 'a time zone of more than 14 hours', document: m('<at>2026-02-28T00:00:00+15:00</at>'), isTaken: true },
  { what: 'a name with escapes it does not need', document: m('<_x0074_ext>a</_x0074_ext>'), isTaken: true },
]

const isThere = hasXmllint()
const suite = isThere ? describe : describe.skip

suite('the schema and the gateway judge alike', () => {
  const { files } = service.schema
  const verdicts = isThere ? validate(files, [...VALID, ...INVALID]) : []

  test.each(VALID.map((document, at) => ({ document, at })))('both take $document', ({ document, at }) => {
    expect(service.refusal(document)).toBeUndefined()
    expect(verdicts[at]).toEqual({ isValid: true, said: `${at}.xml validates` })
  })

  test.each(INVALID.map((document, at) => ({ document, at })))('both refuse $document', ({ document, at }) => {
    expect(service.refusal(document)).toBeDefined()
    expect(verdicts[VALID.length + at]!.isValid).toBe(false)
  })

  test.each([
    { document: '<Only><a>x</a></Only>', method: 1, isTaken: true },
    { document: '<Only/>', method: 1, isTaken: true },
    { document: '<Only><a>x</a><b>1</b></Only>', method: 1, isTaken: false },
    { document: '<Lists><tags>a</tags><name>n</name><tags>b</tags><items/></Lists>', method: 2, isTaken: true },
    { document: '<Lists><tag>a</tag></Lists>', method: 2, isTaken: false },
    { document: '<Nothing/>', method: 0, isTaken: false },
  ])('$document', ({ document, method, isTaken }) => {
    expect(service.refusal(document, method) === undefined).toBe(isTaken)
    expect(validate(files, [document])[0]!.isValid).toBe(isTaken)
  })

  test.each(DIFFERENT)('but for $what', ({ document, isTaken }) => {
    const method = document.startsWith('<Lists') ? 2 : 0
    expect(service.refusal(document, method) === undefined).toBe(isTaken)
    expect(validate(files, [document])[0]!.isValid).toBe(!isTaken)
  })

  test('errors are described too', () => {
    const status =
      '<Status><code>5</code><message>no</message><details type="type.googleapis.com/google.rpc.ErrorInfo"><reason>X</reason></details></Status>'
    expect(validate(files, [status])[0]!.isValid).toBe(true)
  })

  test('a body of a megabyte of base64 is judged too', () => {
    const document = m(`<raw>${Buffer.alloc(300_000, 7).toString('base64')}</raw>`)
    expect(validate(files, [document])[0]!.isValid).toBe(true)
  })
})
