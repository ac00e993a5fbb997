/** Takes values out of a query string that are not for everybody who reads traces. */
export type Redaction = (query: string) => string

/**
 * Names of parameters that hold credentials by custom: signed URLs (as the conventions of `url.query` list them), tokens, keys,
 * passwords.
 */
const SOUNDS_SECRET =
  /^(?:awsaccesskeyid|sig|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|code|jwt|auth)$|token|secret|passw|passphrase|signature|credential|api-?_?key|session|assertion/i
const REDACTED = 'REDACTED'

/** @param credentialParameters names that authentication reads credentials from */
export function redaction(credentialParameters: readonly string[]): Redaction {
  const names = new Set(credentialParameters)
  const isSecret = (name: string): boolean => names.has(name) || SOUNDS_SECRET.test(name)
  return (query) =>
    query
      .split('&')
      .map((part) => {
        const at = part.indexOf('=')
        return at >= 0 && isSecret(decoded(part.slice(0, at))) ? `${part.slice(0, at)}=${REDACTED}` : part
      })
      .join('&')
}

/** As the policies read it; what cannot be decoded is taken by its letters. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
