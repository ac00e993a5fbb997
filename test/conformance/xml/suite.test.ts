import { describe, expect, test } from '@jest/globals'
import { StatusError } from '../../../src/status/index.js'
import { checkWellFormed } from '../../../src/transcode/xml/parse.js'
import { DOCUMENTS, hasDoctype, isUtf16, type SuiteDocument } from './suite.js'

/** Declare an encoding that is not read, and are in none. */
const IN_OTHER_ENCODINGS = ['rmt-e2e-61', 'hst-lhs-007']

function judge({ bytes }: SuiteDocument): string {
  try {
    checkWellFormed(bytes)
    return 'well-formed'
  } catch (error) {
    if (error instanceof StatusError) return error.reason
    throw error
  }
}

describe('the W3C suite, every document without a DOCTYPE', () => {
  const documents = DOCUMENTS.filter((document) => !hasDoctype(document))

  test('there are as many as there were', () => {
    expect(documents.filter(({ isWellFormed }) => isWellFormed)).toHaveLength(73)
    expect(documents.filter(({ isWellFormed }) => !isWellFormed)).toHaveLength(244)
  })

  test.each(documents)('$id', (document) => {
    // Of what is in UTF-16 nothing is said: 415, not 400.
    const verdict =
      isUtf16(document) || IN_OTHER_ENCODINGS.includes(document.id)
        ? 'UNSUPPORTED_XML_ENCODING'
        : document.isWellFormed
          ? 'well-formed'
          : 'MALFORMED_XML'
    expect(judge(document)).toBe(verdict)
  })
})

test('every document with a DOCTYPE is refused', () => {
  const documents = DOCUMENTS.filter(hasDoctype)
  expect(documents.length).toBeGreaterThan(1500)
  expect(documents.filter((document) => judge(document) === 'well-formed').map(({ id }) => id)).toEqual([])
})
