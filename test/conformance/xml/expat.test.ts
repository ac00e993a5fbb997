import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { hasPython, judge, judgeWithExpat } from './judges.js'
import { isComparable, mutant } from './mutants.js'

/* Mutated documents, judged by us and by Python's expat. More of them are in expat.long.test.ts. */

const COUNT = Number(process.env['XML_MUTANTS'] ?? 2000)
const seed = Number(process.env['XML_SEED'] ?? Date.now() & 0x7fffffff)
const judged = hasPython || process.env['CI'] !== undefined ? test : test.skip
const skipped = hasPython ? '' : 'skipped: no python3: '

judged(`${skipped}${COUNT} mutated documents (seed ${seed}): the same verdict as expat`, () => {
  const documents = fc.sample(mutant, { seed, numRuns: COUNT }).filter(isComparable)
  const theirs = judgeWithExpat(documents)
  const ours = documents.map(judge).join('')
  const differing = documents.filter((_, index) => ours[index] !== theirs[index])
  // Both kinds have to be among them, or nothing was compared.
  expect(documents.length).toBeGreaterThan(COUNT * 0.9)
  expect(theirs.replaceAll('0', '').length).toBeGreaterThan(COUNT / 50)
  expect(theirs.replaceAll('1', '').length).toBeGreaterThan(COUNT / 50)
  expect(differing.map(String)).toEqual([])
})
