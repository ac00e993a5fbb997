import { Kind, Shape, type FieldTable } from './tables.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Message } = Kind

/**
 * The paths of the fields present in a body, for the `update_mask` of a PATCH that sends none: down to the leaves of
 * singular messages, stopping at lists, maps and well-known types. `null` counts as present; a submessage with no fields
 * is itself a leaf. Extensions have no path in a FieldMask and are left out.
 */
export class PresentPaths {
  readonly paths: string[] = []
  /** The body is a message, not null or nothing: there is a mask, be it an empty one. */
  isMessage = false
  /** Names of the messages round the field, each with its dot. */
  #prefix = ''
  /** How many paths there were when each of them began. */
  readonly #begun: number[] = []

  /** True for a field whose own fields have paths; all others are leaves. */
  static goesInto(field: FieldTable): boolean {
    return field.shape === Shape.Singular && field.element.kind === Message && !field.isExtension
  }

  /** Begins the value of a field that is present; `isFirst`: it has not begun before, as a list in pieces may have. */
  begin({ plan }: FieldTable, isFirst: boolean): void {
    this.#prefix = `${this.#prefix}${plan.name}.`
    this.#begun.push(isFirst ? this.paths.length : -1)
  }

  end({ plan, isExtension }: FieldTable): void {
    this.#prefix = this.#prefix.slice(0, -plan.name.length - 1)
    if (this.paths.length === this.#begun.pop() && !isExtension) this.paths.push(this.#prefix + plan.name)
  }
}
