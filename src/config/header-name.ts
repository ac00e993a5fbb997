/** A token (RFC 9110 §5.6.2), which a header's name is. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

export const isHeaderName = (text: string): boolean => TOKEN.test(text)
