/**
 * The document with line breaks and two spaces a level (`$prettyPrint`). Takes compact XML as `encode.ts` writes it:
 * without comments, and with no text beside elements, so that a space more between tags changes nothing.
 */
export function prettyPrintXml(compact: string): string {
  let out = ''
  let depth = 0
  let wasStart = false
  // The declaration is the first of the tags.
  for (let at = 0; at < compact.length;) {
    const tagEnd = endOfTag(compact, at)
    const textEnd = nextTag(compact, tagEnd)
    const isEnd = compact.charCodeAt(at + 1) === 0x2f
    if (isEnd) depth--
    // An end tag right behind its start tag, or behind text, closes an element without elements in it.
    if (at > 0 && !(isEnd && wasStart)) out += `\n${'  '.repeat(depth)}`
    out += compact.slice(at, textEnd)
    const isStart = !isEnd && compact.charCodeAt(tagEnd - 2) !== 0x2f && compact.charCodeAt(tagEnd - 2) !== 0x3f
    if (isStart) depth++
    wasStart = isStart
    at = textEnd
  }
  return out
}

/** Behind the `>` of the tag that begins at a position; escaped as we write them, values of attributes have none. */
function endOfTag(compact: string, from: number): number {
  return compact.indexOf('>', from) + 1
}

function nextTag(compact: string, from: number): number {
  const next = compact.indexOf('<', from)
  return next === -1 ? compact.length : next
}
