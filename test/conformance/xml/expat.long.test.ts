import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { StatusError } from '../../../src/status/index.js'
import { heldHeap } from '../../support/held-heap.js'
import { Book, Editions, Proto3, Request } from '../../transcode/support.js'
import { fixtureCodec } from '../../transcode/xml/support.js'
import { hasPython, judge, judgeWithExpat } from './judges.js'
import { isComparable, mutant } from './mutants.js'

/* The same as expat.test.ts, many times over: XML_MUTANTS says how many, XML_SEED repeats a run. */

const COUNT = Number(process.env['XML_MUTANTS'] ?? 200_000)
const BATCH = 10_000
const firstSeed = Number(process.env['XML_SEED'] ?? Date.now() & 0x3fffffff)
const judged = hasPython || process.env['CI'] !== undefined ? test : test.skip
const skipped = hasPython ? '' : 'skipped: no python3: '

/** Of the heap that is held after the first batch, which has compiled what there is to compile. */
const LIMIT_BYTES = 16 << 20
/** Of 4 KiB, on a busy machine with a collection of garbage in it: most take a few microseconds. */
const LIMIT_MS = 500

const TYPES = [Proto3, Editions, Request, Book]

/** Read as a message, a document is taken or refused with a reason; one that is not well-formed is never taken. */
function judgeAsMessages(document: Buffer): '0' | '1' {
  let verdict: '0' | '1' = '0'
  for (const desc of TYPES) {
    for (const ignoreUnknown of [false, true]) {
      try {
        fixtureCodec.fromXml(desc, document, { ignoreUnknown })
        verdict = '1'
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
      }
    }
  }
  return verdict
}

/** The slowest of what is done with each, in ms. */
function slowest(documents: readonly Buffer[], work: (document: Buffer) => void): number {
  let longest = 0
  for (const document of documents) {
    const start = performance.now()
    work(document)
    longest = Math.max(longest, performance.now() - start)
  }
  return longest
}

judged(
  `${skipped}${COUNT} mutated documents (seed ${firstSeed}): expat's verdict, no crash, no hang, memory flat`,
  () => {
    let compared = 0
    let taken = 0
    let longestMs = 0
    let heapBefore = 0
    for (let batch = 0; batch * BATCH < COUNT; batch++) {
      const seed = firstSeed + batch
      const documents = fc.sample(mutant, { seed, numRuns: BATCH }).filter(isComparable)
      const theirs = judgeWithExpat(documents)
      const ours: string[] = []
      const asMessages: string[] = []
      longestMs = Math.max(
        longestMs,
        slowest(documents, (document) => ours.push(judge(document))),
        slowest(documents, (document) => asMessages.push(judgeAsMessages(document))),
      )
      const differing = documents.filter((_, index) => ours[index] !== theirs[index])
      const takenWrongly = documents.filter((_, index) => asMessages[index] === '1' && theirs[index] === '0')
      expect({ seed, differing: differing.map(String), takenWrongly: takenWrongly.map(String) }).toEqual({
        seed,
        differing: [],
        takenWrongly: [],
      })
      compared += documents.length
      taken += asMessages.filter((verdict) => verdict === '1').length
      if (batch === 0) heapBefore = heldHeap()
    }
    const growth = heldHeap() - heapBefore
    console.log(
      `${compared} documents compared, ${taken} taken as messages; slowest ${longestMs.toFixed(1)} ms, heap ${(growth / 2 ** 20).toFixed(1)} MiB more`,
    )
    expect(compared).toBeGreaterThan(COUNT * 0.9)
    expect(taken).toBeGreaterThan(COUNT / 250)
    expect(longestMs).toBeLessThan(LIMIT_MS)
    expect(growth).toBeLessThan(LIMIT_BYTES)
  },
  600_000,
)
