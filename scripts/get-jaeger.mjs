/**
 * Builds Jaeger 1.76.0 all-in-one into .tools/jaeger, for tests that ask a real one for traces: from the Go module proxy by
 * go.sum's checksums, with a module of its own (test/support/jaeger) that only names it. Takes minutes the first time; does
 * nothing where it is built already. Where there is no Go, says so and leaves it out. Its web page is a placeholder: ask its API.
 *
 *   node scripts/get-jaeger.mjs
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const PACKAGE = 'github.com/jaegertracing/jaeger/cmd/all-in-one'
const source = join(root, 'test', 'support', 'jaeger')
const target = join(root, '.tools', 'jaeger')
const program = join(target, 'jaeger')
const mark = join(target, 'source')

const hash = createHash('sha256')
for (const file of ['go.mod', 'go.sum', 'tools.go']) hash.update(readFileSync(join(source, file)))
const wanted = hash.digest('hex')

if (existsSync(program) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
  console.log('jaeger is there: .tools/jaeger')
} else if (spawnSync('go', ['version']).status !== 0) {
  console.log('skipped: no go binary, so no jaeger')
} else {
  build()
  writeFileSync(mark, wanted)
  console.log('jaeger built: .tools/jaeger')
}

function build() {
  mkdirSync(target, { recursive: true })
  const partial = join(target, 'jaeger.partial')
  const { status } = spawnSync(
    'go',
    ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', partial, PACKAGE],
    {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  if (status !== 0) {
    console.error('get-jaeger: go build failed')
    process.exit(1)
  }
  renameSync(partial, program)
}
