import { Escapes } from '../text/escapes.js'
import { isAllowed } from './characters.js'
import { escapeAttribute, escapeText } from './escape.js'

/** Character data, as `escapeText` writes it; what XML 1.0 cannot hold is refused. */
export const TEXT_ESCAPES = escapes('<>&\r', escapeText)
/** The value of an attribute in double quotes, as `escapeAttribute` writes it. */
export const ATTRIBUTE_ESCAPES = escapes('<>&"\t\n\r', escapeAttribute)

function escapes(characters: string, escape: (text: string) => string): Escapes {
  const texts = new Map<number, string | undefined>()
  for (let code = 0; code < 0x20; code++) if (!isAllowed(code)) texts.set(code, undefined)
  for (const character of characters) texts.set(character.charCodeAt(0), escape(character))
  return new Escapes(texts, ['<>', '"&'], false, true)
}
