import type { PathStep } from '../errors/field-path.js'
import { ValueError } from '../errors/transcode-error.js'

/** The error, with one more step on the way to where it was found; one that is no value's stays as it is. */
export function placed(error: unknown, step: PathStep | undefined): unknown {
  if (step !== undefined && error instanceof ValueError) error.steps.push(step)
  return error
}
