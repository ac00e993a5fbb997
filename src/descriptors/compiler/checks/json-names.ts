import type { LinkContext } from '../link-context.js'
import { isJsonStrict } from '../features.js'
import { jsonNameOf } from '../names.js'
import { FIELD } from '../parse-field.js'
import { MESSAGE } from '../parse-message.js'
import type { MessageDeclaration } from './declarations.js'

/** Two fields of one message must not have one JSON name (ProtoJSON); proto2 is warned, as long as both are derived. */
export function checkJsonNames(context: LinkContext, { symbol, path }: MessageDeclaration): void {
  const { proto, file, fullName } = symbol
  const isStrict = isJsonStrict(file, symbol.parent, proto.options?.features)
  const isLegacy = proto.options?.deprecatedLegacyJsonFieldConflicts === true
  const byJsonName = new Map<string, { name: string; isCustom: boolean }>()
  proto.field.forEach((field, index) => {
    const { name, jsonName } = field
    const isCustom = jsonName !== jsonNameOf(name)
    const where = [...path, MESSAGE.field, index, isCustom ? FIELD.jsonName : FIELD.name]
    const selector = `${fullName}.${name}`
    if (jsonName.includes('\0')) context.error(where, 'a JSON name must not have a NUL in it', selector)
    // ProtoJSON writes extensions so.
    if (isCustom && jsonName.startsWith('[') && jsonName.endsWith(']'))
      context.error(
        where,
        `JSON name "${jsonName}" looks like that of an extension`,
        selector,
        'leave the brackets out',
      )
    const other = byJsonName.get(jsonName)
    if (other === undefined) {
      byJsonName.set(jsonName, { name, isCustom })
      return
    }
    const message = `JSON name "${jsonName}" is that of \`${other.name}\` already`
    if (other.name === name) return
    // Two names that somebody wrote are never meant to clash; one that follows from a field's name may be.
    const isWritten = isCustom && other.isCustom
    if (!isWritten && (isLegacy || !isStrict)) context.warn(where, message, selector, 'set `json_name` on one of them')
    else context.error(where, message, selector, 'set another `json_name` on one of them')
  })
}
