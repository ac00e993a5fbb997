import { FormDecoder } from '../form/decode.js'
import { isEmptyForm, messageOfForm } from '../form/read-form.js'
import type { FormatSetup, RequestFormat, TextReader } from './types.js'

/** What HTML forms send (WHATWG URL, application/x-www-form-urlencoded). Of requests only: no answer is a form. */
export const form: RequestFormat = {
  name: 'form',
  mediaTypes: ['application/x-www-form-urlencoded'],
  suffix: undefined,
  create: createFormReader,
}

function createFormReader({ decoding }: FormatSetup): TextReader {
  const decoder = new FormDecoder(decoding)
  return {
    kind: 'text',
    isEmptyBody: isEmptyForm,
    whyUnreadable: (expected) =>
      messageOfForm(expected) === undefined ? 'no message of named fields: a form cannot say it' : undefined,
    decodeMessage: ({ bytes }, request, bound) => decoder.decodeMessage(bytes, request, bound),
    decodeField: ({ bytes }, request, field, bound, present) =>
      decoder.decodeField(bytes, request, field, bound, present),
  }
}
