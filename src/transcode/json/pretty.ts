/**
 * The text with line breaks and two spaces a level (`$prettyPrint`). Takes compact JSON only, so that what is between
 * strings is punctuation and nothing else.
 */
export function prettyPrint(compact: string): string {
  let out = ''
  let from = 0
  let indent = '\n'
  for (let at = 0; at < compact.length; at++) {
    switch (compact.charCodeAt(at)) {
      case 0x22:
        at = stringEnd(compact, at)
        break
      case 0x7b: // {
      case 0x5b: // [
        // `{}` and `[]` stay as they are.
        if (compact.charCodeAt(at + 1) === compact.charCodeAt(at) + 2) {
          at++
          break
        }
        indent += '  '
        out += compact.slice(from, at + 1) + indent
        from = at + 1
        break
      case 0x7d: // }
      case 0x5d: // ]
        indent = indent.slice(0, -2)
        out += compact.slice(from, at) + indent
        from = at
        break
      case 0x2c: // ,
        out += compact.slice(from, at + 1) + indent
        from = at + 1
        break
      case 0x3a: // :
        out += `${compact.slice(from, at)}: `
        from = at + 1
        break
    }
  }
  return out + compact.slice(from)
}

/** Where the string that begins at `start` ends: its closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== 0x22) at += text.charCodeAt(at) === 0x5c ? 2 : 1
  return at
}
