export { Code, codeName, codeOfName, httpStatusOf } from './code.js'
export { StatusError, type FieldViolation, type StatusErrorOptions } from './status-error.js'
export type { ReasonRow } from './reason-row.js'
