import { isUtf16, readBytes, whyNot } from '../files/index.js'

/** The text of a `.proto` file, or why there is none. Bytes that are not UTF-8 pass: protoc takes them in comments. */
export function readProtoText(path: string): { readonly text: string } | { readonly why: string } {
  try {
    const bytes = readBytes(path)
    return isUtf16(bytes) ? { why: 'it is UTF-16, not UTF-8' } : { text: bytes.toString('utf8') }
  } catch (error) {
    return { why: whyNot(error) }
  }
}
