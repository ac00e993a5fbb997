import { ScalarType } from '@bufbuild/protobuf'
import { suggestName } from '../errors/nearest.js'
import { quote, shorten, ValueError } from '../errors/transcode-error.js'
import type { EnumPlan } from '../plan/types.js'
import { parseBase64 } from '../values/base64.js'
import { parseFloating } from '../values/float.js'
import { parseEnumNumber, parseInteger } from '../values/integer.js'
import type { ScalarValue } from '../wire/scalar-value.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { BOOL, BYTES, DOUBLE, FLOAT, STRING } = ScalarType

/** How texts of one kind of source are read, where sources differ. */
export interface TextRules {
  /** A FieldMask's paths may be in snake_case: in the query everyone sends `display_name`. */
  readonly allowsSnakeCase: boolean
  /** Names and numbers an enum does not have are skipped where the gateway ignores what is unknown: in bodies. */
  readonly skipsUnknownEnums: boolean
  /** NullValue may be said as `null`. */
  readonly allowsNullWord: boolean
}

/** Path variables and query parameters. */
export const PARAMETER_TEXT: TextRules = { allowsSnakeCase: true, skipsUnknownEnums: false, allowsNullWord: true }

/** Fields of a form. */
export const FORM_TEXT: TextRules = { allowsSnakeCase: true, skipsUnknownEnums: true, allowsNullWord: true }

/** Strings of types whose form is one text; enums are read by themselves there. */
export const JSON_TEXT: TextRules = { allowsSnakeCase: false, skipsUnknownEnums: true, allowsNullWord: false }

/** Elements and attributes. */
export const XML_TEXT: TextRules = { allowsSnakeCase: false, skipsUnknownEnums: true, allowsNullWord: false }

/**
 * The scalar that a text without type stands for in a field of the type: what a JSON string, or of a bool the word, says
 * (protobuf.dev ProtoJSON).
 *
 * @throws ValueError
 */
export function readScalarText(type: ScalarType, text: string): ScalarValue {
  switch (type) {
    case BOOL:
      if (text === 'true') return true
      if (text === 'false') return false
      throw new ValueError(`${quote(text)} is not a bool`)
    case STRING:
      return text
    case BYTES:
      return parseBase64(text)
    case FLOAT:
    case DOUBLE:
      return parseFloating(type, text, true, true)
    default:
      return parseInteger(type, text, true)
  }
}

/**
 * The number of an enum's name, or number, in a text; undefined where the enum has no such name and unknown ones are
 * skipped.
 *
 * @throws ValueError
 */
export function readEnumText(
  plan: EnumPlan,
  text: string,
  rules: TextRules,
  ignoresUnknown: boolean,
): number | undefined {
  if (plan.isNullValue && rules.allowsNullWord && text === 'null') return plan.zero
  const known = plan.numbers.get(text)
  if (known !== undefined) return known
  const skips = rules.skipsUnknownEnums && ignoresUnknown
  const number = parseEnumNumber(text)
  if (number !== undefined) return requireEnumNumber(plan, number, skips)
  if (skips && !looksLikeNumber(text)) return undefined
  throw unknownEnum(plan, text, rules.skipsUnknownEnums && looksLikeNumber(text) ? shorten(text) : quote(text))
}

/**
 * A closed enum's unknown number is refused, or passed on where unknown ones are ignored, to be among the unknown fields.
 *
 * @throws ValueError
 */
export function requireEnumNumber(plan: EnumPlan, number: number, ignoresUnknown: boolean): number {
  if (plan.isOpen || ignoresUnknown || plan.quotedNames.has(number)) return number
  throw new ValueError(`${number} is not a value of the closed enum ${plan.desc.name}`)
}

/** @param shown the value as the message shows it */
export function unknownEnum(plan: EnumPlan, name: string, shown: string): ValueError {
  const advice = suggestName(name, [...plan.numbers.keys()])
  return new ValueError(`${shown} is not a value of the enum ${plan.desc.name}${advice}`)
}

/** A name is never a number, so which of the two a text is can be seen. */
function looksLikeNumber(text: string): boolean {
  const first = text.charCodeAt(0)
  return first === 0x2d || (first >= 0x30 && first <= 0x39)
}
