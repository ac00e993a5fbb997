import { Kind, Shape, type FieldTable } from './tables.js'

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

  /** True for a field whose own fields have paths; all others are leaves. */
  static goesInto(field: FieldTable): boolean {
    return field.shape === Shape.Singular && field.element.kind === Kind.Message && !field.isExtension
  }

  /** Begins the value of a field that is present; hand what it returns to `end`. */
  begin({ plan }: FieldTable): number {
    this.#prefix = `${this.#prefix}${plan.name}.`
    return this.paths.length
  }

  end({ plan, isExtension }: FieldTable, begun: number): void {
    this.#prefix = this.#prefix.slice(0, -plan.name.length - 1)
    if (this.paths.length === begun && !isExtension) this.paths.push(this.#prefix + plan.name)
  }
}
