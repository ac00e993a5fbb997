import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { DOCUMENTS, hasDoctype } from './suite.js'

/*
 * Why request bodies are read by a parser of ours: what fast-xml-parser says of the documents the suite judges, alone and
 * with its validator before it. README.md names the numbers; this holds it to them.
 */

function parses(text: string): boolean {
  try {
    new XMLParser().parse(text)
    return true
  } catch {
    return false
  }
}

test('README.md says how many documents that are not well-formed fast-xml-parser accepts', () => {
  const malformed = DOCUMENTS.filter((document) => !document.isWellFormed && !hasDoctype(document)).map(({ bytes }) =>
    bytes.toString(),
  )
  const parsed = malformed.filter(parses)
  const validated = parsed.filter((text) => XMLValidator.validate(text) === true)
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`${parsed.length} of the ${malformed.length} documents`)
  expect(readme).toContain(`${validated.length} with its validator`)
})
