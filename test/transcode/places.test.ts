import { describe, expect, test } from '@jest/globals'
import { bind, fromJsonText, messageType, Proto3, thrownBy, transcoderWith } from './support.js'

/* What is wrong in a JSON body is told with the field's path and the place, found by a second look at the text. */

describe('a wrong value', () => {
  test.each([
    {
      what: 'a number',
      text: '{\n  "optionalInt32":\n    12.5}',
      error: 'optionalInt32: 12.5 is not an int32, at line 3 column 5',
    },
    {
      what: 'in a message',
      text: '{"optionalNestedMessage": {"a": "x"}}',
      error: 'optionalNestedMessage.a: "x" is not an int32, at line 1 column 33',
    },
    {
      what: 'in a list',
      text: '{"repeatedInt32": [1, 2, true]}',
      error: 'repeatedInt32[2]: true is not a number, at line 1 column 26',
    },
    {
      what: 'in a list of messages',
      text: '{"repeatedNestedMessage": [{}, {"a": []}]}',
      error: 'repeatedNestedMessage[1].a: an array is not a number, at line 1 column 38',
    },
    {
      what: 'in a map',
      text: '{"mapStringString": {"a b": 5}}',
      error: 'mapStringString["a b"]: 5 is not a string, at line 1 column 29',
    },
    {
      what: 'behind characters of two units',
      text: '{"optionalString": "😀", "optionalBool": 1}',
      error: 'optionalBool: 1 is not a bool, at line 1 column 42',
    },
    {
      what: 'under its proto name',
      text: '{"optional_int32": {}}',
      error: 'optionalInt32: an object is not a number, at line 1 column 20',
    },
    {
      what: 'a key that is unknown',
      text: '{"optionalNestedMessage": {"b": 1}}',
      error: 'optionalNestedMessage.b: no such field; did you mean a?, at line 1 column 28',
    },
    {
      what: 'a key that stands twice',
      text: '{"optionalInt32": 1, "optionalInt32": 2}',
      error: 'optionalInt32: the key "optionalInt32" stands twice in its object, at line 1 column 22',
    },
    {
      what: 'both spellings of a key',
      text: '{"optionalInt32": 1, "optional_int32": 2}',
      error: 'optionalInt32: given as both optionalInt32 and optional_int32, at line 1 column 22',
    },
    {
      what: 'two members of a oneof',
      text: '{"oneofUint32": 1, "oneofString": "a"}',
      error: 'oneofString: oneofUint32 is set too, and both are of the oneof oneof_field, at line 1 column 35',
    },
    {
      what: 'within an Any',
      text: '{"optionalAny": {"seconds": 1, "@type": "type.googleapis.com/protobridge.test.proto3.AllTypes"}}',
      error: 'optionalAny.seconds: no such field, at line 1 column 18',
    },
  ])('$what', ({ text, error }) => {
    expect(thrownBy(() => fromJsonText(Proto3, text)).message).toBe(error)
  })

  test('a required field that is not there has a path alone', () => {
    const required = messageType('protobridge.test.proto2.Required')
    expect(thrownBy(() => fromJsonText(required, '{"id": 1, "child": {"child": null}}')).message).toBe(
      'child.id: a required field has no value',
    )
  })

  test('in a body that is a field', () => {
    const plan = transcoderWith().compile(bind({ template: '/v1/x', body: 'book' }))
    const parts = {
      captures: [],
      query: '',
      body: Buffer.from('{\n\n"pages": 1.5}'),
      format: 'json',
      contentType: '',
    } as const
    expect(thrownBy(() => plan.decodeRequest(parts)).message).toBe(
      'book.pages: 1.5 is not an int32, at line 3 column 10',
    )
  })
})

describe('Anys whose type is not first', () => {
  const any = (content: string): string => `{${content}"@type": "type.googleapis.com/google.protobuf.Any"}`
  test('nested a hundred times cost no more than their size', () => {
    let text = '{"@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s"}'
    for (let level = 0; level < 40; level++) text = any(`"value": ${text}, `)
    expect(fromJsonText(Proto3, `{"optionalAny": ${text}, "repeatedAny": [${text}, ${text}]}`).length).toBeGreaterThan(
      4000,
    )
  })

  test.each([
    {
      text: any('"value": {}, "@type": "type.googleapis.com/google.protobuf.Any", '),
      error: /the key "@type" stands twice/,
    },
    { text: '{"a": 1}', error: /an Any without "@type"/ },
    { text: '{"\\u0040type": "type.googleapis.com/google.protobuf.Any"}', error: /needs a "value"/ },
    { text: '{"value": "1s", "@type": 5}', error: /optionalAny\["@type"\]: 5 is not a string/ },
  ])('$text', ({ text, error }) => {
    expect(thrownBy(() => fromJsonText(Proto3, `{"optionalAny": ${text}}`)).message).toMatch(error)
  })
})
