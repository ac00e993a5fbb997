import {
  Edition,
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility as Default,
  SymbolVisibility,
} from '@bufbuild/protobuf/wkt'
import { elementsOf } from '../elements.js'
import { feature } from '../features.js'
import type { LinkContext } from '../link-context.js'
import type { EnumSymbol, MessageSymbol } from '../pool.js'

/** Paths of the type names in a field and a method. */
const TYPE_NAME = 6
const EXTENDEE = 2

/** Types that an edition 2024 file keeps to itself are not used by other files (`export` and `local`). */
export function checkVisibility(context: LinkContext): void {
  const check = (name: string, where: readonly number[], selector: string) => {
    const symbol = name.startsWith('.') ? context.pool.symbols.get(name.slice(1)) : undefined
    if (symbol?.kind !== 'message' && symbol?.kind !== 'enum') return
    if (symbol.file === context.file || isExported(symbol)) return
    context.error(where, `\`${symbol.fullName}\` is local to "${symbol.file.name}"`, selector, 'mark it `export` there')
  }
  for (const element of elementsOf(context.file.proto)) {
    const { path, fullName } = element
    if (element.kind === 'field') {
      check(element.proto.typeName, [...path, TYPE_NAME], fullName)
      check(element.proto.extendee, [...path, EXTENDEE], fullName)
    } else if (element.kind === 'method') {
      check(element.proto.inputType, [...path, 2], fullName)
      check(element.proto.outputType, [...path, 3], fullName)
    }
  }
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
