import type { StatusError } from '../../status/index.js'
import type { TranscodeReason } from '../reasons.js'
import { formatPath, type PathStep } from './field-path.js'
import { transcodeError, ValueError } from './transcode-error.js'

/**
 * What is wrong with a field, on its way out of the message it stands in: each level it leaves adds its step, so that
 * nothing is kept of where the reading is as long as nothing is wrong.
 */
export class FieldError extends Error {
  readonly reason: TranscodeReason
  /** Steps from the outermost level left so far to the field. */
  readonly path: PathStep[]
  /** Where in the body, as its reader counts; -1: nowhere in particular. */
  readonly at: number

  constructor(reason: TranscodeReason, description: string, at = -1, path: PathStep[] = []) {
    super(description)
    this.name = 'FieldError'
    this.reason = reason
    this.at = at
    this.path = path
  }
}

/** The error that leaves the level `step`, where it is one of a field. */
export function leaving(error: unknown, step: PathStep): unknown {
  if (error instanceof FieldError) error.path.unshift(step)
  return error
}

/** What a conversion of `values/` says is wrong, as an error of a field; others are as they are. */
export function fieldErrorOf(error: unknown, reason: TranscodeReason, at = -1): unknown {
  return error instanceof ValueError ? new FieldError(reason, error.message, at) : error
}

/**
 * `book.pages: 12.5 is not an int32, at line 3 column 14`
 *
 * @param placeOf of a position in the body
 */
export function statusOfFieldError(error: FieldError, placeOf?: (at: number) => string): StatusError {
  const field = formatPath(error.path)
  const place = placeOf === undefined || error.at === -1 ? '' : `, at ${placeOf(error.at)}`
  return transcodeError(error.reason, `${field === '' ? 'the body' : field}: ${error.message}${place}`, field)
}
