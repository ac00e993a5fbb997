import { quote, shorten } from './transcode-error.js'

/** One step into a value: a field's or an object's name, or the index of a list's item. */
export type PathStep = string | number

/** Characters of a path that is shown: a path of a hundred long keys says less than its beginning. */
const MAX_SHOWN = 200

/** `books[2].labels.color`, `labels["a b"]`: JSON names, indexes in brackets, what is no identifier quoted. */
export function formatPath(steps: readonly PathStep[]): string {
  let out = ''
  for (const step of steps) {
    if (typeof step === 'number') out += `[${step}]`
    else if (isName(step)) out += out === '' ? shorten(step) : `.${shorten(step)}`
    else out += `[${quote(step)}]`
    if (out.length > MAX_SHOWN) return `${out.slice(0, MAX_SHOWN)}…`
  }
  return out
}

/** An identifier, or an extension's `[full.name]`. */
function isName(step: string): boolean {
  return /^(?:[A-Za-z_][A-Za-z0-9_]*|\[[A-Za-z0-9_.]+\])$/.test(step)
}
