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

/** `a.b.C` → `C`. */
export function lastPart(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}
