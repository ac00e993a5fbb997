import { expect, test } from '@jest/globals'
import { enqueue } from '../../src/exchange/zlib-queue.js'

/** A job that is over when it is told to be. */
class Job {
  isBegun = false
  faults: unknown[] = []
  end: () => void = () => undefined
  wanted = true

  private readonly fault: Error | undefined

  constructor(fault?: Error) {
    this.fault = fault
  }

  isWanted(): boolean {
    return this.wanted
  }

  run(onOver: () => void): void {
    this.isBegun = true
    if (this.fault !== undefined) throw this.fault
    this.end = onOver
  }

  fail(error: unknown): void {
    this.faults.push(error)
  }
}

const begun = (jobs: readonly Job[]): boolean[] => jobs.map(({ isBegun }) => isBegun)

test('three at a time, the others in turn; what nobody waits for any more is not begun', () => {
  const jobs = Array.from({ length: 6 }, () => new Job())
  for (const job of jobs) enqueue(job)
  expect(begun(jobs)).toEqual([true, true, true, false, false, false])
  jobs[3]!.wanted = false
  jobs[1]!.end()
  expect(begun(jobs)).toEqual([true, true, true, false, true, false])
  for (const at of [0, 2, 4, 5]) jobs[at]!.end()
  expect(begun(jobs)).toEqual([true, true, true, false, true, true])
})

test('one that cannot begin fails, and leaves its place', () => {
  const fault = new Error('no memory')
  const broken = Array.from({ length: 4 }, () => new Job(fault))
  for (const job of broken) enqueue(job)
  expect(broken.map(({ faults }) => faults)).toEqual([[fault], [fault], [fault], [fault]])
  const after = Array.from({ length: 3 }, () => new Job())
  for (const job of after) enqueue(job)
  expect(begun(after)).toEqual([true, true, true])
  for (const job of after) job.end()
})
