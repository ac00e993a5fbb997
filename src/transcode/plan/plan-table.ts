import {
  ScalarType,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type Registry,
} from '@bufbuild/protobuf'
import { specialFormOf } from './special-form.js'
import type { ElementPlan, EnumPlan, FieldPlan, MessageElement, MessagePlan, ScalarElement } from './types.js'

/** google.protobuf.FeatureSet.FieldPresence (descriptor.proto). */
const PRESENCE_IMPLICIT = 2
const PRESENCE_LEGACY_REQUIRED = 3

/** The plans of one registry's types, each compiled when first asked for and then kept. */
export class PlanTable {
  readonly #registry: Registry
  readonly #messages = new Map<DescMessage, MessagePlan>()
  readonly #enums = new Map<DescEnum, EnumPlan>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  messagePlan(desc: DescMessage): MessagePlan {
    let plan = this.#messages.get(desc)
    if (plan === undefined) {
      plan = this.#compileMessage(desc)
      this.#messages.set(desc, plan)
    }
    return plan
  }

  /** The plan of the message type with the full name, or undefined where the registry has none. */
  messagePlanByName(typeName: string): MessagePlan | undefined {
    const desc = this.#registry.getMessage(typeName)
    return desc === undefined ? undefined : this.messagePlan(desc)
  }

  /** The plan of a field, which is part of its message's. */
  fieldPlan(desc: DescField): FieldPlan {
    return this.messagePlan(desc.parent).byNumber.get(desc.number)!
  }

  #compileMessage(desc: DescMessage): MessagePlan {
    const fields = desc.fields.map((field) => this.#compileField(field)).sort((a, b) => a.number - b.number)
    const byName = new Map<string, FieldPlan>()
    for (const field of fields) if (!byName.has(field.jsonName)) byName.set(field.jsonName, field)
    for (const field of fields) if (!byName.has(field.name)) byName.set(field.name, field)
    const extensions = new Map<number, FieldPlan | undefined>()
    const isExtendable = desc.proto.extensionRange.length > 0
    const extensionByNumber = (number: number): FieldPlan | undefined => {
      if (!isExtendable) return undefined
      const known = extensions.get(number)
      if (known !== undefined) return known
      const extension = this.#registry.getExtensionFor(desc, number)
      if (extension === undefined) return undefined
      const field = this.#compileField(extension)
      extensions.set(number, field)
      return field
    }
    return {
      desc,
      typeName: desc.typeName,
      form: specialFormOf(desc),
      fields,
      byNumber: new Map(fields.map((field) => [field.number, field])),
      byName,
      required: fields.filter((field) => field.isRequired),
      extensionByNumber,
      extensionByName: (fullName) => {
        const extension = isExtendable ? this.#registry.getExtension(fullName) : undefined
        return extension?.extendee.typeName === desc.typeName ? extensionByNumber(extension.number) : undefined
      },
    }
  }

  #compileField(desc: DescField | DescExtension): FieldPlan {
    const name = desc.kind === 'extension' ? `[${desc.typeName}]` : desc.name
    const jsonName = desc.kind === 'extension' ? name : desc.jsonName
    const shape = desc.fieldKind === 'list' || desc.fieldKind === 'map' ? desc.fieldKind : 'singular'
    return {
      desc,
      number: desc.number,
      name,
      jsonName,
      jsonKey: `${JSON.stringify(jsonName)}:`,
      protoKey: `${JSON.stringify(name)}:`,
      shape,
      element: this.#compileElement(desc),
      mapKey: desc.fieldKind === 'map' ? scalarElement(desc.mapKey, desc.utf8Validation) : undefined,
      isPacked: desc.fieldKind === 'list' && desc.packed,
      // Singular messages always have presence, whatever the feature says.
      hasPresence: shape === 'singular' && (desc.fieldKind === 'message' || desc.presence !== PRESENCE_IMPLICIT),
      isRequired: desc.presence === PRESENCE_LEGACY_REQUIRED,
      oneof: desc.kind === 'field' && shape === 'singular' ? desc.oneof : undefined,
    }
  }

  #compileElement(desc: DescField | DescExtension): ElementPlan {
    if (desc.message !== undefined) {
      const isDelimited = desc.fieldKind !== 'map' && desc.delimitedEncoding
      return new LazyMessageElement(this, desc.message, isDelimited)
    }
    if (desc.enum !== undefined) return { kind: 'enum', enum: this.#enumPlan(desc.enum) }
    return scalarElement(desc.scalar!, desc.utf8Validation)
  }

  #enumPlan(desc: DescEnum): EnumPlan {
    const known = this.#enums.get(desc)
    if (known !== undefined) return known
    const numbers = new Map<string, number>()
    const names = new Map<number, string>()
    for (const value of desc.values) {
      // `jsonName` differs from the name only where the option (pb.enumvalue.json) says so.
      if (!names.has(value.number)) names.set(value.number, value.jsonName)
      if (!numbers.has(value.jsonName)) numbers.set(value.jsonName, value.number)
    }
    for (const value of desc.values) numbers.set(value.name, value.number)
    const plan: EnumPlan = {
      desc,
      typeName: desc.typeName,
      isOpen: desc.open,
      isNullValue: desc.typeName === 'google.protobuf.NullValue',
      zero: desc.values[0]?.number ?? 0,
      numbers,
      names,
      quotedNames: new Map([...names].map(([number, name]) => [number, JSON.stringify(name)])),
    }
    this.#enums.set(desc, plan)
    return plan
  }
}

function scalarElement(type: ScalarType, validatesUtf8: boolean): ScalarElement {
  return { kind: 'scalar', type, validatesUtf8: type === ScalarType.STRING && validatesUtf8 }
}

/** Types may contain themselves, so the plan of a field's type is looked up at its first use. */
class LazyMessageElement implements MessageElement {
  readonly kind = 'message'
  readonly isDelimited: boolean
  readonly #table: PlanTable
  readonly #desc: DescMessage
  #plan: MessagePlan | undefined = undefined

  constructor(table: PlanTable, desc: DescMessage, isDelimited: boolean) {
    this.#table = table
    this.#desc = desc
    this.isDelimited = isDelimited
  }

  get message(): MessagePlan {
    this.#plan ??= this.#table.messagePlan(this.#desc)
    return this.#plan
  }
}
