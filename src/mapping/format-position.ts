import type { Position } from '../problems/index.js'

/** `FILE:LINE:COLUMN`, as problems begin. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`
}
