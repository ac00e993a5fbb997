import { tagOf, WireType } from './writer.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Fixed64, LengthDelimited, Varint } = WireType

/** Tags of the well-known types' fields (google/protobuf/*.proto), whose numbers the plans have checked. */

/** Struct's `fields`, an entry's key, ListValue's `values`, an Any's `type_url`, a FieldMask's `paths`. */
export const FIRST = tagOf(1, LengthDelimited)
/** An entry's value, an Any's bytes. */
export const SECOND = tagOf(2, LengthDelimited)
/** Of a Timestamp and a Duration. */
export const SECONDS = tagOf(1, Varint)
export const NANOS = tagOf(2, Varint)
/** The kinds of a Value. */
export const NULL_VALUE = tagOf(1, Varint)
export const NUMBER_VALUE = tagOf(2, Fixed64)
export const STRING_VALUE = tagOf(3, LengthDelimited)
export const BOOL_VALUE = tagOf(4, Varint)
export const STRUCT_VALUE = tagOf(5, LengthDelimited)
export const LIST_VALUE = tagOf(6, LengthDelimited)
