import { quote, ValueError } from '../errors/transcode-error.js'

/**
 * The paths of a FieldMask from its JSON string: lowerCamel in, snake_case out (field_mask.proto, "JSON Encoding").
 *
 * @param allowsSnakeCase in a query either spelling is taken, segment by segment: `display_name` is what everyone sends
 * @throws ValueError
 */
export function parseFieldMask(text: string, allowsSnakeCase: boolean): string[] {
  if (text === '') return []
  return text.split(',').map((path) => {
    if (path === '') throw new ValueError(`${quote(text)} has an empty path`)
    if (!path.includes('_')) return toSnakeCase(path)
    if (!allowsSnakeCase) {
      throw new ValueError(`${quote(path)} is not a path in lowerCamelCase, as a FieldMask has in JSON`)
    }
    return path
      .split('.')
      .map((segment) => (segment.includes('_') ? segment : toSnakeCase(segment)))
      .join('.')
  })
}

/**
 * The JSON string of a FieldMask.
 *
 * @throws ValueError where a path would not survive: `fooBar`, `foo_3_bar`, `foo__bar`
 */
export function formatFieldMask(paths: readonly string[]): string {
  for (const path of paths) {
    if (path === '' || path.includes(',') || toSnakeCase(toLowerCamel(path)) !== path) {
      throw new ValueError(`the FieldMask path ${quote(path)} has no lowerCamelCase form that reads back`)
    }
  }
  return paths.map(toLowerCamel).join(',')
}

function toSnakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Drops each `_` and upper-cases the character after it; an upper-case letter already there does not survive. */
function toLowerCamel(text: string): string {
  return text.replace(/_(.?)/g, (_, next: string) => next.toUpperCase())
}
