import type { DescOneof } from '@bufbuild/protobuf'
import type { FieldPlan } from '../plan/types.js'
import type { DecodeContext } from './decode-context.js'

/**
 * Which fields of one message had a key, which a value, and which members of oneofs. Only what can matter is kept: most
 * messages need none of it.
 */
export class SeenFields {
  readonly #context: DecodeContext
  readonly #keepsValues: boolean
  #names: Set<FieldPlan> | undefined = undefined
  #values: Set<FieldPlan> | undefined = undefined
  #oneofs: Map<DescOneof, FieldPlan> | undefined = undefined

  constructor(context: DecodeContext, keepsValues: boolean) {
    this.#context = context
    this.#keepsValues = keepsValues
  }

  hasValue(field: FieldPlan): boolean {
    return this.#values?.has(field) === true
  }

  /** A key of an object; the path ends in the field. */
  addName(field: FieldPlan): void {
    // Keys are unique, so a field with one spelling cannot come twice.
    if (field.name === field.jsonName) return
    this.#names ??= new Set()
    if (this.#names.has(field)) {
      throw this.#context.error('DUPLICATE_FIELD', `given as both ${field.jsonName} and ${field.name}`)
    }
    this.#names.add(field)
  }

  addValue(field: FieldPlan): void {
    if (this.#keepsValues) (this.#values ??= new Set()).add(field)
    if (field.oneof === undefined) return
    this.#oneofs ??= new Map()
    const other = this.#oneofs.get(field.oneof)
    if (other !== undefined && other !== field) {
      const message = `${other.jsonName} is set too, and both are of the oneof ${field.oneof.name}`
      throw this.#context.error('ONEOF_CONFLICT', message)
    }
    this.#oneofs.set(field.oneof, field)
  }
}
