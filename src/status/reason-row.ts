import type { Code } from './code.js'

/** What one reason means: written into `docs/errors.md`, and the code every error of that reason has. */
export interface ReasonRow {
  readonly code: Code
  /** Where it is not the one the code maps to. */
  readonly httpStatus?: number
  readonly meaning: string
  readonly advice: string
}
