import { test } from '@jest/globals'
import { fuzz } from './fuzz.js'

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)

test(`3,000 mutated byte streams of a server: every call ends once, nothing throws (FUZZ_SEED=${seed})`, async () => {
  await fuzz(3000, seed)
})
