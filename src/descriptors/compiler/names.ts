import { protoCamelCase } from '@bufbuild/protobuf/reflect'

/** JSON name of a field (protobuf.dev, ProtoJSON): underscores are left out, the letter after one is upper case. */
export function jsonNameOf(fieldName: string): string {
  return fieldName.includes('_') ? protoCamelCase(fieldName) : fieldName
}

/** Name of a map field's entry message: `my_labels` → `MyLabelsEntry`. */
export function mapEntryName(fieldName: string): string {
  return jsonNameOf(`_${fieldName}`) + 'Entry'
}

/** `a.b.C` → `C`. */
export function lastPart(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1)
}
