/** Tokens of RFC 8259, or white space. */
const TOKEN =
  /[ \t\r\n]+|[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** What may come next: a value; a value or the end of an array; a key; a key or the end of an object; … */
type Expected = 'value' | 'firstItem' | 'key' | 'firstKey' | 'colon' | 'next' | 'end'

/**
 * Offset of the first character at which a text ceases to be JSON (RFC 8259), its length where it ends too early, or
 * -1 where it is JSON. `JSON.parse` refuses the same texts, but does not always say where.
 */
export function findJsonError(text: string): number {
  const closers: ('}' | ']')[] = []
  let expected: Expected = 'value'
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) return at
    if (' \t\r\n'.includes(token.charAt(0))) continue
    const next = advance(expected, token, closers)
    if (next === undefined) return at
    expected = next
  }
  return expected === 'end' ? -1 : text.length
}

function advance(expected: Expected, token: string, closers: ('}' | ']')[]): Expected | undefined {
  const isClosing = token === closers.at(-1)
  switch (expected) {
    case 'key':
    case 'firstKey':
      if (expected === 'firstKey' && isClosing) return close(closers)
      return token.startsWith('"') ? 'colon' : undefined
    case 'colon':
      return token === ':' ? 'value' : undefined
    case 'next':
      if (isClosing) return close(closers)
      if (token !== ',') return undefined
      return closers.at(-1) === '}' ? 'key' : 'value'
    case 'end':
      return undefined
    case 'value':
    case 'firstItem':
      if (expected === 'firstItem' && isClosing) return close(closers)
      if (token === '{' || token === '[') {
        closers.push(token === '{' ? '}' : ']')
        return token === '{' ? 'firstKey' : 'firstItem'
      }
      if ('}],:'.includes(token)) return undefined
      return closers.length === 0 ? 'end' : 'next'
  }
}

function close(closers: ('}' | ']')[]): Expected {
  closers.pop()
  return closers.length === 0 ? 'end' : 'next'
}
