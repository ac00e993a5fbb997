/** The client of the stack's identity provider: whoever drives traffic through the stack. */
export const CLIENT = { id: 'stack-driver', secret: 'stack-driver-secret-0123456789abcdef' } as const
export const AUDIENCE = 'https://api.stack'
/** Tokens for it are over within a moment. */
export const BRIEF_AUDIENCE = 'https://api.stack/brief'

/** A fresh access token. */
export async function getToken(issuer: string, audience: string = AUDIENCE): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'books.read', resource: audience }).toString(),
  })
  const { access_token: token } = (await answer.json()) as { access_token?: string }
  if (token === undefined) throw new Error(`no token: ${answer.status}`)
  return token
}
