import { Escapes } from '../text/escapes.js'

/** The escapes of JSON.stringify (ECMA-262, QuoteJSONString): the seven short ones, else `\\u001f`. */
export const JSON_ESCAPES = new Escapes(texts(), ['"', '\\'], true, false)

function texts(): Map<number, string> {
  const made = new Map<number, string>()
  for (let code = 0; code < 0x20; code++) made.set(code, inString(String.fromCharCode(code)))
  for (const character of '"\\') made.set(character.charCodeAt(0), inString(character))
  return made
}

function inString(character: string): string {
  return JSON.stringify(character).slice(1, -1)
}
