export { MERGE_KEY, MERGE_KEY_ADVICE } from './merge-key.js'
export { parseDocument } from './parse-document.js'
export type * from './types.js'
