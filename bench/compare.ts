/** What every benchmark of this folder measures with: medians of alternating rounds in one process. */

const ROUNDS = 61
const QUICK_ROUNDS = 15
const WARM_UP_MS = 200
/** Microseconds of one round: short ones, so that what disturbs one falls on the next of the other too. */
const ROUND_US = 4_000

/** Median microseconds of each, in alternating rounds: what else the machine does then falls on both alike. */
export function compare(a: () => unknown, b: () => unknown, isQuick = false): [number, number] {
  const [ofA, ofB]: [number[], number[]] = [[], []]
  warmUp(a)
  warmUp(b)
  const repeats = Math.max(1, Math.round(ROUND_US / Math.max(1, measure(a, 20), measure(b, 20))))
  for (let round = 0; round < (isQuick ? QUICK_ROUNDS : ROUNDS); round++) {
    ofA.push(measure(a, repeats))
    ofB.push(measure(b, repeats))
  }
  return [median(ofA), median(ofB)]
}

/** Until the compiler has seen enough of it. */
function warmUp(run: () => unknown): void {
  for (const from = performance.now(); performance.now() - from < WARM_UP_MS;) run()
}

function measure(run: () => unknown, repeats: number): number {
  const from = process.hrtime.bigint()
  for (let i = 0; i < repeats; i++) run()
  return Number(process.hrtime.bigint() - from) / 1000 / repeats
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}
