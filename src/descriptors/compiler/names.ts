import { distance } from 'fastest-levenshtein'

/** JSON name of a field (protobuf.dev, ProtoJSON): underscores are left out, the letter after one is upper case. */
export function jsonNameOf(fieldName: string): string {
  if (fieldName.indexOf('_') < 0) return fieldName
  let out = ''
  let isCapital = false
  for (let at = 0; at < fieldName.length; at++) {
    const unit = fieldName.charCodeAt(at)
    if (unit === 95) isCapital = true
    else {
      out += isCapital && unit >= 97 && unit <= 122 ? String.fromCharCode(unit - 32) : fieldName[at]!
      isCapital = false
    }
  }
  return out
}

/** Name of a map field's entry message: `my_labels` → `MyLabelsEntry`. */
export function mapEntryName(fieldName: string): string {
  return jsonNameOf(`_${fieldName}`) + 'Entry'
}

/** The known name nearest to a mistaken one, if any is near enough to be what was meant. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 4)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const length = distance(name, candidate)
    if (length < bestDistance) {
      best = candidate
      bestDistance = length
    }
  }
  return best
}

/** `a.b.C` → `C`. */
export function lastPart(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}
