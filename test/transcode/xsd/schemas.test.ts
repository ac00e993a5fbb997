import { readFileSync } from 'node:fs'
import { createRegistry, fromJsonString, toBinary, type DescMessage } from '@bufbuild/protobuf'
import { describe, expect, test } from '@jest/globals'
import { XMLParser } from 'fast-xml-parser'
import fc from 'fast-check'
import { hasXmllint, validate } from '../../support/xmllint.js'
import { messageJson } from '../arbitraries.js'
import { registry } from '../support.js'
import { DescribedService, registryOf } from './support.js'

const suite = hasXmllint() ? describe : describe.skip

/** A copy of the fixtures' registry with a service that gives back what it gets. */
function echoOf(typeName: string): DescribedService {
  const file = typeName.split('.')[2]!
  const imported = { proto3: 'all_types_proto3', proto2: 'all_types_proto2', editions: 'all_types_edition2023' }[file]!
  const text = readFileSync(new URL(`../fixtures/${imported}.proto`, import.meta.url), 'utf8')
  return new DescribedService(
    registryOf(`${text}\nservice Echo { rpc Say(AllTypes) returns (AllTypes); }`),
    `${typeName.replace(/\.AllTypes$/, '')}.Echo`,
  )
}

suite('what the gateway writes is valid', () => {
  test.each([
    'protobridge.test.proto3.AllTypes',
    'protobridge.test.proto2.AllTypes',
    'protobridge.test.editions.AllTypes',
  ])('random messages of %s', (typeName) => {
    const service = echoOf(typeName)
    const desc: DescMessage = registry.getMessage(typeName)!
    const types = createRegistry(registry)
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    const texts = fc.sample(messageJson(desc), { numRuns: 150, seed })
    const documents = texts.flatMap((json) => {
      try {
        return [service.write(toBinary(desc, fromJsonString(desc, json, { registry: types })))]
      } catch {
        // What XML 1.0 has no characters for, what the gateway refuses to write.
        return []
      }
    })
    expect(documents.length).toBeGreaterThan(75)
    const wrong = validate(service.schema.files, documents)
      .map(({ isValid, said }, at) => ({ isValid, said, document: documents[at] }))
      .filter(({ isValid }) => !isValid)
    expect({ seed, wrong }).toEqual({ seed, wrong: [] })
  })

  test.each([
    'protobridge.test.proto3.AllTypes',
    'protobridge.test.proto2.AllTypes',
    'protobridge.test.editions.AllTypes',
  ])('the example of %s is valid, and taken', (typeName) => {
    const service = echoOf(typeName)
    const [example] = service.schema.examples
    expect(validate(service.schema.files, [example!.text])[0]).toMatchObject({ isValid: true })
    expect(service.refusal(example!.text)).toBeUndefined()
  })
})

suite('a contract with namespaces, attributes and wrapped lists', () => {
  const page = readFileSync(new URL('../../../docs/xml.md', import.meta.url), 'utf8')
  const blocks = (language: string): string[] =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!)
  const service = new DescribedService(
    registryOf(`${blocks('proto')[1]!}\nservice Orders { rpc Send(Order) returns (Order); }`),
    'orders.v1.Orders',
  )
  const document = blocks('xml')[1]!
  const { files } = service.schema

  test('is a schema a namespace, the first of which imports the others', () => {
    expect(files.map(({ name }) => name)).toEqual([
      'orders.v1.Orders.xsd',
      'orders.v1.Orders.1.xsd',
      'orders.v1.Orders.2.xsd',
      'orders.v1.Orders.3.xsd',
    ])
    expect(files[0]!.text).toContain('targetNamespace="http://example.com/orders"')
  })

  test.each([
    { what: 'the document of the page', edit: (text: string) => text, isTaken: true },
    {
      what: 'a prefix for it',
      edit: (text: string) =>
        text
          .replace('<audit xmlns=', '<a:audit xmlns:a=')
          .replace('<clerk>', '<a:clerk>')
          .replace('</clerk>', '</a:clerk>')
          .replace('</audit>', '</a:audit>'),
      isTaken: true,
    },
    {
      what: 'another namespace',
      edit: (text: string) => text.replace('example.com/orders', 'example.com/other'),
      isTaken: false,
    },
    {
      what: 'an element of the wrong namespace',
      edit: (text: string) => text.replace('<audit xmlns="http://example.com/audit">', '<audit>'),
      isTaken: false,
    },
    {
      what: 'the name without its option',
      edit: (text: string) => text.replaceAll('USPrice', 'price'),
      isTaken: false,
    },
    { what: 'an unknown attribute', edit: (text: string) => text.replace('country=', 'land='), isTaken: false },
    {
      what: 'an item of another name',
      edit: (text: string) => text.replaceAll('<item ', '<line ').replaceAll('</item>', '</line>'),
      isTaken: false,
    },
    {
      what: 'an attribute of the wrong type',
      edit: (text: string) => text.replace('<quantity>1<', '<quantity>one<'),
      isTaken: false,
    },
  ])('$what', ({ edit, isTaken }) => {
    const edited = edit(document)
    expect(service.refusal(edited) === undefined).toBe(isTaken)
    expect(validate(files, [edited])[0]!.isValid).toBe(isTaken)
  })

  test('its example is valid, and taken', () => {
    const [example] = service.schema.examples
    expect(validate(files, [example!.text])[0]).toMatchObject({ isValid: true })
    expect(service.refusal(example!.text)).toBeUndefined()
  })
})

suite('bodies that are a field', () => {
  const types = registryOf(`syntax = "proto3";
    package f;
    service S { rpc One(R) returns (R); }
    message R {
      repeated string tag_names = 1; map<string, int32> counts = 2; Inner inner_part = 3; int32 count = 4;
    }
    message Inner { string a = 1; optional int32 b = 2; }`)

  test.each([
    { body: 'tag_names', document: '<tagNames><tagNames>a</tagNames><tagNames>b</tagNames></tagNames>', isTaken: true },
    { body: 'tag_names', document: '<tag_names><tag_names>a</tag_names></tag_names>', isTaken: true },
    { body: 'tag_names', document: '<tagNames>a</tagNames>', isTaken: false },
    { body: 'tag_names', document: '<tagNames><other/></tagNames>', isTaken: false },
    { body: 'counts', document: '<counts><entry key="a">1</entry></counts>', isTaken: true },
    { body: 'counts', document: '<counts><entry key="a">x</entry></counts>', isTaken: false },
    { body: 'inner_part', document: '<innerPart><a>x</a><b>1</b></innerPart>', isTaken: true },
    { body: 'inner_part', document: '<R><a>x</a></R>', isTaken: false },
    { body: 'count', document: '<count>5</count>', isTaken: true },
    { body: 'count', document: '<count>five</count>', isTaken: false },
  ])('$body: $document', ({ body, document, isTaken }) => {
    const service = new DescribedService(types, 'f.S', body)
    expect(service.refusal(document) === undefined).toBe(isTaken)
    expect(validate(service.schema.files, [document])[0]!.isValid).toBe(isTaken)
    for (const { text } of service.schema.examples)
      expect(validate(service.schema.files, [text])[0]).toMatchObject({ isValid: true })
  })
})

test('what has one name and two types is told', () => {
  const types = registryOf(`syntax = "proto3";
    package c;
    service S { rpc One(A) returns (A); rpc Two(B) returns (B); }
    message A { string value = 1; }
    message B { int32 value = 1; }`)
  expect(new DescribedService(types, 'c.S', 'value').schema.notes).toEqual([
    '<value> is one thing to One and another to Two: the schema has that of One.',
  ])
})

test('extensions have their elements', () => {
  const types = registryOf(`syntax = "proto2";
    package e;
    service S { rpc One(M) returns (M); }
    message M { required string a = 1; extensions 100 to max; }
    extend M { optional int32 more = 100; }`)
  const { files } = new DescribedService(types, 'e.S').schema
  const names = new XMLParser({ ignoreAttributes: false }).parse(files[0]!.text) as object
  expect(JSON.stringify(names)).toContain('_x005B_e.more_x005D_')
})
