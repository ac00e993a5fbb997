import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { StatusError } from '../../../src/status/index.js'
import { checkWellFormed } from '../../../src/transcode/xml/parse.js'

export const hasPython = spawnSync('python3', ['-c', 'import xml.parsers.expat']).status === 0

/** Ours: whether a document is well-formed, `1` or `0`. A failure that is no verdict is thrown. */
export function judge(document: Buffer): '0' | '1' {
  try {
    checkWellFormed(document)
    return '1'
  } catch (error) {
    if (error instanceof StatusError) return '0'
    throw error
  }
}

/** Python's expat: the same of each document, in one text. */
export function judgeWithExpat(documents: readonly Buffer[]): string {
  const input = Buffer.concat(
    documents.flatMap((document) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(document.length)
      return [length, document]
    }),
  )
  const script = fileURLToPath(new URL('expat.py', import.meta.url))
  const { stdout, stderr, status } = spawnSync('python3', [script], { input, encoding: 'latin1' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}
