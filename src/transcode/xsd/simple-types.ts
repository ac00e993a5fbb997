import { ScalarType } from '@bufbuild/protobuf'
import type { ElementPlan, EnumPlan, MessagePlan, ScalarElement } from '../plan/types.js'
import { element, type XmlElement } from './element.js'

/** A simple type: what the text of an element or attribute may be. */
export interface SimpleType {
  /** Local name in the schema of every namespace that needs it; `xs:string` needs none. */
  readonly name: string
  /** Simple types it refers to. */
  readonly uses: readonly SimpleType[]
  /** @param reference how a type it uses is named where it stands */
  readonly definition: ((reference: (type: SimpleType) => string) => XmlElement) | undefined
}

/** RFC 8259 §6, in its parts. */
const WHOLE = '-?(0|[1-9][0-9]*)'
const EXPONENT = '[eE][+\\-]?[0-9]+'
const NUMBER = `${WHOLE}(\\.[0-9]+)?(${EXPONENT})?`

const STRING: SimpleType = { name: 'xs:string', uses: [], definition: undefined }
const BOOL = restriction('bool', 'xs:boolean', { pattern: 'true|false' })
const INT32 = integer('int32', '-2147483648', '2147483647')
const UINT32 = integer('uint32', '0', '4294967295')
const INT64 = integer('int64', '-9223372036854775808', '9223372036854775807')
const UINT64 = integer('uint64', '0', '18446744073709551615')
/** What rounds to no float any more: half a unit in the last place above the largest. */
const FLOAT = floating('float', { minExclusive: '-3.4028235677973366E38', maxExclusive: '3.4028235677973366E38' })
const DOUBLE = floating('double', { minInclusive: '-1.7976931348623157E308', maxInclusive: '1.7976931348623157E308' })

/** Base64 and base64url, padded or not, with white space anywhere. */
const BYTES = ((): SimpleType => {
  const digit = '[A-Za-z0-9+/_\\-]\\s*'
  const three = digit + digit + digit
  const pattern = `\\s*(${three}${digit})*(${digit}${digit}(=\\s*=\\s*)?|${three}(=\\s*)?)?`
  return restriction('bytes', 'xs:string', { pattern })
})()

const TIMESTAMP = restriction('timestamp', 'xs:dateTime', {
  pattern:
    '[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+\\-]([01][0-9]|2[0-3]):[0-5][0-9])',
  minInclusive: '0001-01-01T00:00:00Z',
  maxInclusive: '9999-12-31T23:59:59.999999999Z',
})

/** duration.proto: at most 315,576,000,000 seconds. */
const DURATION = restriction('duration', 'xs:token', {
  pattern:
    '-?([0-9]{1,11}|[0-2][0-9]{11}|30[0-9]{10}|31[0-4][0-9]{9}|315[0-4][0-9]{8}|3155[0-6][0-9]{7}|31557[0-5][0-9]{6}|315576000000)(\\.[0-9]{1,9})?s',
})

const FIELD_MASK = restriction('fieldMask', 'xs:token', { pattern: '([^,_]+(,[^,_]+)*)?' })
/** The element `nullValue` of a Value. */
export const NULL_VALUE = restriction('null', 'xs:token', { enumeration: ['', 'NULL_VALUE'] })
/** The element `numberValue` of a Value: no word is a number there. */
export const FINITE = restriction('number', 'xs:double', {
  pattern: NUMBER,
  minInclusive: '-1.7976931348623157E308',
  maxInclusive: '1.7976931348623157E308',
})
export { BOOL, STRING }

/** The type of the text of a scalar, an enum, or a well-known type whose form is one text. */
export function simpleTypeOf(plan: ElementPlan): SimpleType {
  switch (plan.kind) {
    case 'scalar':
      return scalarType(plan.type)
    case 'enum':
      return enumType(plan.enum)
    case 'message':
      return knownType(plan.message)
  }
}

/** @param plan a type of text form */
export function knownType(plan: MessagePlan): SimpleType {
  switch (plan.form) {
    case 'timestamp':
      return TIMESTAMP
    case 'duration':
      return DURATION
    case 'fieldMask':
      return FIELD_MASK
    case 'wrapper':
      return scalarType((plan.fields[0]!.element as ScalarElement).type)
    default:
      throw new TypeError(`${plan.typeName} has no form of one text`)
  }
}

export function scalarType(type: ScalarType): SimpleType {
  switch (type) {
    case ScalarType.STRING:
      return STRING
    case ScalarType.BYTES:
      return BYTES
    case ScalarType.BOOL:
      return BOOL
    case ScalarType.FLOAT:
      return FLOAT
    case ScalarType.DOUBLE:
      return DOUBLE
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return INT32
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return UINT32
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return UINT64
    default:
      return INT64
  }
}

const enumTypes = new WeakMap<EnumPlan, SimpleType>()

/** Names, and numbers: all of an open enum, its own of a closed one. */
function enumType(plan: EnumPlan): SimpleType {
  let type = enumTypes.get(plan)
  if (type === undefined) enumTypes.set(plan, (type = makeEnumType(plan)))
  return type
}

function makeEnumType(plan: EnumPlan): SimpleType {
  const names = restrict('xs:token', { enumeration: [...plan.numbers.keys()] })
  const numbers = [...new Set(plan.numbers.values())].map(String)
  return {
    name: plan.typeName,
    uses: [INT32],
    definition: (reference) =>
      union(
        plan.typeName,
        plan.isOpen ? [reference(INT32)] : [],
        plan.isOpen ? [names] : [names, restrict(reference(INT32), { enumeration: numbers })],
      ),
  }
}

/** An integer as JSON may write it: plain, with a fraction of zeros, or with an exponent (then its range alone is known). */
function integer(name: string, minInclusive: string, maxInclusive: string): SimpleType {
  const bounds = { minInclusive, maxInclusive }
  const members = [
    restrict('xs:integer', { pattern: WHOLE, ...bounds }),
    restrict('xs:decimal', { pattern: `${WHOLE}\\.0+`, ...bounds }),
    restrict('xs:double', { pattern: `${WHOLE}(\\.[0-9]+)?${EXPONENT}`, ...bounds }),
  ]
  return { name, uses: [], definition: () => union(name, [], members) }
}

function floating(name: string, bounds: Facets): SimpleType {
  const number = restrict('xs:double', { pattern: NUMBER, ...bounds })
  const words = restrict('xs:token', { enumeration: ['NaN', 'Infinity', '-Infinity'] })
  return { name, uses: [], definition: () => union(name, [], [number, words]) }
}

type Facets = Readonly<Record<string, string | readonly string[]>>

function restriction(name: string, base: string, facets: Facets): SimpleType {
  const definition = { ...restrict(base, facets), attributes: { name } }
  return { name, uses: [], definition: () => definition }
}

/** A simple type without name. */
function restrict(base: string, facets: Facets): XmlElement {
  const content = Object.entries(facets).flatMap(([facet, values]) =>
    [values].flat().map((value) => element(`xs:${facet}`, { value })),
  )
  return element('xs:simpleType', {}, [element('xs:restriction', { base }, content)])
}

function union(name: string, memberTypes: readonly string[], members: readonly XmlElement[]): XmlElement {
  const attributes = { memberTypes: memberTypes.length === 0 ? undefined : memberTypes.join(' ') }
  return element('xs:simpleType', { name }, [element('xs:union', attributes, members)])
}
