export { parseDocument } from './parse-document.js'
export type * from './types.js'
