export { Code, codeName, httpStatusOf } from './code.js'
export { StatusError, type FieldViolation, type StatusErrorOptions } from './status-error.js'
