import type { DescEnum, DescField, DescExtension, DescMessage, DescOneof, ScalarType } from '@bufbuild/protobuf'
import type { ReadyText } from '../text/ready-text.js'
import type { WireType } from '../wire/writer.js'

/**
 * What is known of a message type once, whatever the format: made from its descriptor with features resolved, then
 * only walked. Plans refer to each other lazily, since types may contain themselves.
 */
export interface MessagePlan {
  readonly desc: DescMessage
  readonly typeName: string
  /** The special JSON form of a well-known type; undefined: an ordinary message. */
  readonly form: SpecialForm | undefined
  /** By field number. */
  readonly fields: readonly FieldPlan[]
  readonly byNumber: ReadonlyMap<number, FieldPlan>
  /** Fields by number, as far as numbers are small: a lookup costs one load. What is not here, `farField` may know. */
  readonly nearFields: readonly (FieldPlan | undefined)[]
  /** A field with a large number, or an extension. */
  farField(number: number): FieldPlan | undefined
  /** Fields without presence, by number: those that are written at their default where defaults are written. */
  readonly implicitFields: readonly FieldPlan[]
  /** By JSON name and by proto name; where one field's name is another's JSON name, the JSON name holds. */
  readonly byName: ReadonlyMap<string, FieldPlan>
  /** Proto2 and editions LEGACY_REQUIRED. */
  readonly required: readonly FieldPlan[]
  /** The extension of this message with the full name, or undefined where the registry has none. */
  extensionByName(fullName: string): FieldPlan | undefined
  extensionByNumber(number: number): FieldPlan | undefined
}

/** The well-known types whose JSON is not an object of their fields (protobuf.dev, ProtoJSON). */
export type SpecialForm = 'any' | 'timestamp' | 'duration' | 'fieldMask' | 'struct' | 'value' | 'listValue' | 'wrapper'

export interface FieldPlan {
  readonly desc: DescField | DescExtension
  readonly number: number
  /** Proto name; for an extension `[full.name]`, as its key in JSON. */
  readonly name: string
  readonly jsonName: string
  /** `,"pageSize":`, ready to be written. */
  readonly jsonKey: ReadyText
  readonly protoKey: ReadyText
  readonly shape: 'singular' | 'list' | 'map'
  /** The value, the item of a list, or the value of a map. */
  readonly element: ElementPlan
  /** The element's type as a number of descriptor.proto, for a `switch`: a ScalarType, or one of `TypeCode`. */
  readonly type: number
  /** Of one value; the items of a list that are no messages, strings or bytes may come packed too. */
  readonly wireType: WireType
  readonly isPackable: boolean
  /** Of a string, or a map of strings: see `ScalarElement`. */
  readonly validatesUtf8: boolean
  /** The tag of a value that is not packed: of an entry for a map. */
  readonly tag: number
  /** The order in which text formats write: by number, extensions (in no order of the type's) after all others. */
  readonly rank: number
  /** A map's key; undefined otherwise. */
  readonly mapKey: ScalarElement | undefined
  /** A list written packed. (Readers take both.) */
  readonly isPacked: boolean
  /** Written whenever set, also at its default. */
  readonly hasPresence: boolean
  readonly isRequired: boolean
  readonly oneof: DescOneof | undefined
  /** A bit of 32 for the oneof; 0: none. From the 31st oneof on they share one, so that two may look like one. */
  readonly oneofBit: number
}

/** google.protobuf.FieldDescriptorProto.Type of what is no scalar (descriptor.proto). */
export const TypeCode = { Group: 10, Message: 11, Enum: 14 } as const

export type ElementPlan = ScalarElement | EnumElement | MessageElement

export interface ScalarElement {
  readonly kind: 'scalar'
  readonly type: ScalarType
  /** Strings with `utf8_validation: NONE` may hold any bytes on the wire. */
  readonly validatesUtf8: boolean
}

export interface EnumElement {
  readonly kind: 'enum'
  readonly enum: EnumPlan
}

export interface MessageElement {
  readonly kind: 'message'
  /** Looked up when first asked for. */
  readonly message: MessagePlan
  /** A group: between a start and an end tag. */
  readonly isDelimited: boolean
}

export interface EnumPlan {
  readonly desc: DescEnum
  readonly typeName: string
  /** An open enum keeps numbers it does not know. */
  readonly isOpen: boolean
  /** `google.protobuf.NullValue`: null in JSON. */
  readonly isNullValue: boolean
  /** What a field without a value holds. */
  readonly zero: number
  /** Every alias. */
  readonly numbers: ReadonlyMap<string, number>
  /** The first name listed for a number. */
  readonly names: ReadonlyMap<number, string>
  /** The same quoted, as JSON text. */
  readonly quotedNames: ReadonlyMap<number, ReadyText>
}
