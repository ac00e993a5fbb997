import { Edition } from '@bufbuild/protobuf/wkt'
import { elementsOf, type Element } from '../elements.js'
import { feature } from '../features.js'
import type { LinkContext } from '../link-context.js'
import type { MessageSymbol } from '../pool.js'

const STYLE_LEGACY = 2

/** Edition 2024 asks for the names of the style guide (`features.enforce_naming_style`, protobuf.dev "Style Guide"). */
export function checkNamingStyle(context: LinkContext): void {
  if (context.file.edition < Edition.EDITION_2024) return
  // Enum values and methods come after what they are declared in, and take over its choice.
  let container = 0
  for (const element of elementsOf(context.file.proto)) {
    if (element.kind === 'range') continue
    if (isMapEntryPart(context, element)) continue
    const own = element.proto.options?.features?.enforceNamingStyle ?? 0
    if (element.kind === 'enum' || element.kind === 'service') container = own
    const chosen = own !== 0 ? own : inherited(context, element, container)
    if (chosen !== STYLE_LEGACY) checkName(context, element)
  }
}

function inherited(context: LinkContext, element: Element, container: number): number {
  if (container !== 0 && (element.kind === 'value' || element.kind === 'method')) return container
  const around = context.pool.message(element.fullName.slice(0, Math.max(0, element.fullName.lastIndexOf('.'))))
  if (element.kind === 'field' && Object.hasOwn(element.proto, 'oneofIndex')) {
    const oneof = around?.proto.oneofDecl[element.proto.oneofIndex]?.options?.features?.enforceNamingStyle ?? 0
    if (oneof !== 0) return oneof
  }
  return feature('enforceNamingStyle', context.file, around)
}

function checkName(context: LinkContext, element: Element): void {
  const error = (name: string, rule: string) =>
    context.error(
      [...element.path, 1],
      `name \`${name}\` is not ${rule}`,
      element.fullName,
      'rename it, or set `features.enforce_naming_style = STYLE_LEGACY`',
    )
  switch (element.kind) {
    case 'file': {
      const name = element.proto.package
      if (name !== '' && !name.split('.').every(isLowerSnakeCase))
        context.error(
          [2],
          `package \`${name}\` is not in lower_snake_case`,
          name,
          'rename it, or set `features.enforce_naming_style = STYLE_LEGACY`',
        )
      return
    }
    case 'message':
    case 'enum':
    case 'service':
    case 'method':
      if (!isPascalCase(element.proto.name)) error(element.proto.name, 'in PascalCase')
      return
    case 'field':
    case 'oneof':
      if (!isLowerSnakeCase(element.proto.name)) error(element.proto.name, 'in lower_snake_case')
      return
    case 'value':
      if (!isUpperSnakeCase(element.proto.name)) error(element.proto.name, 'in UPPER_SNAKE_CASE')
      return
    default:
  }
}

function isMapEntryPart(context: LinkContext, element: Element): boolean {
  if (element.kind === 'message') return element.proto.options?.mapEntry === true
  if (element.kind !== 'field') return false
  const around: MessageSymbol | undefined = context.pool.message(
    element.fullName.slice(0, element.fullName.lastIndexOf('.')),
  )
  return around?.proto.options?.mapEntry === true
}

const isLower = (unit: number) => unit >= 97 && unit <= 122
const isUpper = (unit: number) => unit >= 65 && unit <= 90
const isDigit = (unit: number) => unit >= 48 && unit <= 57

function isPascalCase(name: string): boolean {
  if (!isUpper(name.charCodeAt(0))) return false
  return !name.includes('_')
}

/** Words of letters and digits joined by single underscores, each word beginning with a letter. */
function isSnakeCase(name: string, isLetter: (unit: number) => boolean): boolean {
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at)
    if (isLetter(unit)) continue
    if (isDigit(unit)) {
      if (at === 0 || name[at - 1] === '_') return false
    } else if (unit !== 95 || at === 0 || at === name.length - 1 || name[at - 1] === '_') return false
  }
  return name !== ''
}

const isLowerSnakeCase = (name: string) => isSnakeCase(name, isLower)
const isUpperSnakeCase = (name: string) => isSnakeCase(name, isUpper)
