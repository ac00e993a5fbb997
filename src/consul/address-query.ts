/** Which parameters an address of ours takes behind its `?`. */
export interface QueryShape<Name extends string> {
  readonly known: readonly Name[]
  /** Those that may be bare names. */
  readonly flags: readonly Name[]
  /** Those that may come again. */
  readonly repeated: readonly Name[]
  /** Where a token belongs instead: an address is shown. */
  readonly tokenPlace: string
}

export type AddressQuery<Name extends string> = ReadonlyMap<Name, readonly string[]>

/** Consul's maximum of `wait`. */
const MAX_WAIT_MS = 600_000

/**
 * Values by name; form encoding, as in every query of ours: a plus is a space.
 * @returns them, or a sentence that says what is wrong
 */
export function readAddressQuery<Name extends string>(
  text: string,
  { known, flags, repeated, tokenPlace }: QueryShape<Name>,
): AddressQuery<Name> | string {
  const out = new Map<Name, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const written = decodeForm(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decodeForm(pair.slice(equals + 1))
    if (written === undefined || value === undefined) return `"${pair}" is not percent-encoded correctly`
    const name = known.find((candidate) => candidate === written)
    if (name === undefined) {
      if (written === 'token') return `a token in an address would be shown: ${tokenPlace}`
      return `unknown parameter "${written}": use one of ${known.join(', ')}`
    }
    const values = out.get(name)
    if (values === undefined) out.set(name, [value])
    else if (repeated.includes(name)) values.push(value)
    else return `the parameter "${name}" is given twice`
    if (value === '' && !flags.includes(name)) return `the parameter "${name}" has no value`
  }
  return out
}

/** A bare name means true, as for Consul itself. */
export function readFlags<Name extends string, Flag extends Name>(
  query: AddressQuery<Name>,
  flags: readonly Flag[],
): Readonly<Partial<Record<Flag, boolean>>> | string {
  const out: Partial<Record<Flag, boolean>> = {}
  for (const flag of flags) {
    const text = query.get(flag)?.[0]
    if (text === undefined) continue
    if (/^(|1|true)$/.test(text)) out[flag] = true
    else if (/^(0|false)$/.test(text)) out[flag] = false
    else return `"${text}" is neither true nor false: write ${flag} or ${flag}=false`
  }
  return out
}

/** `wait` of a blocking query in ms; undefined where it is not written. */
export function readWait(text: string | undefined): number | undefined | string {
  if (text === undefined) return undefined
  const match = /^([0-9]{1,4})(s|m)$/.exec(text)
  const ms = match === null ? 0 : Number(match[1]) * (match[2] === 's' ? 1000 : 60_000)
  return ms >= 1000 && ms <= MAX_WAIT_MS ? ms : `"${text}" is not a time to wait: write 1s to 10m`
}

/** Percent-decoded; undefined where it is not encoded correctly. */
export function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function decodeForm(text: string): string | undefined {
  return decodePart(text.replaceAll('+', ' '))
}
