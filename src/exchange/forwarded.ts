/*
 * What proxies write of those they forward for: `X-Forwarded-For`, and `Forwarded` (RFC 7239). Both are read from the right,
 * where the nearest proxy has written: nothing that stands left of that can change how it is read.
 */

/** Takes the elements of a list one by one, the last first. */
export interface HopReader {
  /** Undefined: there are no more. */
  previous(): string | undefined
}

/** A header that came several times is one list (RFC 9110 §5.3). */
export function textOf(value: string | readonly string[]): string {
  return typeof value === 'string' ? value : value.join(',')
}

/** The last element of a list of plain values. */
export function lastOf(value: string | readonly string[] | undefined): string | undefined {
  return value === undefined ? undefined : hopsOf(textOf(value), ',').previous()
}

/**
 * @param quote whether a `"` begins and ends what separators are part of. A client that leaves one open says nothing of what a
 *   proxy has written behind it, since that is read first.
 */
export function hopsOf(text: string, separator: ',' | ';', quote = false): HopReader {
  let end = text.length
  let isOver = false
  return {
    previous: () => {
      if (isOver) return undefined
      let isQuoted = false
      let at = end - 1
      for (; at >= 0; at--) {
        const c = text[at]
        if (quote && c === '"') isQuoted = isQuoted ? isEscaped(text, at) : true
        else if (c === separator && !isQuoted) break
      }
      const element = text.slice(at + 1, end).trim()
      end = at
      isOver = at < 0
      return element
    },
  }
}

/** RFC 9110 §5.6.4: behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let from = at
  while (from > 0 && text[from - 1] === '\\') from--
  return (at - from) % 2 === 1
}

/** What one proxy says in `Forwarded`; '' where it does not, or not in the way it has to. */
export interface ForwardedHop {
  for: string
  proto: string
  host: string
}

/** `for=192.0.2.1;proto=https;host="api.example"` */
export function parseHop(element: string): ForwardedHop {
  const hop: ForwardedHop = { for: '', proto: '', host: '' }
  const seen = new Set<string>()
  const pairs = hopsOf(element, ';', true)
  for (let pair = pairs.previous(); pair !== undefined; pair = pairs.previous()) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals).trim().toLowerCase()
    if (name !== 'for' && name !== 'proto' && name !== 'host') continue
    // RFC 7239 §4: each once. Of two one is not the proxy's.
    hop[name] = seen.has(name) ? '' : unquoted(pair.slice(equals + 1).trim())
    seen.add(name)
  }
  return hop
}

/** A token, or what a quoted string says; '' for what is neither. */
function unquoted(value: string): string {
  if (!value.includes('"')) return value
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1]
  return inner === undefined ? '' : inner.replace(/\\(.)/g, '$1')
}
