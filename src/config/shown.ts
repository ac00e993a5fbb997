import { childPointer } from './document.js'
import { readJsonSchema, type SchemaNode } from './json-schema.js'

/** A configuration as it may be shown: the keys as they are written, with the defaults filled in. */
export type ShownConfig = Readonly<Record<string, unknown>>

const MASK = '***'
/** Names that people give to what is secret, beside the keys the schema marks as such: headers that policies set, say. */
const SECRET_NAME = /authori[sz]ation|cookie|credential|passw|secret|token|api-?key|private/i
/** What stands before the last `@` of an address. A password may hold every other character. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)([^\s@:/?#]*)(:?)\S*@/gi
const SECRET_PARAMETER =
  /([?&;][^=&;\s]*(?:authori[sz]ation|credential|passw|secret|token|key|signature)[^=&;\s]*=)[^&;\s]+/gi
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)[^}]*\}/g

/**
 * Makes a configuration fit to be shown. Secrets are masked: values of keys that the schema marks `writeOnly` or whose
 * name says so, and user info and secret parameters of addresses. What came from the environment is shown as it is
 * written, `${NAME:-default}`, and not as what the variable holds: anything may be a secret there.
 *
 * @param value validated, with its defaults
 * @param references what is written where the environment was asked, by JSON Pointer
 */
export function shownConfig(value: unknown, references: ReadonlyMap<string, string>): ShownConfig {
  const secretKeys = (secretKeysOfSchema ??= collectSecretKeys(readJsonSchema()))
  const show = (from: unknown, pointer: string, isSecret: boolean): unknown => {
    const written = references.get(pointer)
    if (written !== undefined) return isSecret ? maskedReference(written) : maskText(written)
    if (typeof from === 'string') return isSecret && from !== '' ? MASK : maskText(from)
    if (Array.isArray(from)) return from.map((item, index) => show(item, childPointer(pointer, index), isSecret))
    if (typeof from !== 'object' || from === null) return from
    return Object.fromEntries(
      Object.entries(from).map(([key, item]) => {
        // `apiKey: { header: … }` names a kind of provider: what is below has names of its own.
        const isBelowSecret =
          (typeof item !== 'object' || Array.isArray(item)) && (secretKeys.has(key) || SECRET_NAME.test(key))
        return [key, show(item, childPointer(pointer, key), isBelowSecret)]
      }),
    )
  }
  return show(value, '', false) as ShownConfig
}

/** Without user info and secret parameters. */
function maskText(text: string): string {
  return text
    .replace(USER_INFO, (_whole, scheme: string, user: string, colon: string) =>
      colon === '' ? `${scheme}${MASK}@` : `${scheme}${user}:${MASK}@`,
    )
    .replace(SECRET_PARAMETER, `$1${MASK}`)
}

/** Tells which variables a secret came from, and neither their defaults nor the text round them. */
function maskedReference(written: string): string {
  const names = [...written.matchAll(REFERENCE)].map(([, name]) => `\${${name!}}`)
  return `${MASK} (from ${names.join(', ')})`
}

let secretKeysOfSchema: ReadonlySet<string> | undefined

/** Names of the keys that are `writeOnly` anywhere: each is masked wherever it is written. */
function collectSecretKeys(schema: SchemaNode): ReadonlySet<string> {
  const out = new Set<string>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('properties' in node && typeof node.properties === 'object' && node.properties !== null) {
      for (const [key, child] of Object.entries(node.properties as Record<string, SchemaNode>))
        if (child.writeOnly === true) out.add(key)
    }
    for (const child of Object.values(node)) walk(child)
  }
  walk(schema)
  return out
}
