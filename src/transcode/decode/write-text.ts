import type { ScalarType } from '@bufbuild/protobuf'
import { parseDuration } from '../values/duration.js'
import { parseFieldMask } from '../values/field-mask.js'
import { parseTimestamp, type SecondsAndNanos } from '../values/timestamp.js'
import { isDefaultScalar, wireTypeOf, writeScalar, type ScalarValue } from '../wire/scalar-value.js'
import * as knownTags from '../wire/known-tags.js'
import { tagOf, type WireWriter } from '../wire/writer.js'
import type { MessageWriter } from './message-writer.js'
import { readEnumText, readScalarText, type TextRules } from './read-text.js'
import { Kind, type ElementTable } from './tables.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { FIRST, NANOS, SECONDS } = knownTags
const { Any, Duration, Enum, FieldMask, Timestamp, Wrapper } = Kind

/**
 * Writes a value from a text without type: a path variable, a query parameter, a form's field, an element or attribute.
 *
 * @param tag 0: none, as in a packed list
 * @param keepsDefault false: a value that is its type's default is not written
 * @returns false where it stays unset: an unknown name of an enum that is skipped
 * @throws ValueError
 */
export function writeText(
  { out, ignoresUnknown }: MessageWriter,
  element: ElementTable,
  tag: number,
  keepsDefault: boolean,
  text: string,
  rules: TextRules,
): boolean {
  const { kind } = element
  if (kind === Enum) {
    const number = readEnumText(element.enum!.plan, text, rules, ignoresUnknown)
    return number !== undefined && writeEnum(out, element, tag, keepsDefault, number)
  }
  if (kind < Any) {
    writeTagged(out, kind, tag, keepsDefault, readScalarText(kind, text))
    return true
  }
  out.tag(tag)
  const mark = out.begin()
  writeTextContent(out, element, text, rules)
  out.end(mark)
  return true
}

/**
 * The same for a message whose form is one text, without its tag and length.
 *
 * @throws ValueError
 */
export function writeTextContent(out: WireWriter, element: ElementTable, text: string, rules: TextRules): void {
  switch (element.kind) {
    case Timestamp:
      writeSecondsAndNanos(out, parseTimestamp(text))
      return
    case Duration:
      writeSecondsAndNanos(out, parseDuration(text))
      return
    case FieldMask:
      writePaths(out, parseFieldMask(text, rules.allowsSnakeCase))
      return
    case Wrapper:
      writeWrapped(out, element.scalar as ScalarType, readScalarText(element.scalar as ScalarType, text))
      return
    default:
      throw new TypeError('a message has no form that is one text')
  }
}

/** Writes a scalar, of the JavaScript type of its type. */
export function writeTagged(
  out: WireWriter,
  type: ScalarType,
  tag: number,
  keepsDefault: boolean,
  value: ScalarValue,
): void {
  if (!keepsDefault && isDefaultScalar(value)) return
  if (tag !== 0) out.tag(tag)
  writeScalar(type, value, out)
}

/**
 * Writes an enum's number. A singular field of a closed enum stays unset where it has no such number; in lists and maps
 * readers put it with their unknown fields.
 *
 * @returns false where the field stays unset
 */
export function writeEnum(
  out: WireWriter,
  element: ElementTable,
  tag: number,
  keepsDefault: boolean,
  number: number,
): boolean {
  if (element.dropsUnknown && !element.enum!.plan.quotedNames.has(number)) return false
  if (!keepsDefault && number === 0) return true
  if (tag !== 0) out.tag(tag)
  out.int32(number)
  return true
}

/** google/protobuf/timestamp.proto, duration.proto */
function writeSecondsAndNanos(out: WireWriter, { seconds, nanos }: SecondsAndNanos): void {
  if (seconds !== 0n) {
    out.tag(SECONDS)
    out.varint64(seconds)
  }
  if (nanos !== 0) {
    out.tag(NANOS)
    out.int32(nanos)
  }
}

/** google/protobuf/field_mask.proto */
function writePaths(out: WireWriter, paths: readonly string[]): void {
  for (const path of paths) {
    out.tag(FIRST)
    out.string(path)
  }
}

/** google/protobuf/wrappers.proto */
export function writeWrapped(out: WireWriter, type: ScalarType, value: ScalarValue): void {
  writeTagged(out, type, tagOf(1, wireTypeOf(type)), false, value)
}
