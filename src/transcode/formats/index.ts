import type { FormatName } from '../types.js'
import { json } from './json.js'
import { proto } from './proto.js'
import type { Format } from './types.js'
import { xml } from './xml.js'

/** The one table of formats, in the order of preference where a client has none. */
export const FORMATS: Readonly<Record<FormatName, Format>> = { json, proto, xml }

export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[]

/**
 * The format of a media type, or undefined where there is none.
 *
 * @param mediaType lower case, without parameters: `application/vnd.api+json`
 */
export function formatForContentType(mediaType: string): FormatName | undefined {
  for (const name of FORMAT_NAMES) {
    const { mediaTypes, suffix } = FORMATS[name]
    if (mediaTypes.includes(mediaType)) return name
    // A suffix needs a type before it: `application/x+json`, not `application/+json`.
    if (suffix !== undefined && mediaType.endsWith(suffix) && !mediaType.endsWith(`/${suffix}`)) {
      if (mediaType.includes('/')) return name
    }
  }
  return undefined
}

/** The media types a format is offered as in negotiation; the first is what its responses are labelled with. */
export function mediaTypesOf(name: FormatName): readonly string[] {
  return FORMATS[name].mediaTypes
}

/** The media type of RFC 9457 problem documents in a format; undefined where it has none. */
export function problemTypeOf(name: FormatName): string | undefined {
  return FORMATS[name].problemType
}
