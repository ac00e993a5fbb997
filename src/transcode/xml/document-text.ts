import { isAscii, isUtf8 } from 'node:buffer'
import { quote, transcodeError } from '../errors/transcode-error.js'
import { parseMediaType } from '../formats/media-type.js'
import { readDeclaration } from './declaration.js'
import { malformedXml } from './malformed.js'

/** A document's characters, decoded and with line ends normalized, and where its XML declaration ends in them. */
export interface DocumentText {
  readonly text: string
  readonly start: number
}

/** What another encoding's documents begin with: XML 1.0 appendix F. UTF-32 before UTF-16, which it begins like. */
const OTHER_ENCODINGS: readonly { readonly name: string; readonly begins: readonly number[] }[] = [
  { name: 'UTF-32', begins: [0x00, 0x00, 0xfe, 0xff] },
  { name: 'UTF-32', begins: [0xff, 0xfe, 0x00, 0x00] },
  { name: 'UTF-32', begins: [0x00, 0x00, 0x00, 0x3c] },
  { name: 'UTF-32', begins: [0x3c, 0x00, 0x00, 0x00] },
  { name: 'UTF-16', begins: [0xfe, 0xff] },
  { name: 'UTF-16', begins: [0xff, 0xfe] },
  { name: 'UTF-16', begins: [0x00, 0x3c] },
  { name: 'UTF-16', begins: [0x3c, 0x00] },
  { name: 'EBCDIC', begins: [0x4c, 0x6f, 0xa7, 0x94] },
]

/**
 * The characters of a document that is in UTF-8, with or without a byte order mark, or in US-ASCII. What the document
 * declares of itself has to be true, and to agree with the `charset` of the Content-Type.
 *
 * @param contentType as sent; '' where there is none
 * @throws StatusError INVALID_ARGUMENT MALFORMED_XML; UNSUPPORTED_XML_ENCODING (415)
 */
export function documentText(bytes: Uint8Array, contentType: string): DocumentText {
  for (const { name, begins } of OTHER_ENCODINGS) {
    if (begins.every((byte, index) => bytes[index] === byte)) throw unsupported(name)
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const document = hasMark ? bytes.subarray(3) : bytes
  const { encoding, end } = readDeclaration(document)
  const isAllAscii = isAscii(document)
  if (encoding !== undefined) checkEncoding(encoding, contentType, isAllAscii && !hasMark)
  if (!isAllAscii && !isUtf8(document)) throw malformedXml('it is not UTF-8')
  const text = decode(normalizeLineEnds(document), isAllAscii)
  // Before `end` line ends may have been normalized too, so find it again: a declaration has no `?>` but its end.
  return { text, start: end === 0 ? 0 : text.indexOf('?>') + 2 }
}

function checkEncoding(encoding: string, contentType: string, isAllAscii: boolean): void {
  const charset = charsetOf(contentType)
  const declared = encoding.toLowerCase()
  if (charset !== undefined && !isSame(charset, declared)) {
    const message = `it declares the encoding ${quote(encoding)}, the Content-Type ${quote(charset)}`
    throw malformedXml(message)
  }
  if (declared === 'utf-8') return
  if (declared !== 'us-ascii') throw unsupported(encoding)
  if (!isAllAscii) throw malformedXml('it declares US-ASCII and is not')
}

/** `utf8` is no registered name, but what many send as a charset. */
function isSame(charset: string, declared: string): boolean {
  return charset === declared || (charset === 'utf8' && declared === 'utf-8')
}

/** The charset parameter in lower case. What is no media type says none; negotiation has refused it where it matters. */
function charsetOf(contentType: string): string | undefined {
  return contentType.includes(';') ? parseMediaType(contentType)?.charset : undefined
}

function decode(bytes: Uint8Array, isAllAscii: boolean): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString(isAllAscii ? 'latin1' : 'utf8')
}

const CARRIAGE_RETURN = 0x0d
const LINE_FEED = 0x0a

/** XML 1.0 §2.11: CR LF, and CR alone, are one line feed before anything else is read. */
function normalizeLineEnds(bytes: Uint8Array): Uint8Array {
  const first = bytes.indexOf(CARRIAGE_RETURN)
  if (first === -1) return bytes
  const out = Buffer.allocUnsafe(bytes.length)
  out.set(bytes.subarray(0, first))
  let length = first
  for (let at = first; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte !== CARRIAGE_RETURN) out[length++] = byte
    else if (bytes[at + 1] !== LINE_FEED) out[length++] = LINE_FEED
  }
  return out.subarray(0, length)
}

function unsupported(encoding: string): Error {
  return transcodeError(
    'UNSUPPORTED_XML_ENCODING',
    `the body is XML in the encoding ${quote(encoding)}: UTF-8 and US-ASCII are read`,
  )
}
