import { describe, expect, test } from '@jest/globals'
import type { FileRegistry } from '@bufbuild/protobuf'
import { findXmlOptionFaults } from '../../../src/transcode/index.js'
import { checkXmlOptions } from '../../../src/transcode/xml/check-options.js'
import { thrownBy } from '../support.js'
import { codecOf } from './support.js'

const PROTO = `
syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "protobridge/xml.proto";
option (protobridge.xml_file) = { namespace: "urn:shop" };

message Order {
  option (protobridge.xml_message) = { name: "PurchaseOrder" };
  string id = 1 [(protobridge.xml) = { attribute: true, name: "orderId" }];
  google.protobuf.Timestamp placed = 2 [(protobridge.xml).attribute = true];
  optional int32 version = 3 [(protobridge.xml) = { attribute: true, namespace: "urn:meta" }];
  string language = 4 [(protobridge.xml) = { attribute: true, name: "lang", namespace: "http://www.w3.org/XML/1998/namespace" }];
  repeated Line lines = 5 [(protobridge.xml) = { name: "Lines", item: "Line" }];
  repeated string notes = 6 [(protobridge.xml).wrapped = true];
  Money total = 7 [(protobridge.xml) = { name: "Total", namespace: "urn:money" }];
  map<string, Keyed> by_key = 8;
  google.protobuf.Any extra = 9;
  string plain = 10 [(protobridge.xml) = { name: "Plain", namespace: "" }];
}
message Line {
  int32 quantity = 1 [(protobridge.xml).attribute = true];
  string sku = 2;
}
message Money {
  option (protobridge.xml_message) = { namespace: "urn:money" };
  string currency = 1 [(protobridge.xml).attribute = true];
  int64 units = 2;
}
message Keyed {
  string key = 1 [(protobridge.xml).attribute = true];
  string type = 2 [(protobridge.xml).attribute = true];
}
`
const codec = codecOf(PROTO)
const Order = codec.type('shop.Order')

describe('a message under the options of protobridge/xml.proto', () => {
  const NS = 'xmlns="urn:shop"'
  test.each([
    { name: 'a name and a namespace for the root', json: '{}', xml: `<PurchaseOrder ${NS}/>` },
    {
      name: 'attributes',
      json: '{"id":"<1>","placed":"1970-01-01T00:00:00Z"}',
      xml: `<PurchaseOrder ${NS} orderId="&lt;1&gt;" placed="1970-01-01T00:00:00Z"/>`,
    },
    {
      name: 'an attribute that is set to its default',
      json: '{"version":0}',
      xml: `<PurchaseOrder ${NS} xmlns:n3="urn:meta" n3:version="0"/>`,
    },
    {
      name: 'white space in an attribute',
      json: '{"id":" \\n\\t\\r\\""}',
      xml: `<PurchaseOrder ${NS} orderId=" &#10;&#9;&#13;&quot;"/>`,
    },
    { name: 'xml:lang', json: '{"language":"en"}', xml: `<PurchaseOrder ${NS} xml:lang="en"/>` },
    {
      name: 'a wrapped list',
      json: '{"lines":[{"quantity":2,"sku":"a"},{}]}',
      xml: `<PurchaseOrder ${NS}><Lines><Line quantity="2"><sku>a</sku></Line><Line/></Lines></PurchaseOrder>`,
    },
    {
      name: 'a wrapped list, its items named by default',
      json: '{"notes":["a",""]}',
      xml: `<PurchaseOrder ${NS}><notes><item>a</item><item/></notes></PurchaseOrder>`,
    },
    {
      name: 'another namespace, for an element and what is in it',
      json: '{"total":{"currency":"EUR","units":"5"}}',
      xml: `<PurchaseOrder ${NS}><Total xmlns="urn:money" currency="EUR"><units>5</units></Total></PurchaseOrder>`,
    },
    {
      name: 'no namespace',
      json: '{"plain":"p"}',
      xml: `<PurchaseOrder ${NS}><Plain xmlns="">p</Plain></PurchaseOrder>`,
    },
    {
      name: 'an attribute named as the entry’s own: an element there',
      json: '{"byKey":{"a":{"key":"k","type":"t"}}}',
      xml: `<PurchaseOrder ${NS}><byKey><entry key="a" type="t"><key>k</key></entry></byKey></PurchaseOrder>`,
    },
    {
      name: 'an attribute named as that of an Any: an element there',
      json: '{"extra":{"@type":"a/shop.Keyed","key":"k","type":"t"}}',
      xml: `<PurchaseOrder ${NS}><extra type="a/shop.Keyed" key="k"><type>t</type></extra></PurchaseOrder>`,
    },
  ])('$name', ({ json, xml }) => {
    expect(codec.jsonToXml(Order, json)).toBe(xml)
    expect(codec.xmlToJson(Order, xml)).toBe(json)
  })

  test('prefixes are the client’s choice', () => {
    const xml =
      '<s:PurchaseOrder xmlns:s="urn:shop" xmlns:m="urn:money" xmlns:x="urn:meta" x:version="1"><m:Total currency="EUR"><m:units>5</m:units></m:Total></s:PurchaseOrder>'
    expect(codec.xmlToJson(Order, xml)).toBe('{"version":1,"total":{"currency":"EUR","units":"5"}}')
  })

  test('an empty wrapper is an empty list, nil a list that is null', () => {
    const root = (inner: string): string =>
      `<PurchaseOrder ${NS} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${inner}</PurchaseOrder>`
    expect(codec.fromXml(Order, root('<Lines/>'))).toHaveLength(0)
    expect(codec.fromXml(Order, root('<Lines xsi:nil="true"/>'))).toHaveLength(0)
  })

  test.each([
    {
      name: 'the name that was replaced',
      xml: `<PurchaseOrder ${NS}><lines/></PurchaseOrder>`,
      error: 'lines: no such element; did you mean Lines?, at line 1 column 33',
    },
    {
      name: 'an attribute as an element',
      xml: `<PurchaseOrder ${NS}><orderId>1</orderId></PurchaseOrder>`,
      error: 'orderId: no such element, at line 1 column 33',
    },
    {
      name: 'an attribute of a namespace without it',
      xml: `<PurchaseOrder ${NS} version="1"/>`,
      error: 'version: no such attribute in no namespace, at line 1 column 1',
    },
    {
      name: 'no namespace',
      xml: '<PurchaseOrder/>',
      error: 'the root element is <PurchaseOrder>, not <PurchaseOrder xmlns="urn:shop">',
    },
    {
      name: 'the message’s own name',
      xml: `<Order ${NS}/>`,
      error: 'the root element is <Order xmlns="urn:shop">, not <PurchaseOrder xmlns="urn:shop">',
    },
    {
      name: 'an element of the wrong namespace',
      xml: `<PurchaseOrder ${NS}><Total/></PurchaseOrder>`,
      error: 'Total: no such element in the namespace "urn:shop", at line 1 column 33',
    },
    {
      name: 'an item outside the wrapper',
      xml: `<PurchaseOrder ${NS}><Line/></PurchaseOrder>`,
      error: 'Line: no such element; did you mean Lines?, at line 1 column 33',
    },
    {
      name: 'another element in the wrapper',
      xml: `<PurchaseOrder ${NS}><Lines><Lin/></Lines></PurchaseOrder>`,
      error: 'lines.Lin: no such element; did you mean Line?, at line 1 column 40',
    },
    {
      name: 'an attribute that is not of its type',
      xml: `<PurchaseOrder ${NS}><Lines><Line quantity="x"/></Lines></PurchaseOrder>`,
      error: 'lines[0].quantity: "x" is not an int32',
    },
    {
      name: 'an element that is nil and has an attribute',
      xml: `<PurchaseOrder ${NS} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Total xmlns="urn:money" currency="EUR" xsi:nil="true"/></PurchaseOrder>`,
      error: 'total: an element that is nil has something in it',
    },
  ])('refused: $name', ({ xml, error }) => {
    expect(thrownBy(() => codec.fromXml(Order, xml)).message).toBe(error)
  })
})

test('a type without a namespace takes that of the element it stands in', () => {
  const other = codecOf(`
    syntax = "proto3";
    import "protobridge/xml.proto";
    message Outer {
      option (protobridge.xml_message) = { namespace: "urn:outer" };
      Inner inner = 1;
    }
    message Inner { Inner inner = 1; string text = 2; }
  `)
  const xml = '<Outer xmlns="urn:outer"><inner><inner><text>t</text></inner></inner></Outer>'
  expect(other.jsonToXml(other.type('Outer'), '{"inner":{"inner":{"text":"t"}}}')).toBe(xml)
  expect(other.xmlToJson(other.type('Outer'), xml)).toBe('{"inner":{"inner":{"text":"t"}}}')
  expect(other.jsonToXml(other.type('Inner'), '{"text":"t"}')).toBe('<Inner><text>t</text></Inner>')
})

test('names that are no NCNames, and JSON names that are other fields’ proto names', () => {
  const other = codecOf(`
    syntax = "proto3";
    message Odd {
      string a = 1 [json_name = "two words"];
      string b = 2 [json_name = "1st"];
      string c = 3 [json_name = "ns:d"];
      string d_d = 4 [json_name = "e"];
      string e = 5 [json_name = "d_d"];
    }
  `)
  const json = '{"two words":"1","1st":"2","ns:d":"3","e":"4","d_d":"5"}'
  const xml =
    '<Odd><two_x0020_words>1</two_x0020_words><_x0031_st>2</_x0031_st><ns_x003A_d>3</ns_x003A_d><e>4</e><d_d>5</d_d></Odd>'
  expect(other.jsonToXml(other.type('Odd'), json)).toBe(xml)
  expect(other.xmlToJson(other.type('Odd'), xml)).toBe(json)
})

describe('options that cannot be followed', () => {
  test.each([
    {
      name: 'an attribute that is a message',
      fields: 'M a = 1 [(protobridge.xml).attribute = true];',
      fault: 'a cannot be an attribute: its value is not one text',
    },
    {
      name: 'an attribute that is repeated',
      fields: 'repeated string a = 1 [(protobridge.xml).attribute = true];',
      fault: 'a cannot be an attribute: its value is not one text',
    },
    {
      name: 'a wrapped field that is not repeated',
      fields: 'string a = 1 [(protobridge.xml).wrapped = true];',
      fault: 'a cannot be wrapped: it is not repeated',
    },
    {
      name: 'a name with a prefix',
      fields: 'string a = 1 [(protobridge.xml).name = "p:a"];',
      fault: '"p:a" is no XML name without prefix, so it would be written with escapes',
    },
    {
      name: 'two elements of one name',
      fields: 'string a = 1; string b = 2 [(protobridge.xml).name = "a"];',
      fault: 'b and a are both the element a',
    },
    {
      name: 'two attributes of one name',
      fields:
        'string a = 1 [(protobridge.xml).attribute = true]; string b = 2 [(protobridge.xml) = { name: "a", attribute: true }];',
      fault: 'b and a are both the attribute a',
    },
    {
      name: 'the namespace of xsi',
      fields: 'string a = 1 [(protobridge.xml).namespace = "http://www.w3.org/2001/XMLSchema-instance"];',
      fault: '"http://www.w3.org/2001/XMLSchema-instance" cannot be a namespace of elements and attributes',
    },
    {
      name: 'the namespace of xml, for an element',
      fields: 'string a = 1 [(protobridge.xml).namespace = "http://www.w3.org/XML/1998/namespace"];',
      fault: '"http://www.w3.org/XML/1998/namespace" cannot be a namespace of elements and attributes',
    },
    {
      name: 'a name of the root that is none',
      fields: 'option (protobridge.xml_message) = { name: "a b" };',
      fault: '"a b" is no XML name without prefix, so it would be written with escapes',
    },
  ])('$name', ({ fields, fault }) => {
    const other = codecOf(`syntax = "proto3"; import "protobridge/xml.proto"; message M { ${fields} }`)
    expect(checkXmlOptions(other.type('M'), other.table).map(({ what }) => what)).toEqual([fault])
  })

  test('are found in a whole registry, with their places', () => {
    const other = codecOf(`syntax = "proto3"; import "protobridge/xml.proto";
      message Sound { string a = 1; }
      message Unsound { string b = 1 [(protobridge.xml).wrapped = true]; }`)
    const faults = findXmlOptionFaults(other.registry as FileRegistry)
    expect(faults.map(({ message, field, what }) => [message.typeName, field?.name, what])).toEqual([
      ['Unsound', 'b', 'b cannot be wrapped: it is not repeated'],
    ])
  })

  test('none of those above', () => {
    for (const name of ['Order', 'Line', 'Money', 'Keyed'])
      expect(checkXmlOptions(codec.type(`shop.${name}`), codec.table)).toEqual([])
  })
})
