import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { prettyPrintXml } from '../../../src/transcode/xml/pretty.js'
import { codecOf } from './support.js'

/* docs/xml.md, held to what it says. */

const page = readFileSync(new URL('../../../docs/xml.md', import.meta.url), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!)
const [types, contract] = blocks('proto')

describe('the form of every type', () => {
  const codec = codecOf(types!)
  const Book = codec.type('Book')
  const rows = [...page.matchAll(/^\| ([^|`]+) \| `(\{[^`]*\})` \| `(<[^`]*>)` \|$/gm)].map(([, name, json, xml]) => ({
    name: name!,
    json: json!,
    xml: `<Book>${xml!}</Book>`,
  }))

  test('has a row for each', () => {
    expect(rows).toHaveLength(18)
  })

  test.each(rows)('$name', ({ json, xml }) => {
    expect(codec.jsonToXml(Book, json)).toBe(xml)
    expect(codec.xmlToJson(Book, xml)).toBe(json)
  })
})

describe('meeting an existing contract', () => {
  const codec = codecOf(contract!)
  const Order = codec.type('orders.v1.Order')
  const document = blocks('xml')[1]!
  const json = JSON.stringify(JSON.parse(blocks('json')[0]!))

  test('the document is read as the message', () => {
    expect(codec.xmlToJson(Order, document)).toBe(json)
  })

  test('and the message written as the document', () => {
    const declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    expect(`${prettyPrintXml(declaration + codec.jsonToXml(Order, json))}\n`).toBe(document)
  })
})
