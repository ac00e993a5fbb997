import { describe, expect, test } from '@jest/globals'
import { Proto2, Proto3, Request, thrownBy } from '../support.js'
import { fixtureCodec as codec } from './support.js'

/*
 * Every type of the table in ProtoJSON, as XML: both ways where the JSON is canonical. The root element is left out.
 */

const EXT = 'protobridge.test.proto2.'

describe('one value, as JSON and as XML', () => {
  test.each([
    { json: '{"optionalInt32":-5}', xml: '<optionalInt32>-5</optionalInt32>' },
    { json: '{"optionalInt64":"9007199254740993"}', xml: '<optionalInt64>9007199254740993</optionalInt64>' },
    { json: '{"optionalUint64":"18446744073709551615"}', xml: '<optionalUint64>18446744073709551615</optionalUint64>' },
    { json: '{"optionalFloat":0.1}', xml: '<optionalFloat>0.1</optionalFloat>' },
    { json: '{"optionalDouble":1e+300}', xml: '<optionalDouble>1e+300</optionalDouble>' },
    { json: '{"optionalDouble":-0}', xml: '<optionalDouble>-0</optionalDouble>' },
    { json: '{"optionalDouble":"NaN"}', xml: '<optionalDouble>NaN</optionalDouble>' },
    { json: '{"optionalFloat":"-Infinity"}', xml: '<optionalFloat>-Infinity</optionalFloat>' },
    { json: '{"optionalBool":true}', xml: '<optionalBool>true</optionalBool>' },
    {
      json: '{"optionalString":" a <&> ]]> \\" \\n\\t\\r "}',
      xml: '<optionalString> a &lt;&amp;&gt; ]]&gt; " \n\t&#13; </optionalString>',
    },
    { json: '{"optionalBytes":"AAH/"}', xml: '<optionalBytes>AAH/</optionalBytes>' },
    { json: '{"optionalNestedEnum":"BAZ"}', xml: '<optionalNestedEnum>BAZ</optionalNestedEnum>' },
    { json: '{"optionalNestedEnum":123}', xml: '<optionalNestedEnum>123</optionalNestedEnum>' },
    { json: '{"optionalNestedMessage":{"a":1}}', xml: '<optionalNestedMessage><a>1</a></optionalNestedMessage>' },
    { json: '{"optionalNestedMessage":{}}', xml: '<optionalNestedMessage/>' },
    {
      json: '{"repeatedInt32":[1,2,3]}',
      xml: '<repeatedInt32>1</repeatedInt32><repeatedInt32>2</repeatedInt32><repeatedInt32>3</repeatedInt32>',
    },
    { json: '{"repeatedString":["","a"]}', xml: '<repeatedString/><repeatedString>a</repeatedString>' },
    {
      json: '{"repeatedNestedMessage":[{},{"a":1}]}',
      xml: '<repeatedNestedMessage/><repeatedNestedMessage><a>1</a></repeatedNestedMessage>',
    },
    {
      json: '{"mapStringString":{"a":"1","":"","\\t\\"<":"x"}}',
      xml: '<mapStringString><entry key="a">1</entry><entry key=""/><entry key="&#9;&quot;&lt;">x</entry></mapStringString>',
    },
    { json: '{"mapInt32Int32":{"-1":1}}', xml: '<mapInt32Int32><entry key="-1">1</entry></mapInt32Int32>' },
    { json: '{"mapBoolBool":{"true":false}}', xml: '<mapBoolBool><entry key="true">false</entry></mapBoolBool>' },
    {
      json: '{"mapStringNestedMessage":{"k":{"a":1}}}',
      xml: '<mapStringNestedMessage><entry key="k"><a>1</a></entry></mapStringNestedMessage>',
    },
    {
      json: '{"optionalTimestamp":"1969-12-31T23:59:59.999999999Z"}',
      xml: '<optionalTimestamp>1969-12-31T23:59:59.999999999Z</optionalTimestamp>',
    },
    { json: '{"optionalDuration":"-0.500s"}', xml: '<optionalDuration>-0.500s</optionalDuration>' },
    { json: '{"optionalFieldMask":"foo,barBaz"}', xml: '<optionalFieldMask>foo,barBaz</optionalFieldMask>' },
    { json: '{"optionalFieldMask":""}', xml: '<optionalFieldMask/>' },
    { json: '{"optionalInt64Wrapper":"0"}', xml: '<optionalInt64Wrapper>0</optionalInt64Wrapper>' },
    { json: '{"optionalStringWrapper":""}', xml: '<optionalStringWrapper/>' },
    { json: '{"optionalStringWrapper":" a "}', xml: '<optionalStringWrapper> a </optionalStringWrapper>' },
    { json: '{"optionalBoolWrapper":false}', xml: '<optionalBoolWrapper>false</optionalBoolWrapper>' },
    {
      json: '{"optionalStruct":{"k":1.5,"s":"1.5","n":null,"t":true,"e":{},"l":["a",[]]}}',
      xml: '<optionalStruct><field name="k"><numberValue>1.5</numberValue></field><field name="s"><stringValue>1.5</stringValue></field><field name="n"><nullValue/></field><field name="t"><boolValue>true</boolValue></field><field name="e"><structValue/></field><field name="l"><listValue><value><stringValue>a</stringValue></value><value><listValue/></value></listValue></field></optionalStruct>',
    },
    { json: '{"optionalValue":null}', xml: '<optionalValue><nullValue/></optionalValue>' },
    { json: '{"optionalValue":" a "}', xml: '<optionalValue><stringValue> a </stringValue></optionalValue>' },
    {
      json: '{"repeatedValue":[1,null]}',
      xml: '<repeatedValue><numberValue>1</numberValue></repeatedValue><repeatedValue><nullValue/></repeatedValue>',
    },
    { json: '{"optionalAny":{}}', xml: '<optionalAny/>' },
    {
      json: '{"optionalAny":{"@type":"type.googleapis.com/protobridge.test.library.Author","displayName":"a"}}',
      xml: '<optionalAny type="type.googleapis.com/protobridge.test.library.Author"><displayName>a</displayName></optionalAny>',
    },
    {
      json: '{"optionalAny":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}',
      xml: '<optionalAny type="type.googleapis.com/google.protobuf.Duration"><value>1s</value></optionalAny>',
    },
    {
      json: '{"optionalAny":{"@type":"a/google.protobuf.Any","value":{"@type":"a/google.protobuf.Int32Value","value":1}}}',
      xml: '<optionalAny type="a/google.protobuf.Any"><value type="a/google.protobuf.Int32Value"><value>1</value></value></optionalAny>',
    },
    {
      json: '{"optionalAny":{"@type":"a/google.protobuf.Empty"}}',
      xml: '<optionalAny type="a/google.protobuf.Empty"/>',
    },
    { json: '{"oneofNullValue":null}', xml: '<oneofNullValue>NULL_VALUE</oneofNullValue>' },
    { json: '{"fieldname1":1,"FIELDNAME11":2}', xml: '<fieldname1>1</fieldname1><FIELDNAME11>2</FIELDNAME11>' },
  ])('$json', ({ json, xml }) => {
    const document = `<AllTypes>${xml}</AllTypes>`
    expect(codec.jsonToXml(Proto3, json)).toBe(document)
    expect(codec.xmlToJson(Proto3, document)).toBe(json)
  })

  test('an extension, by its full name with its brackets escaped', () => {
    const extension = [...codec.registry].find(
      (desc) => desc.kind === 'extension' && desc.extendee.typeName === Proto2.typeName && desc.fieldKind === 'scalar',
    )!
    expect(extension.typeName.startsWith(EXT)).toBe(true)
    const json = `{"[${extension.typeName}]":1}`
    const document = `<AllTypes><_x005B_${extension.typeName}_x005D_>1</_x005B_${extension.typeName}_x005D_></AllTypes>`
    expect(codec.jsonToXml(Proto2, json)).toBe(document)
    expect(codec.xmlToJson(Proto2, document)).toBe(json)
  })
})

describe('also read', () => {
  test.each([
    { name: 'either spelling of a field', xml: '<page_size>5</page_size>', json: '{"pageSize":5}' },
    {
      name: 'an element name with escapes it does not need',
      xml: '<_x0070_ageSize>5</_x0070_ageSize>',
      json: '{"pageSize":5}',
    },
    { name: 'elements in any order', xml: '<pageSize>5</pageSize><name>n</name>', json: '{"name":"n","pageSize":5}' },
    {
      name: 'a list whose elements are not adjacent',
      xml: '<tags>a</tags><name>n</name><tags>b</tags>',
      json: '{"name":"n","tags":["a","b"]}',
    },
    {
      name: 'a list in both spellings of its field',
      xml: '<readMask>a</readMask><numbers>1</numbers><numbers>2</numbers>',
      json: '{"numbers":[1,2],"readMask":"a"}',
    },
    { name: 'white space round a number', xml: '<pageSize>\n 5\t</pageSize>', json: '{"pageSize":5}' },
    { name: 'white space round a bool', xml: '<flag> true\n</flag>', json: '{"flag":true}' },
    { name: 'white space round an enum', xml: '<genre> GENRE_NOVEL </genre>', json: '{"genre":"GENRE_NOVEL"}' },
    { name: 'an enum by its number', xml: '<genre> 2 </genre>', json: '{"genre":"GENRE_POETRY"}' },
    {
      name: 'white space round a Timestamp, Duration, FieldMask and wrapper',
      xml: '<since> 1970-01-01T00:00:00Z </since><within> 1s </within><readMask> a </readMask><wrapped> 1 </wrapped>',
      json: '{"since":"1970-01-01T00:00:00Z","within":"1s","readMask":"a","wrapped":1}',
    },
    { name: 'white space in base64', xml: '<blob> AA\n H/ </blob>', json: '{"blob":"AAH/"}' },
    { name: 'base64 as URLs have it, without padding', xml: '<blob>-_</blob>', json: '{"blob":"+w=="}' },
    {
      name: 'numbers as JSON has them',
      xml: '<pageSize>1e2</pageSize><big>100.0</big>',
      json: '{"pageSize":100,"big":"100"}',
    },
    { name: 'CDATA', xml: '<name>a<![CDATA[<b> & ]] >]]>c</name>', json: '{"name":"a<b> & ]] >c"}' },
    {
      name: 'comments and processing instructions, everywhere',
      xml: '<!-- c --><name>a<!-- c -->b<?pi x?>c</name><?pi?>',
      json: '{"name":"abc"}',
    },
    {
      name: 'references',
      xml: '<name>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#xd;</name>',
      json: '{"name":"<>&\\"\'A😀\\r"}',
    },
    { name: 'line ends, normalized', xml: '<name>a\r\nb\rc\n</name>', json: '{"name":"a\\nb\\nc\\n"}' },
    {
      name: 'white space between elements, by reference and in CDATA too',
      xml: ' \n<name>n</name>&#32;&#x9;<![CDATA[ \n]]>',
      json: '{"name":"n"}',
    },
    { name: 'a nil field as null: unset', xml: '<name xsi:nil="true"/><book xsi:nil=" 1 "> </book>', json: '{}' },
    { name: 'a nil Value as null: set', xml: '<value xsi:nil="true"/>', json: '{"value":null}' },
    { name: 'nil that is false', xml: '<name xsi:nil="false">n</name>', json: '{"name":"n"}' },
    { name: 'a list that is nil', xml: '<tags xsi:nil="true"/>', json: '{}' },
    { name: 'a map that is nil', xml: '<labels xsi:nil="true"/>', json: '{}' },
    {
      name: 'one member of a oneof beside another that is nil',
      xml: '<byName xsi:nil="true"/><byNumber>1</byNumber>',
      json: '{"byNumber":1}',
    },
    {
      name: 'null in a list of Values',
      xml: '<list><value xsi:nil="true"/><value><boolValue> true </boolValue></value></list>',
      json: '{"list":[null,true]}',
    },
    { name: 'NULL_VALUE and nil of the enum NullValue', xml: '<null> NULL_VALUE </null>', json: '{}' },
    {
      name: 'a hint where the schema is',
      xml: '<name xsi:noNamespaceSchemaLocation="a.xsd">n</name>',
      json: '{"name":"n"}',
    },
    {
      name: 'white space round the number that is a key',
      xml: '<labels><entry key=" a ">1</entry></labels>',
      json: '{"labels":{" a ":"1"}}',
    },
    {
      name: 'null values of a Struct',
      xml: '<extra><field name="a" xsi:nil="true"/><field name="b"><nullValue>NULL_VALUE</nullValue></field></extra>',
      json: '{"extra":{"a":null,"b":null}}',
    },
  ])('$name', ({ xml, json }) => {
    const document = `<Request xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${xml}</Request>`
    expect(codec.xmlToJson(Request, document)).toBe(json)
  })

  test('a prefix for no namespace of ours is none', () => {
    expect(codec.xmlToJson(Request, '<Request xmlns:x="urn:x"><name>n</name></Request>')).toBe('{"name":"n"}')
  })
})

describe('refused', () => {
  test.each([
    {
      name: 'an unknown element',
      xml: '<pagesize>1</pagesize>',
      error: 'pagesize: no such element; did you mean pageSize?, at line 1 column 80',
    },
    {
      name: 'an unknown attribute',
      xml: '<name lang="en">n</name>',
      error: 'name.lang: no such attribute, at line 1 column 80',
    },
    {
      name: 'an attribute of a namespace',
      xml: '<name xml:lang="en">n</name>',
      error: 'name.lang: no such attribute, at line 1 column 80',
    },
    {
      name: 'xsi:type',
      xml: '<name xsi:type="a">n</name>',
      error: 'name.type: no such attribute, at line 1 column 80',
    },
    {
      name: 'an element of a namespace',
      xml: '<name xmlns="urn:x">n</name>',
      error: 'name: no such element in the namespace "urn:x", at line 1 column 80',
    },
    {
      name: 'a singular field twice',
      xml: '<name>a</name><name>a</name>',
      error: 'name: the element stands twice, at line 1 column 94',
    },
    {
      name: 'a singular field in both spellings',
      xml: '<pageSize>1</pageSize><page_size>1</page_size>',
      error: 'pageSize: the element stands twice, at line 1 column 102',
    },
    { name: 'a map twice', xml: '<labels/><labels/>', error: 'labels: the element stands twice, at line 1 column 89' },
    {
      name: 'a key twice',
      xml: '<labels><entry key="a"/><entry key="a"/></labels>',
      error: 'labels.a: the key stands twice, at line 1 column 104',
    },
    {
      name: 'an entry without key',
      xml: '<labels><entry>a</entry></labels>',
      error: 'labels: an entry without the attribute "key"',
    },
    {
      name: 'an entry with another attribute',
      xml: '<labels><entry key="a" x="">a</entry></labels>',
      error: 'labels.a.x: no such attribute, at line 1 column 88',
    },
    {
      name: 'a map that is not of entries',
      xml: '<labels><a>1</a></labels>',
      error: 'labels.a: no such element, at line 1 column 88',
    },
    {
      name: 'text beside elements',
      xml: '<name>n</name>x',
      error: 'the body: text beside elements, at line 1 column 94',
    },
    {
      name: 'text beside elements, by reference',
      xml: '<book>&#65;<title>t</title></book>',
      error: 'book: text beside elements, at line 1 column 91',
    },
    {
      name: 'text beside elements, in CDATA',
      xml: '<book><title>t</title><![CDATA[x]]></book>',
      error: 'book: text beside elements, at line 1 column 115',
    },
    {
      name: 'an element where the value is text',
      xml: '<name>a<b/></name>',
      error: 'name: an element where the value is text, at line 1 column 87',
    },
    { name: 'a number that is none', xml: '<pageSize>a</pageSize>', error: 'pageSize: "a" is not an int32' },
    { name: 'a number with a fraction', xml: '<pageSize>1.5</pageSize>', error: 'pageSize: "1.5" is not an int32' },
    { name: 'an empty number', xml: '<pageSize/>', error: 'pageSize: "" is not an int32' },
    {
      name: 'a number out of range',
      xml: '<pageSize>3000000000</pageSize>',
      error: 'pageSize: "3000000000" is out of the range of int32',
    },
    { name: 'a bool that is none', xml: '<flag>1</flag>', error: 'flag: "1" is not a bool' },
    {
      name: 'an enum that is none',
      xml: '<genre>GENRE_NOVEL GENRE_POETRY</genre>',
      error: 'genre: "GENRE_NOVEL GENRE_POETRY" is not a value of the enum Genre',
    },
    { name: 'base64 that is none', xml: '<blob>é</blob>', error: 'blob: "é" is not base64' },
    { name: 'a Timestamp that is none', xml: '<since>today</since>', error: 'since: "today" is not an RFC 3339 time' },
    {
      name: 'a FieldMask in snake_case',
      xml: '<readMask>a_b</readMask>',
      error: 'readMask: "a_b" is not a path in lowerCamelCase, as a FieldMask has in JSON',
    },
    {
      name: 'an item that is nil',
      xml: '<tags>a</tags><tags xsi:nil="true"/>',
      error: 'tags[1]: null is not an item of a list',
    },
    {
      name: 'an item beside nil',
      xml: '<tags xsi:nil="true"/><tags>a</tags>',
      error: 'tags: a list that is nil has items',
    },
    {
      name: 'an entry that is nil',
      xml: '<labels><entry key="a" xsi:nil="true"/></labels>',
      error: 'labels.a: null is not the value of a map entry',
    },
    {
      name: 'something in an element that is nil',
      xml: '<name xsi:nil="true">n</name>',
      error: 'name: an element that is nil has something in it',
    },
    { name: 'nil that is neither', xml: '<name xsi:nil="yes"/>', error: 'name: xsi:nil is true or false, not "yes"' },
    {
      name: 'two members of a oneof',
      xml: '<byName>a</byName><byNumber>1</byNumber>',
      error: 'byNumber: byName is set too, and both are of the oneof choice',
    },
    {
      name: 'a Value without kind',
      xml: '<value/>',
      error:
        'value: a Value without its kind: one of nullValue, numberValue, stringValue, boolValue, structValue, listValue',
    },
    {
      name: 'a Value that is text',
      xml: '<value>1</value>',
      error: 'value: text beside elements, at line 1 column 87',
    },
    {
      name: 'a Value of two kinds',
      xml: '<value><nullValue/><nullValue/></value>',
      error: 'value: a Value is of one kind, and this has two, at line 1 column 99',
    },
    {
      name: 'a Value of no kind there is',
      xml: '<value><intValue>1</intValue></value>',
      error: 'value.intValue: no such element; did you mean listValue?, at line 1 column 87',
    },
    {
      name: 'a number of a Value that is none',
      xml: '<value><numberValue>NaN</numberValue></value>',
      error: 'value: NaN is not a double',
    },
    {
      name: 'a bool of a Value that is none',
      xml: '<value><boolValue>0</boolValue></value>',
      error: 'value: "0" is not a bool',
    },
    {
      name: 'a null that is something',
      xml: '<value><nullValue>x</nullValue></value>',
      error: 'value: "x" is not null: nullValue is empty',
    },
    {
      name: 'a string of a Value that is nil',
      xml: '<value><stringValue xsi:nil="true"/></value>',
      error: 'value: stringValue is nil: null is nullValue',
    },
    {
      name: 'a Struct that is nil within a Value',
      xml: '<value><structValue xsi:nil="true"/></value>',
      error: 'value: structValue is nil: null is nullValue',
    },
    {
      name: 'a field of a Struct without name',
      xml: '<extra><field><nullValue/></field></extra>',
      error: 'extra: a field of a Struct without the attribute "name"',
    },
    {
      name: 'a field of a Struct twice',
      xml: '<extra><field name="a"><nullValue/></field><field name="a"/></extra>',
      error: 'extra.a: the field stands twice, at line 1 column 123',
    },
    {
      name: 'a ListValue that is not of values',
      xml: '<list><item/></list>',
      error: 'list.item: no such element, at line 1 column 86',
    },
    {
      name: 'an Any without type',
      xml: '<any><value>1</value></any>',
      error: 'any: an Any without the attribute "type"',
    },
    {
      name: 'an Any of an unknown type',
      xml: '<any type="a/no.Such"/>',
      error: 'any["@type"]: the type "a/no.Such" is not known',
    },
    {
      name: 'an Any whose type is no URL',
      xml: '<any type="Such"/>',
      error: 'any["@type"]: "Such" is not a type URL such as "type.googleapis.com/package.Message"',
    },
    {
      name: 'an Any of a special form without value',
      xml: '<any type="a/google.protobuf.Duration"/>',
      error: 'any: an Any of this type needs a "value"',
    },
    {
      name: 'an Any of a special form with more',
      xml: '<any type="a/google.protobuf.Duration"><value>1s</value><seconds>1</seconds></any>',
      error: 'any.seconds: no such element, at line 1 column 136',
    },
    {
      name: 'a field that an Any does not have',
      xml: '<any type="a/protobridge.test.library.Author"><x/></any>',
      error: 'any.x: no such element, at line 1 column 126',
    },
  ])('$name', ({ xml, error }) => {
    const document = `<Request xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${' '.repeat(16)}${xml}</Request>`
    expect(thrownBy(() => codec.fromXml(Request, document))).toMatchObject({ message: error, httpStatus: 400 })
  })

  test.each([
    { name: 'another name', xml: '<Book/>', error: 'the root element is <Book>, not <Request>' },
    { name: 'another case', xml: '<request/>', error: 'the root element is <request>, not <Request>' },
    {
      name: 'a namespace',
      xml: '<Request xmlns="urn:x"/>',
      error: 'the root element is <Request xmlns="urn:x">, not <Request>',
    },
    {
      name: 'a prefix',
      xml: '<x:Request xmlns:x="urn:x"/>',
      error: 'the root element is <Request xmlns="urn:x">, not <Request>',
    },
  ])('a root that is not the message: $name', ({ xml, error }) => {
    expect(thrownBy(() => codec.fromXml(Request, xml))).toMatchObject({
      message: error,
      reason: 'WRONG_ROOT_ELEMENT',
      httpStatus: 400,
    })
  })

  test('a root that is nil', () => {
    const xml = '<Request xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    expect(thrownBy(() => codec.fromXml(Request, xml)).message).toBe('the body: null is not an object')
  })
})

describe('unknown elements and attributes, ignored by the same option as in JSON', () => {
  test.each([
    { name: 'an element with all in it', xml: '<x a="1"><y>t<z/></y></x><name>n</name>', json: '{"name":"n"}' },
    { name: 'an attribute', xml: '<name lang="en">n</name>', json: '{"name":"n"}' },
    {
      name: 'an element of another namespace',
      xml: '<name xmlns="urn:x">x</name><name>n</name>',
      json: '{"name":"n"}',
    },
    { name: 'an enum name: unset', xml: '<genre>NO_SUCH</genre>', json: '{}' },
    {
      name: 'an enum name in a list: dropped',
      xml: '<genres>NO_SUCH</genres><genres>GENRE_NOVEL</genres>',
      json: '{"genres":["GENRE_NOVEL"]}',
    },
    { name: 'an element in a map', xml: '<labels><x/><entry key="a">1</entry></labels>', json: '{"labels":{"a":"1"}}' },
    { name: 'an element in a Struct', xml: '<extra><x/></extra>', json: '{"extra":{}}' },
    { name: 'an element in a Value', xml: '<value><x/><boolValue>true</boolValue></value>', json: '{"value":true}' },
    {
      name: 'an element in an Any',
      xml: '<any type="a/google.protobuf.Duration"><x/><value>1s</value></any>',
      json: '{"any":{"@type":"a/google.protobuf.Duration","value":"1s"}}',
    },
  ])('$name', ({ xml, json }) => {
    expect(codec.xmlToJson(Request, `<Request>${xml}</Request>`, { ignoreUnknown: true })).toBe(json)
  })

  test.each([
    { name: 'what is in it is well-formed all the same', xml: '<x><y></x>', reason: 'MALFORMED_XML' },
    {
      name: 'what is in it is not too deep',
      xml: `${'<x>'.repeat(101)}${'</x>'.repeat(101)}`,
      reason: 'DEPTH_EXCEEDED',
    },
    { name: 'another root', xml: '</Request><Request>', reason: 'MALFORMED_XML' },
  ])('but $name', ({ xml, reason }) => {
    expect(thrownBy(() => codec.fromXml(Request, `<Request>${xml}</Request>`, { ignoreUnknown: true })).reason).toBe(
      reason,
    )
  })
})

describe('depth', () => {
  const nested = (levels: number): string =>
    `<AllTypes>${'<recursiveMessage>'.repeat(levels - 1)}${'</recursiveMessage>'.repeat(levels - 1)}</AllTypes>`
  test('100 levels of messages are read, and written', () => {
    const bytes = codec.fromXml(Proto3, nested(100))
    expect(codec.fromXml(Proto3, codec.toXml(Proto3, bytes))).toEqual(bytes)
  })
  test('with a leaf in the last', () => {
    const xml = nested(100).replace(
      '<recursiveMessage></recursiveMessage>',
      '<recursiveMessage><optionalInt32>1</optionalInt32></recursiveMessage>',
    )
    expect(codec.xmlToJson(Proto3, xml)).toContain('{"optionalInt32":1}')
  })
  test('101 are refused', () => {
    expect(thrownBy(() => codec.fromXml(Proto3, nested(101)))).toMatchObject({
      reason: 'DEPTH_EXCEEDED',
      httpStatus: 400,
    })
  })
  test('as many levels of Structs and ListValues as in JSON', () => {
    const json = `{"extra":{"a":${'['.repeat(97)}${']'.repeat(97)}}}`
    const xml = codec.jsonToXml(Request, json)
    expect(codec.xmlToJson(Request, xml)).toBe(json)
    expect(
      thrownBy(() =>
        codec.fromXml(
          Request,
          xml.replace(
            '<listValue/>',
            '<listValue><value><listValue><value><listValue/></value></listValue></value></listValue>',
          ),
        ),
      ).reason,
    ).toBe('DEPTH_EXCEEDED')
  })
})

describe('what has no XML form is a fault of the service', () => {
  test.each([
    {
      name: 'a control character in a string',
      json: '{"name":"a\\u0001"}',
      error: 'name: the character U+0001, which XML 1.0 cannot hold',
    },
    {
      name: 'U+0000',
      json: '{"tags":["","\\u0000"]}',
      error: 'tags[1]: the character U+0000, which XML 1.0 cannot hold',
    },
    { name: 'U+FFFF', json: '{"name":"\\uffff"}', error: 'name: the character U+FFFF, which XML 1.0 cannot hold' },
    {
      name: 'in the key of a map',
      json: '{"labels":{"\\u001f":""}}',
      error: 'labels["\\u001f"]: the character U+001F, which XML 1.0 cannot hold',
    },
    {
      name: 'in a Struct',
      json: '{"extra":{"a":{"\\b":1}}}',
      error: 'extra.a["\\b"]: the character U+0008, which XML 1.0 cannot hold',
    },
    {
      name: 'in a Value',
      json: '{"value":"\\u000b"}',
      error: 'value: the character U+000B, which XML 1.0 cannot hold',
    },
  ])('$name', ({ json, error }) => {
    expect(thrownBy(() => codec.jsonToXml(Request, json))).toMatchObject({
      message: `the response has no XML form: ${error}`,
      reason: 'UNREPRESENTABLE_VALUE',
      httpStatus: 500,
    })
  })
})

test('with defaults: every field without presence, lists without items aside', () => {
  expect(codec.jsonToXml(codec.type('protobridge.test.library.Response'), '{}', { emitDefaults: true })).toBe(
    '<Response><labels/><count>0</count><genre>GENRE_UNSPECIFIED</genre></Response>',
  )
})
