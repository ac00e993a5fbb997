export {
  formatForContentType,
  FORMAT_NAMES,
  mediaTypesOf,
  problemTypeOf,
  REQUEST_FORMAT_NAMES,
} from './formats/index.js'
export { TRANSCODE_REASONS, type ReasonRow, type TranscodeReason } from './reasons.js'
export { decodeStatus } from './status/decode-status.js'
export { ERROR_DOMAIN, statusBodyOf } from './status/status-body.js'
export { createTranscoder } from './transcoder.js'
export type * from './types.js'
export { findXmlOptionFaults, type XmlOptionFault } from './xml/check-options.js'
