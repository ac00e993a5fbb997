import { expect, test } from '@jest/globals'
import { heldHeap } from '../../support/held-heap.js'
import { fuzz } from './fuzz.js'

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
const ROUNDS = 20
const RUNS = 50_000

test(`a million mutated byte streams of a server; memory stays flat (FUZZ_SEED=${seed})`, async () => {
  await fuzz(RUNS, seed)
  const before = heldHeap()
  for (let round = 1; round < ROUNDS; round++) await fuzz(RUNS, seed + round)
  expect(heldHeap()).toBeLessThan(before * 1.1 + 2 * 1024 * 1024)
})
