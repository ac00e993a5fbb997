import {
  Edition,
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility as Default,
  SymbolVisibility,
} from '@bufbuild/protobuf/wkt'
import { elementsOf, type Element } from '../elements.js'
import { feature } from '../features.js'
import type { LinkContext } from '../link-context.js'
import { MAX_FIELD_NUMBER_END } from '../parse-ranges.js'
import type { EnumSymbol, MessageSymbol } from '../pool.js'

/** Paths of the type names in a field and a method. */
const TYPE_NAME = 6
const EXTENDEE = 2

/** Types that an edition 2024 file keeps to itself are not used by other files (`export` and `local`). */
export function checkVisibility(context: LinkContext): void {
  // Before edition 2024 there was nothing to keep.
  if (![...context.file.visible].some(({ edition }) => edition >= Edition.EDITION_2024)) return
  const check = (name: string, where: readonly number[], selector: string) => {
    const symbol = name.startsWith('.') ? context.pool.symbols.get(name.slice(1)) : undefined
    if (symbol?.kind !== 'message' && symbol?.kind !== 'enum') return
    if (symbol.file === context.file || isExported(symbol)) return
    context.error(where, `\`${symbol.fullName}\` is local to "${symbol.file.name}"`, selector, 'mark it `export` there')
  }
  const isStrict = feature('defaultSymbolVisibility', context.file, undefined) === Default.STRICT
  for (const element of elementsOf(context.file.proto)) {
    const { path, fullName } = element
    if (isStrict && (element.kind === 'message' || element.kind === 'enum')) checkStrict(context, element)
    if (element.kind === 'field') {
      check(element.proto.typeName, [...path, TYPE_NAME], fullName)
      check(element.proto.extendee, [...path, EXTENDEE], fullName)
    } else if (element.kind === 'method') {
      check(element.proto.inputType, [...path, 2], fullName)
      check(element.proto.outputType, [...path, 3], fullName)
    }
  }
}

/** `default_symbol_visibility = STRICT`: nested types stay local, but for the enums of a message that is only a scope. */
function checkStrict(context: LinkContext, { proto, path, fullName }: Element & { kind: 'message' | 'enum' }): void {
  if (path.length === 2 || proto.visibility !== SymbolVisibility.VISIBILITY_EXPORT) return
  const around = context.pool.message(fullName.slice(0, fullName.lastIndexOf('.')))
  const isScope = around?.proto.reservedRange.some(({ start, end }) => start === 1 && end === MAX_FIELD_NUMBER_END)
  if (proto.$typeName === 'google.protobuf.EnumDescriptorProto' && isScope === true) return
  context.error(
    path,
    `nested type \`${proto.name}\` cannot be \`export\` where \`default_symbol_visibility\` is STRICT`,
    fullName,
    'move it to the top level',
  )
}

function isExported(symbol: MessageSymbol | EnumSymbol): boolean {
  if (symbol.file.edition < Edition.EDITION_2024) return true
  const { visibility } = symbol.proto
  if (visibility !== SymbolVisibility.VISIBILITY_UNSET) return visibility === SymbolVisibility.VISIBILITY_EXPORT
  switch (feature('defaultSymbolVisibility', symbol.file, undefined)) {
    case Default.EXPORT_ALL:
      return true
    case Default.EXPORT_TOP_LEVEL:
      return symbol.parent === undefined
    default:
      return false
  }
}
