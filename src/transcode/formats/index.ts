import type { FormatName, RequestFormatName } from '../types.js'
import { form } from './form.js'
import { json } from './json.js'
import { proto } from './proto.js'
import type { Codecs, Format, FormatSetup, RequestFormat } from './types.js'
import { xml } from './xml.js'

/** The one table of formats, in the order of preference where a client has none. */
export const FORMATS: Readonly<Record<FormatName, Format>> = { json, proto, xml }

/** Those a request can be in: all of them, and what is only read. */
export const REQUEST_FORMATS: Readonly<Record<RequestFormatName, RequestFormat>> = { ...FORMATS, form }

/** What a response can be in. */
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[]

export const REQUEST_FORMAT_NAMES = Object.keys(REQUEST_FORMATS) as RequestFormatName[]

/** Every format's codec, for one snapshot. */
export function createCodecs(setup: FormatSetup): Codecs {
  const codecs = REQUEST_FORMAT_NAMES.map((name) => [name, REQUEST_FORMATS[name].create(setup)] as const)
  return Object.fromEntries(codecs) as unknown as Codecs
}

/**
 * The format of a request's media type, or undefined where there is none.
 *
 * @param mediaType lower case, without parameters: `application/vnd.api+json`
 */
export function formatForContentType(mediaType: string): RequestFormatName | undefined {
  for (const name of REQUEST_FORMAT_NAMES) {
    const { mediaTypes, suffix } = REQUEST_FORMATS[name]
    if (mediaTypes.includes(mediaType)) return name
    // A suffix needs a type before it: `application/x+json`, not `application/+json`.
    if (suffix !== undefined && mediaType.endsWith(suffix) && !mediaType.endsWith(`/${suffix}`)) {
      if (mediaType.includes('/')) return name
    }
  }
  return undefined
}

/** The media types a format is offered as in negotiation; the first is what its responses are labelled with. */
export function mediaTypesOf(name: RequestFormatName): readonly string[] {
  return REQUEST_FORMATS[name].mediaTypes
}

/** The media type of RFC 9457 problem documents in a format; undefined where it has none. */
export function problemTypeOf(name: FormatName): string | undefined {
  return FORMATS[name].problemType
}
