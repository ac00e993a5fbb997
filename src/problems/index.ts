export { didYouMean, nearest, nearestName } from './nearest.js'
/**
 * What is wrong with what a person wrote: configuration, mapping files, protos. Problems are collected, not thrown one
 * by one, so that `check` shows all of them at once and one unsound rule does not hide another.
 */

/** A place in a file. Lines and columns count from 1; 0 where the source has no positions (a descriptor set). */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface Problem {
  readonly position: Position
  /** What is wrong, a clause without a full stop. */
  readonly message: string
  /** What it concerns, as a google.api selector (`library.v1.LibraryService.GetBook`) or a configuration key. */
  readonly selector?: string
  /** What the person can do about it, a clause without a full stop. */
  readonly advice?: string
}

/** `FILE:LINE:COLUMN`. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`
}

/** `FILE:LINE:COLUMN: what is wrong (selector): what to do`, on one line. */
export function formatProblem(problem: Problem): string {
  const selector = problem.selector === undefined ? '' : ` (${problem.selector})`
  const advice = problem.advice === undefined ? '' : `: ${problem.advice}`
  const line = `${formatPosition(problem.position)}: ${problem.message}${selector}${advice}`.replace(/\s*\n\s*/g, ' ')
  return line.replace(CONTROLS, escaped)
}

/**
 * What a terminal would obey, or show as a further line, or not at all. Files come from elsewhere, too (Consul, a vendor's
 * protos): what is quoted from them is shown, not done.
 */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const escaped = (control: string): string => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Collects errors (which refuse the load) and warnings (which do not) in the order they are found. */
export class Problems {
  readonly errors: Problem[] = []
  readonly warnings: Problem[] = []

  error(position: Position, message: string, more: Pick<Problem, 'selector' | 'advice'> = {}): void {
    this.errors.push({ position, message, ...more })
  }

  warn(position: Position, message: string, more: Pick<Problem, 'selector' | 'advice'> = {}): void {
    this.warnings.push({ position, message, ...more })
  }

  get hasErrors(): boolean {
    return this.errors.length > 0
  }

  /** Throws a LoadError with everything collected so far, if there is any error. */
  throwIfAny(): void {
    if (this.hasErrors) throw new LoadError(this.errors)
  }
}

/** A load that was refused, with every reason. */
export class LoadError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.name = 'LoadError'
    this.problems = problems
  }
}
