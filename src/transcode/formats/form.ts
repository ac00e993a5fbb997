import { isEmptyForm, messageOfForm, readForm } from '../form/read-form.js'
import { treeReader } from '../tree/tree-reader.js'
import type { FormatSetup, RequestFormat, TextReader } from './types.js'

/** What HTML forms send (WHATWG URL, application/x-www-form-urlencoded). Of requests only: no answer is a form. */
export const form: RequestFormat = {
  name: 'form',
  mediaTypes: ['application/x-www-form-urlencoded'],
  suffix: undefined,
  create: createFormReader,
}

function createFormReader({ plans, json }: FormatSetup): TextReader {
  const ignoresUnknown = json.unknownFields === 'ignore'
  return {
    kind: 'text',
    isEmptyBody: isEmptyForm,
    whyUnreadable: (expected) =>
      messageOfForm(expected) === undefined ? 'no message of named fields: a form cannot say it' : undefined,
    ...treeReader(({ bytes }, expected) => readForm(bytes, expected, ignoresUnknown), plans, ignoresUnknown),
  }
}
