import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from '@jest/globals'

/** Whether the system can make a FIFO; Node cannot. */
export const hasFifos = (): boolean => spawnSync('mkfifo', ['--version']).status === 0

/** Makes one. @returns its path */
export function makeFifo(folder: string): string {
  const fifo = join(folder, 'fifo')
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
  return fifo
}
