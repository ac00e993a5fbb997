import { createHash, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { UsageError } from './usage-error.js'

/**
 * `protobridge hash key|user`: an entry for a file of keys or of users. Secrets are read from stdin, never from the command
 * line, where other users of the machine could see them.
 */
export async function hash(what: string, name: string | undefined): Promise<void> {
  if (what === 'key') return hashKey(name ?? 'new-key')
  if (what === 'user' && name !== undefined) return hashUser(name)
  throw new UsageError(
    what === 'user'
      ? 'give the name of the user: hash user NAME'
      : 'hash makes a key or a user: hash key, hash user NAME',
  )
}

async function hashKey(id: string): Promise<void> {
  let key = process.stdin.isTTY ? '' : await firstLine()
  if (key === '') {
    key = randomBytes(32).toString('base64url')
    console.error(`the key, which is shown this once: ${key}`)
  }
  const sha256 = createHash('sha256').update(key).digest('hex')
  console.log(`- { id: ${JSON.stringify(id)}, sha256: ${sha256} }`)
}

async function hashUser(name: string): Promise<void> {
  if (name.includes(':')) throw new UsageError('a user name has no ":" (RFC 7617)')
  const password = process.stdin.isTTY ? await hiddenLine('password: ') : await firstLine()
  if (password === '') throw new UsageError('the password is empty: write it to stdin')
  // A key needs none of it.
  const { hashPassword } = await import('../policies/index.js')
  const salt = randomBytes(16)
  const made = await hashPassword(password, salt)
  console.log(`- { name: ${JSON.stringify(name)}, scrypt: "${salt.toString('base64')}:${made.toString('base64')}" }`)
}

async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line
  return ''
}

/** What is typed at a terminal, without showing it. */
function hiddenLine(prompt: string): Promise<string> {
  process.stderr.write(prompt)
  const lines = createInterface({ input: process.stdin, terminal: true, output: undefined })
  return new Promise((resolve) =>
    lines.once('line', (line) => {
      process.stderr.write('\n')
      lines.close()
      resolve(line)
    }),
  )
}
