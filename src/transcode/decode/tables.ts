import type { ScalarType } from '@bufbuild/protobuf'
import { elementTakesNull } from '../plan/special-form.js'
import type { ElementPlan, EnumPlan, FieldPlan, MessagePlan, SpecialForm } from '../plan/types.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { tagOf, WireType } from '../wire/writer.js'
import { NameTable } from './name-table.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { EndGroup, LengthDelimited, StartGroup, Varint } = WireType

/**
 * What reading text needs of a type beyond its plan: what kind of value a `switch` is over, tags, the bytes of keys, and
 * the bits by which a message being read knows what it has. Compiled when a type is first read, then kept.
 */

/** What a value is. A scalar is of its own ScalarType, 1 to 18; these are the others (as in descriptor.proto). */
export const Kind = {
  Message: 11,
  Enum: 14,
  Any: 21,
  Timestamp: 22,
  Duration: 23,
  FieldMask: 24,
  Struct: 25,
  Value: 26,
  ListValue: 27,
  Wrapper: 28,
} as const

const KIND_OF_FORM: Readonly<Record<SpecialForm, number>> = {
  any: Kind.Any,
  timestamp: Kind.Timestamp,
  duration: Kind.Duration,
  fieldMask: Kind.FieldMask,
  struct: Kind.Struct,
  value: Kind.Value,
  listValue: Kind.ListValue,
  wrapper: Kind.Wrapper,
}

export const Shape = { Singular: 0, List: 1, Map: 2 } as const

/** The tables of one registry's types. */
export class DecodeTables {
  readonly #messages = new Map<MessagePlan, MessageTable>()
  readonly #enums = new Map<EnumPlan, EnumTable>()
  readonly #roots = new Map<MessagePlan, ElementTable>()

  message(plan: MessagePlan): MessageTable {
    let table = this.#messages.get(plan)
    if (table === undefined) this.#messages.set(plan, (table = new MessageTable(plan, this)))
    return table
  }

  /** A message that is a whole body, in no field. */
  root(plan: MessagePlan): ElementTable {
    let table = this.#roots.get(plan)
    if (table === undefined) {
      table = new ElementTable({ kind: 'message', message: plan, isDelimited: false }, 0, true, this)
      this.#roots.set(plan, table)
    }
    return table
  }

  enum(plan: EnumPlan): EnumTable {
    let table = this.#enums.get(plan)
    if (table === undefined) this.#enums.set(plan, (table = new EnumTable(plan)))
    return table
  }
}

export class EnumTable {
  readonly plan: EnumPlan
  readonly names: NameTable<number>

  constructor(plan: EnumPlan) {
    this.plan = plan
    this.names = new NameTable(plan.numbers)
  }
}

/** A value: of a field, an item of a list, the key or the value of a map's entry. */
export class ElementTable {
  readonly kind: number
  /** The wrapped type of a wrapper, the type of a scalar; 0 for the others. */
  readonly scalar: ScalarType | 0
  /** Of one value outside a packed list, in the field. */
  readonly tag: number
  /** Behind a group; 0: the message is length-delimited. */
  readonly endTag: number
  readonly enum: EnumTable | undefined
  /** null is one of its values: a Value, a NullValue. */
  readonly takesNull: boolean
  /** A singular field of a closed enum stays unset where it has no such number; in lists readers put it aside. */
  readonly dropsUnknown: boolean
  /** Bytes the length took the last time: what is reserved for the next. A guess only. */
  width = 1
  readonly #tables: DecodeTables
  readonly #message: MessagePlan | undefined
  #table: MessageTable | undefined = undefined

  constructor(element: ElementPlan, number: number, isSingular: boolean, tables: DecodeTables) {
    this.#tables = tables
    this.#message = element.kind === 'message' ? element.message : undefined
    const form = this.#message?.form
    this.kind = kindOf(element, form)
    this.scalar = element.kind === 'scalar' ? element.type : form === 'wrapper' ? wrappedType(this.#message!) : 0
    this.enum = element.kind === 'enum' ? tables.enum(element.enum) : undefined
    this.takesNull = elementTakesNull(element)
    this.dropsUnknown = isSingular && this.enum?.plan.isOpen === false
    const isDelimited = element.kind === 'message' && element.isDelimited
    const wireType = element.kind === 'scalar' ? wireTypeOf(element.type) : this.enum ? Varint : undefined
    this.tag = tagOf(number, wireType ?? (isDelimited ? StartGroup : LengthDelimited))
    this.endTag = isDelimited ? tagOf(number, EndGroup) : 0
  }

  /** Of a message. */
  get message(): MessageTable {
    this.#table ??= this.#tables.message(this.#message!)
    return this.#table
  }
}

function kindOf(element: ElementPlan, form: SpecialForm | undefined): number {
  if (element.kind === 'scalar') return element.type
  if (element.kind === 'enum') return Kind.Enum
  return form === undefined ? Kind.Message : KIND_OF_FORM[form]
}

function wrappedType(wrapper: MessagePlan): ScalarType {
  const { element } = wrapper.fields[0]!
  if (element.kind !== 'scalar') throw new TypeError(`${wrapper.typeName} wraps no scalar`)
  return element.type
}

export class FieldTable {
  readonly plan: FieldPlan
  readonly jsonName: string
  readonly shape: number
  readonly element: ElementTable
  /** Of a map: the key, and the value in an entry. */
  readonly mapKey: ElementTable | undefined
  readonly mapValue: ElementTable | undefined
  /** Of a list that is packed, or of a map's entry. */
  readonly groupTag: number
  readonly isPacked: boolean
  /** Written at its default too. */
  readonly keepsDefault: boolean
  /** `"pageSize":` as it stands in JSON, where the name needs no escape. */
  readonly key: Uint8Array
  /** Where the field's bits are; -1 for an extension, which has none. */
  readonly word: number
  readonly bit: number
  /** Where its oneof's bit is; -1: it is of none. */
  readonly oneofWord: number
  readonly oneofBit: number
  /** null is a value of the field, not its absence: a singular Value or NullValue. */
  readonly takesNull: boolean
  /** Of a oneof, or required: a message has to know whether it has a value. */
  readonly isTracked: boolean
  readonly isExtension: boolean
  /** The field whose key came after this one's the last time. A guess only. */
  next: FieldTable

  constructor(plan: FieldPlan, index: number, oneofIndex: number, tables: DecodeTables) {
    this.plan = plan
    this.jsonName = plan.jsonName
    this.shape = plan.shape === 'singular' ? Shape.Singular : plan.shape === 'list' ? Shape.List : Shape.Map
    const isMap = plan.mapKey !== undefined
    this.element = new ElementTable(plan.element, plan.number, this.shape === Shape.Singular, tables)
    this.mapKey = plan.mapKey === undefined ? undefined : new ElementTable(plan.mapKey, 1, false, tables)
    this.mapValue = isMap ? new ElementTable(plan.element, 2, false, tables) : undefined
    this.isPacked = plan.isPacked
    this.groupTag = tagOf(plan.number, LengthDelimited)
    this.keepsDefault = plan.hasPresence
    this.key = Buffer.from(`${JSON.stringify(plan.jsonName)}:`)
    this.word = index >> 5
    this.bit = 1 << (index & 31)
    this.oneofWord = oneofIndex >> 5
    this.oneofBit = 1 << (oneofIndex & 31)
    this.takesNull = this.shape === Shape.Singular && this.element.takesNull
    this.isTracked = oneofIndex >= 0 || plan.isRequired
    this.isExtension = index < 0
    this.next = this
  }
}

/** `words` of bits for the keys seen and as many for the values set; the latter have one for each oneof too. */
export class MessageTable {
  readonly plan: MessagePlan
  /** By number. */
  readonly fields: readonly FieldTable[]
  readonly names: NameTable<FieldTable>
  readonly words: number
  readonly required: readonly FieldTable[]
  readonly hasRequired: boolean
  /** The field whose key came first the last time. A guess only; undefined where there are no fields. */
  first: FieldTable | undefined
  readonly #tables: DecodeTables
  readonly #ofPlan = new Map<FieldPlan, FieldTable>()

  constructor(plan: MessagePlan, tables: DecodeTables) {
    this.plan = plan
    this.#tables = tables
    const oneofs = new Map(plan.desc.oneofs.map((oneof, index) => [oneof, plan.fields.length + index]))
    this.fields = plan.fields.map((field, index) => {
      const oneofIndex = field.oneof === undefined ? -1 : oneofs.get(field.oneof)!
      return new FieldTable(field, index, oneofIndex, tables)
    })
    this.words = (plan.fields.length + plan.desc.oneofs.length + 31) >> 5
    for (const field of this.fields) this.#ofPlan.set(field.plan, field)
    this.names = new NameTable(new Map([...plan.byName].map(([name, field]) => [name, this.#ofPlan.get(field)!])))
    this.required = plan.required.map((field) => this.#ofPlan.get(field)!)
    this.hasRequired = this.required.length > 0
    this.first = this.fields[0]
    for (let i = 0; i + 1 < this.fields.length; i++) this.fields[i]!.next = this.fields[i + 1]!
  }

  /** The table of a field of this message, or of an extension of it. */
  field(plan: FieldPlan): FieldTable {
    let table = this.#ofPlan.get(plan)
    if (table === undefined) {
      table = new FieldTable(plan, -1, -1, this.#tables)
      this.#ofPlan.set(plan, table)
    }
    return table
  }

  /** The field a JSON or proto name leads to, or an extension's name in brackets; undefined: there is none. */
  byName(name: string): FieldTable | undefined {
    const plan =
      this.plan.byName.get(name) ??
      (name.startsWith('[') && name.endsWith(']') ? this.plan.extensionByName(name.slice(1, -1)) : undefined)
    return plan === undefined ? undefined : this.field(plan)
  }
}
