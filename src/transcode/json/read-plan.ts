import type { ScalarType } from '@bufbuild/protobuf'
import type { EnumPlan, FieldPlan, MessagePlan, SpecialForm } from '../plan/types.js'
import { elementTakesNull } from '../tree/write-field.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { tagOf, WireType } from '../wire/writer.js'
import { NameTable } from './name-table.js'

/** What is done with a value: a scalar's type (descriptor.proto FieldDescriptorProto.Type), or one of these. */
export const ENUM = 101
export const MESSAGE = 102
export const SPECIAL = 103

/** What reading JSON adds to the plan of a field. */
export class JsonReadField {
  readonly field: FieldPlan
  /** Among the fields of its message, by number; -1 for an extension. */
  readonly index: number
  /** The key as it is most often sent, `"pageSize"`, in UTF-8. */
  readonly key: Uint8Array
  /** A `ScalarType`, ENUM, MESSAGE or SPECIAL. */
  readonly operation: number
  /** Of a value that is not packed. */
  readonly tag: number
  readonly isList: boolean
  readonly isMap: boolean
  readonly isPacked: boolean
  readonly hasPresence: boolean
  readonly isDelimited: boolean
  /** null is a value of the item of a list or of a map. */
  readonly takesNullItem: boolean
  /** The same of a singular field. */
  readonly takesNull: boolean
  /** Which of the message's oneofs it is of; -1: none. */
  readonly oneof: number
  /** The field that most likely comes after it. */
  next: JsonReadField | undefined = undefined
  readonly #plans: JsonReadPlans
  #child: JsonReadPlan | undefined = undefined
  #names: NameTable<number> | undefined = undefined

  constructor(plans: JsonReadPlans, field: FieldPlan, index: number, oneof: number) {
    const { element } = field
    this.#plans = plans
    this.field = field
    this.index = index
    this.oneof = oneof
    this.key = Buffer.from(JSON.stringify(field.jsonName))
    this.operation =
      element.kind === 'scalar'
        ? element.type
        : element.kind === 'enum'
          ? ENUM
          : element.message.form === undefined
            ? MESSAGE
            : SPECIAL
    this.isDelimited = element.kind === 'message' && element.isDelimited
    this.tag = tagOf(field.number, wireTypeOfOperation(this.operation, this.isDelimited))
    this.isList = field.shape === 'list'
    this.isMap = field.shape === 'map'
    this.isPacked = field.isPacked
    this.hasPresence = field.hasPresence
    this.takesNullItem = elementTakesNull(element)
    this.takesNull = field.shape === 'singular' && this.takesNullItem
  }

  /** Of the message in it. */
  get child(): JsonReadPlan {
    if (this.#child === undefined) {
      const { element } = this.field
      if (element.kind !== 'message') throw new TypeError(`${this.field.name} is no message`)
      this.#child = this.#plans.of(element.message)
    }
    return this.#child
  }

  get enum(): EnumPlan {
    const { element } = this.field
    if (element.kind !== 'enum') throw new TypeError(`${this.field.name} is no enum`)
    return element.enum
  }

  /** The numbers of its enum, by name. */
  get enumNames(): NameTable<number> {
    return (this.#names ??= this.#plans.namesOf(this.enum))
  }
}

/** What reading JSON adds to the plan of a message. */
export class JsonReadPlan {
  readonly plan: MessagePlan
  readonly form: SpecialForm | undefined
  /** By number. */
  readonly fields: readonly JsonReadField[]
  readonly first: JsonReadField | undefined
  readonly table: NameTable<JsonReadField>
  /** 32-bit words that a bit for each field, or for each oneof, takes. */
  readonly fieldWords: number
  readonly oneofWords: number
  readonly hasRequired: boolean
  /** Bytes that the length of the last one written took: most likely those of the next. */
  lengthWidth = 1
  readonly #plans: JsonReadPlans
  readonly #byName: ReadonlyMap<string, JsonReadField>
  readonly #byField: ReadonlyMap<FieldPlan, JsonReadField>
  readonly #extensions = new Map<FieldPlan, JsonReadField>()

  constructor(plans: JsonReadPlans, plan: MessagePlan) {
    this.#plans = plans
    this.plan = plan
    this.form = plan.form
    const oneofs = [...new Set(plan.fields.flatMap(({ oneof }) => oneof ?? []))]
    this.fields = plan.fields.map(
      (field, index) =>
        new JsonReadField(plans, field, index, field.oneof === undefined ? -1 : oneofs.indexOf(field.oneof)),
    )
    this.fields.forEach((field, index) => {
      field.next = this.fields[index + 1]
    })
    this.first = this.fields[0]
    this.#byField = new Map(this.fields.map((field) => [field.field, field]))
    this.#byName = new Map([...plan.byName].map(([name, field]) => [name, this.#byField.get(field)!]))
    this.table = new NameTable(this.#byName)
    this.fieldWords = (this.fields.length + 31) >>> 5
    this.oneofWords = (oneofs.length + 31) >>> 5
    this.hasRequired = plan.required.length > 0
  }

  /** A field or extension by the name it has in JSON, or its proto name. */
  byName(name: string): JsonReadField | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    if (!name.startsWith('[') || !name.endsWith(']')) return undefined
    const extension = this.plan.extensionByName(name.slice(1, -1))
    return extension === undefined ? undefined : this.of(extension)
  }

  of(field: FieldPlan): JsonReadField {
    const known = this.#byField.get(field) ?? this.#extensions.get(field)
    if (known !== undefined) return known
    const made = new JsonReadField(this.#plans, field, -1, -1)
    this.#extensions.set(field, made)
    return made
  }
}

/** Of the types of one registry; each compiled when first used and then kept. */
export class JsonReadPlans {
  readonly #messages = new Map<MessagePlan, JsonReadPlan>()
  readonly #names = new Map<EnumPlan, NameTable<number>>()

  of(plan: MessagePlan): JsonReadPlan {
    let made = this.#messages.get(plan)
    if (made === undefined) {
      made = new JsonReadPlan(this, plan)
      this.#messages.set(plan, made)
    }
    return made
  }

  namesOf(plan: EnumPlan): NameTable<number> {
    let made = this.#names.get(plan)
    if (made === undefined) this.#names.set(plan, (made = new NameTable(plan.numbers)))
    return made
  }
}

function wireTypeOfOperation(operation: number, isDelimited: boolean): WireType {
  if (operation === ENUM) return WireType.Varint
  if (operation > ENUM) return isDelimited ? WireType.StartGroup : WireType.LengthDelimited
  return wireTypeOf(operation as ScalarType)
}
