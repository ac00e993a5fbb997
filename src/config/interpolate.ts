/** What a string became. `isInterpolated`: it held a reference (not only `$$`). */
export type Interpolation =
  { readonly text: string; readonly isInterpolated: boolean } | { readonly wrong: string; readonly advice: string }

export type Environment = Readonly<Record<string, string | undefined>>

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Fills in `${NAME}` and `${NAME:-default}` and makes `$$` a dollar; any other `$` stays. As in a shell, the default of
 * `:-` also stands in for a variable that is set but empty. What a variable holds is taken as it is, never read again:
 * the environment cannot reach further variables. A default ends at the first `}`; `$$` works in it, `${` does not.
 */
export function interpolate(text: string, env: Environment): Interpolation {
  if (!text.includes('$')) return { text, isInterpolated: false }
  let out = ''
  let isInterpolated = false
  let at = 0
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1) break
    out += text.slice(at, dollar)
    const next = text[dollar + 1]
    if (next === '$') {
      out += '$'
      at = dollar + 2
    } else if (next === '{') {
      const end = text.indexOf('}', dollar)
      if (end === -1)
        return { wrong: '"${" is never closed', advice: 'write ${NAME} or ${NAME:-default}, and $$ for a dollar' }
      const filled = reference(text.slice(dollar + 2, end), env)
      if (typeof filled !== 'string') return filled
      out += filled
      isInterpolated = true
      at = end + 1
    } else {
      out += '$'
      at = dollar + 1
    }
  }
  return { text: out + text.slice(at), isInterpolated }
}

/** What stands for the inside of `${…}`. */
function reference(inside: string, env: Environment): string | { wrong: string; advice: string } {
  const separator = inside.indexOf(':-')
  const name = separator === -1 ? inside : inside.slice(0, separator)
  if (!NAME.test(name)) {
    return {
      wrong: `"\${${inside}}" is not a reference to a variable`,
      advice: 'write ${NAME} or ${NAME:-default}, and $$ for a dollar',
    }
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined
  if (separator === -1) {
    return (
      value ?? {
        wrong: `the environment variable ${name} is not set`,
        advice: `set it, or write \${${name}:-default}`,
      }
    )
  }
  if (value !== undefined && value !== '') return value
  const fallback = inside.slice(separator + 2)
  if (fallback.includes('${')) {
    return {
      wrong: `the default of "\${${name}" holds another reference`,
      advice: 'references do not nest; give the default outright',
    }
  }
  return fallback.replaceAll('$$', '$')
}
