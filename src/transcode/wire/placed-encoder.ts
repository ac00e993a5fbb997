import { formatPath, type PathStep } from '../errors/field-path.js'
import { transcodeError, ValueError } from '../errors/transcode-error.js'
import { MAX_DEPTH, WireError } from './reader.js'

/**
 * What an encoder of messages as text has whatever the format: where in the message it is, which errors name, and how
 * deep, which is bounded.
 */
export abstract class PlacedEncoder {
  /** What a value without a form is said to have none of: `JSON`. */
  readonly #format: string
  readonly #path: PathStep[] = []
  #depth = 0

  constructor(format: string) {
    this.#format = format
  }

  /** Levels of messages round what is being written: where those packed in an Any begin to count. */
  get depth(): number {
    return this.#depth
  }

  /** Begins a message, Struct or ListValue. */
  enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`)
  }

  leave(): void {
    this.#depth--
  }

  /** Goes into the part of a value that the step names, and out again. */
  stepIn(step: PathStep): void {
    this.#path.push(step)
  }

  stepOut(): void {
    this.#path.pop()
  }

  /** Runs `write` for the part of a value that the step names. */
  within(step: PathStep, write: () => string): string {
    this.stepIn(step)
    const out = write()
    this.stepOut()
    return out
  }

  /** A conversion of `values/`; what has no form gets the field's path. */
  convert<T>(conversion: () => T): T {
    try {
      return conversion()
    } catch (error) {
      if (error instanceof ValueError) throw this.unrepresentable(error.message)
      throw error
    }
  }

  unrepresentable(what: string): Error {
    const path = formatPath(this.#path)
    const place = path === '' ? '' : `${path}: `
    return transcodeError('UNREPRESENTABLE_VALUE', `the response has no ${this.#format} form: ${place}${what}`)
  }
}
