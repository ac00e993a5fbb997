import type { StatusError } from '../../status/index.js'
import { formatPath, type PathStep } from '../errors/field-path.js'
import { depthExceeded, transcodeError, ValueError } from '../errors/transcode-error.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { TranscodeReason } from '../reasons.js'
import { MAX_DEPTH } from '../wire/reader.js'

/** The state of turning one request's tree into wire bytes: where the walk is, for errors, and how deep. */
export class DecodeContext {
  readonly plans: PlanTable
  /** `json: { unknownFields: ignore }` */
  readonly ignoresUnknown: boolean
  /** Fields, map keys and indexes from the request message down. */
  readonly path: PathStep[] = []
  /** The reason of a value that is not one of its field's type: it says which part of the request it came from. */
  malformedReason: TranscodeReason = 'MALFORMED_FIELD'
  /** What is written is the whole message: required fields have to be in it. */
  readonly isWhole: boolean
  #depth: number

  /** @param depth levels of messages round what is written */
  constructor(plans: PlanTable, ignoresUnknown: boolean, isWhole = true, depth = 0) {
    this.plans = plans
    this.ignoresUnknown = ignoresUnknown
    this.isWhole = isWhole
    this.#depth = depth
  }

  /** A context for what is only part of a message whose other part is wire bytes already. */
  partial(): DecodeContext {
    return new DecodeContext(this.plans, this.ignoresUnknown, false)
  }

  /** Levels that may still be entered. */
  get depthLeft(): number {
    return MAX_DEPTH - this.#depth
  }

  /** Begins a message, Struct or ListValue; each takes one of the 100 levels. */
  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw depthExceeded()
  }

  leave(): void {
    this.#depth--
  }

  error(reason: TranscodeReason, description: string): StatusError {
    const field = formatPath(this.path)
    return transcodeError(reason, `${field === '' ? 'the body' : field}: ${description}`, field)
  }

  /** `book.pages: 12.5 is not an int32` */
  malformed(description: string): StatusError {
    return this.error(this.malformedReason, description)
  }
}

/** Runs a conversion; what is wrong with the value gets the field's path. */
export function convert<T>(context: DecodeContext, conversion: () => T): T {
  try {
    return conversion()
  } catch (error) {
    if (error instanceof ValueError) throw context.malformed(error.message)
    throw error
  }
}
