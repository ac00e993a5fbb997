import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { hashPassword } from '../../src/policies/index.js'

/* `protobridge hash`: entries for files of keys and of users. */

function hash(args: readonly string[], input: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/src/cli/main.js', 'hash', ...args], { input })
  return { status, stdout: stdout.toString(), stderr: stderr.toString() }
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('key', () => {
  test('of what stdin says, which is not repeated', () => {
    const { status, stdout, stderr } = hash(['key', 'partner-a'], 'secret\n')
    expect(status).toBe(0)
    expect(stdout).toBe(`- { id: "partner-a", sha256: ${sha256('secret')} }\n`)
    expect(stderr).not.toContain('secret')
  })

  test('a new one where stdin says nothing: it is shown apart from the entry', () => {
    const { stdout, stderr } = hash(['key'], '')
    const [, key = ''] = /: ([A-Za-z0-9_-]{43})$/m.exec(stderr) ?? []
    expect(stdout).toBe(`- { id: "new-key", sha256: ${sha256(key)} }\n`)
  })
})

describe('user', () => {
  test('of a password from stdin, salted anew each time', async () => {
    const [one, other] = [hash(['user', 'old-erp'], 'geheim ü\n'), hash(['user', 'old-erp'], 'geheim ü\n')]
    expect(one.stdout).not.toBe(other.stdout)
    const [, salt = '', made = ''] = /scrypt: "([^:]+):([^"]+)" \}$/m.exec(one.stdout) ?? []
    expect((await hashPassword('geheim ü', Buffer.from(salt, 'base64'))).toString('base64')).toBe(made)
  })

  test.each([
    { args: ['user'], input: 'x', error: 'give the name of the user' },
    { args: ['user', 'a:b'], input: 'x', error: 'has no ":"' },
    { args: ['user', 'a'], input: '', error: 'the password is empty' },
    { args: ['token'], input: '', error: 'hash makes a key or a user' },
  ])('$error', ({ args, input, error }) => {
    const { status, stderr } = hash(args, input)
    expect([status, stderr]).toEqual([2, expect.stringContaining(error)])
  })
})
