import type { PathStep } from './field-path.js'
import { StatusError, type ReasonRow } from '../../status/index.js'
import { TRANSCODE_REASONS, type TranscodeReason } from '../reasons.js'

/** Characters of a client's own text that an error message repeats. */
const MAX_QUOTED = 60

/** A StatusError of a reason of this room, with the code and HTTP status its table gives. */
export function transcodeError(reason: TranscodeReason, message: string, field?: string): StatusError {
  const row: ReasonRow = TRANSCODE_REASONS[reason]
  return new StatusError(row.code, message, {
    reason,
    ...(row.httpStatus === undefined ? {} : { httpStatus: row.httpStatus }),
    ...(field === undefined || field === '' ? {} : { field }),
  })
}

export function depthExceeded(): StatusError {
  return transcodeError('DEPTH_EXCEEDED', 'the request message is nested deeper than 100 levels')
}

/** A client's text as an error message repeats it: long texts lose their end, never half of a surrogate pair. */
export function shorten(text: string): string {
  if (text.length <= MAX_QUOTED) return text
  const last = text.charCodeAt(MAX_QUOTED - 1)
  const end = last >= 0xd800 && last <= 0xdbff ? MAX_QUOTED - 1 : MAX_QUOTED
  return `${text.slice(0, end)}…`
}

/** The text in double quotes, shortened, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text))
}

/**
 * What is wrong with one value, without where it stands: thrown by the conversions in `values/`, which know nothing of
 * fields; whoever converts adds the field's path and the reason.
 */
export class ValueError extends Error {
  /** Where a writer of text found it, innermost step first: each level adds its own on the way out. */
  readonly steps: PathStep[] = []

  constructor(message: string) {
    super(message)
    this.name = 'ValueError'
  }
}
