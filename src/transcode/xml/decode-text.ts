import { removeSpace, trimSpace } from './characters.js'
import type { TextForm } from './plan.js'

/**
 * What of the text of an element or attribute is the value: strings keep every character; all else loses the white space
 * round it, and base64 that within it.
 */
export function valueText(form: TextForm, text: string): string {
  switch (form) {
    case 'string':
      return text
    case 'bytes':
      return removeSpace(text)
    default:
      return trimSpace(text)
  }
}
