import { isSpace } from './characters.js'
import { malformedXml } from './malformed.js'

/** Bytes within which the XML declaration has to end. */
const MAX_DECLARATION = 1024

export interface XmlDeclaration {
  /** As written; undefined where none is declared. */
  readonly encoding: string | undefined
  /** Bytes of the declaration; 0: there is none. */
  readonly end: number
}

const NONE: XmlDeclaration = { encoding: undefined, end: 0 }

/**
 * The XML declaration a document begins with (XML 1.0 productions 23 to 26, 32, 80). It is ASCII, so it can be read
 * before the encoding it declares is known.
 *
 * @param bytes the document without byte order mark
 * @throws StatusError INVALID_ARGUMENT MALFORMED_XML
 */
export function readDeclaration(bytes: Uint8Array): XmlDeclaration {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_DECLARATION)).toString('latin1')
  // `<?xml-stylesheet` is an ordinary processing instruction.
  if (!head.startsWith('<?xml') || !(isSpace(head.charCodeAt(5)) || head.startsWith('?>', 5))) return NONE
  const end = head.indexOf('?>')
  if (end === -1) throw malformedXml('the XML declaration has no end')
  const rest = new PseudoAttributes(head.slice(5, end))
  const version = rest.take('version')
  if (version === undefined || !/^1\.[0-9]+$/.test(version))
    throw malformedXml('an XML declaration without version 1.0')
  const encoding = rest.take('encoding')
  if (encoding !== undefined && !/^[A-Za-z][A-Za-z0-9._-]*$/.test(encoding)) {
    throw malformedXml('the encoding in the XML declaration is no name')
  }
  const standalone = rest.take('standalone')
  if (standalone !== undefined && standalone !== 'yes' && standalone !== 'no') {
    throw malformedXml('standalone in the XML declaration is yes or no')
  }
  if (!rest.isAtEnd) throw malformedXml('the XML declaration has version, encoding and standalone, in this order')
  return { encoding, end: end + 2 }
}

/** `name="value"` in turn, each with white space before it. */
class PseudoAttributes {
  #rest: string

  constructor(text: string) {
    this.#rest = text
  }

  get isAtEnd(): boolean {
    return /^[ \t\r\n]*$/.test(this.#rest)
  }

  /** The value of the next one, where it has the name. */
  take(name: string): string | undefined {
    const match = /^[ \t\r\n]+([a-z]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')/.exec(this.#rest)
    if (match?.[1] !== name) return undefined
    this.#rest = this.#rest.slice(match[0].length)
    return match[2] ?? match[3] ?? ''
  }
}
