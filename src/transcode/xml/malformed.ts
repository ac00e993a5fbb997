import type { StatusError } from '../../status/index.js'
import { transcodeError } from '../errors/transcode-error.js'

/** `the body is not well-formed XML: …` */
export function malformedXml(what: string): StatusError {
  return transcodeError('MALFORMED_XML', `the body is not well-formed XML: ${what}`)
}
