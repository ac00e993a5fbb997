import {
  ScalarType,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescOneof,
  type Registry,
} from '@bufbuild/protobuf'
import { readyText, type ReadyText } from '../text/ready-text.js'
import { wireTypeOf } from '../wire/scalar-value.js'
import { tagOf, WireType } from '../wire/writer.js'
import { specialFormOf } from './special-form.js'
import {
  TypeCode,
  type ElementPlan,
  type EnumPlan,
  type FieldPlan,
  type MessageElement,
  type MessagePlan,
  type ScalarElement,
} from './types.js'

/** google.protobuf.FeatureSet.FieldPresence (descriptor.proto). */
const PRESENCE_IMPLICIT = 2
const PRESENCE_LEGACY_REQUIRED = 3

/** Field numbers below this are looked up in an array. */
const NEAR_NUMBERS = 128
/** More than any field number: extensions are ranked after all ordinary fields. */
const EXTENSION_RANK = 2 ** 29
/** Bits of the set of oneofs seen; the last is shared by all oneofs there are more. */
const ONEOF_BITS = 31
const NO_ONEOFS: ReadonlyMap<DescOneof, number> = new Map()

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
    const oneofs = new Map(desc.oneofs.map((oneof, index) => [oneof, index]))
    const fields = desc.fields.map((field) => this.#compileField(field, oneofs)).sort((a, b) => a.number - b.number)
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
      const field = this.#compileField(extension, NO_ONEOFS)
      extensions.set(number, field)
      return field
    }
    const numbers = new Map(fields.map((field) => [field.number, field]))
    return {
      desc,
      typeName: desc.typeName,
      form: specialFormOf(desc),
      fields,
      byNumber: numbers,
      nearFields: nearFields(fields),
      farField: (number) => numbers.get(number) ?? extensionByNumber(number),
      implicitFields: fields.filter((field) => !field.hasPresence),
      byName,
      required: fields.filter((field) => field.isRequired),
      extensionByNumber,
      extensionByName: (fullName) => {
        const extension = isExtendable ? this.#registry.getExtension(fullName) : undefined
        return extension?.extendee.typeName === desc.typeName ? extensionByNumber(extension.number) : undefined
      },
    }
  }

  /** @param oneofs of the message, with their indexes */
  #compileField(desc: DescField | DescExtension, oneofs: ReadonlyMap<DescOneof, number>): FieldPlan {
    const name = desc.kind === 'extension' ? `[${desc.typeName}]` : desc.name
    const jsonName = desc.kind === 'extension' ? name : desc.jsonName
    const shape = desc.fieldKind === 'list' || desc.fieldKind === 'map' ? desc.fieldKind : 'singular'
    const element = this.#compileElement(desc)
    const type = typeOf(element)
    const wireType = wireTypeOf(type)
    const oneof = desc.kind === 'field' && shape === 'singular' ? desc.oneof : undefined
    return {
      desc,
      number: desc.number,
      name,
      jsonName,
      jsonKey: jsonKey(jsonName),
      protoKey: jsonKey(name),
      shape,
      element,
      type,
      wireType,
      isPackable: shape === 'list' && wireType !== WireType.LengthDelimited && wireType !== WireType.StartGroup,
      tag: tagOf(desc.number, shape === 'map' ? WireType.LengthDelimited : wireType),
      validatesUtf8: desc.utf8Validation,
      rank: desc.kind === 'extension' ? EXTENSION_RANK + desc.number : desc.number,
      mapKey: desc.fieldKind === 'map' ? scalarElement(desc.mapKey, desc.utf8Validation) : undefined,
      isPacked: desc.fieldKind === 'list' && desc.packed,
      // Singular messages always have presence, whatever the feature says.
      hasPresence: shape === 'singular' && (desc.fieldKind === 'message' || desc.presence !== PRESENCE_IMPLICIT),
      isRequired: desc.presence === PRESENCE_LEGACY_REQUIRED,
      oneof,
      oneofBit: oneof === undefined ? 0 : 1 << Math.min(oneofs.get(oneof)!, ONEOF_BITS - 1),
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
      quotedNames: new Map([...names].map(([number, name]) => [number, readyText(JSON.stringify(name))])),
    }
    this.#enums.set(desc, plan)
    return plan
  }
}

function jsonKey(name: string): ReadyText {
  return readyText(`,${JSON.stringify(name)}:`)
}

function nearFields(fields: readonly FieldPlan[]): (FieldPlan | undefined)[] {
  const near: (FieldPlan | undefined)[] = []
  for (const field of fields) {
    if (field.number >= NEAR_NUMBERS) break
    while (near.length < field.number) near.push(undefined)
    near.push(field)
  }
  return near
}

function typeOf(element: ElementPlan): number {
  if (element.kind === 'scalar') return element.type
  if (element.kind === 'enum') return TypeCode.Enum
  return element.isDelimited ? TypeCode.Group : TypeCode.Message
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
