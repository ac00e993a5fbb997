/**
 * Builds the gRPC server in Go that tests restart (test/support/grpc-servers/restarting/go) into .tools/go-server. Modules
 * come by go.sum's checksums. Does nothing where it is built already from the same source; where there is no Go, says so
 * and leaves it out.
 *
 *   node scripts/get-go-server.mjs
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'test', 'support', 'grpc-servers', 'restarting', 'go')
const target = join(root, '.tools', 'go-server')
const program = join(target, 'go-server')
const mark = join(target, 'source')

const hash = createHash('sha256')
for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(source, name)))
const wanted = hash.digest('hex')

if (existsSync(program) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
  console.log('go-server is there: .tools/go-server')
} else if (spawnSync('go', ['version']).status !== 0) {
  console.log('skipped: no go binary, so no go-server')
} else {
  build()
}

function build() {
  mkdirSync(target, { recursive: true })
  const env = { ...process.env, CGO_ENABLED: '0' }
  const partial = `${program}.partial`
  const { status } = spawnSync('go', ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'], {
    cwd: source,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) {
    console.error('get-go-server: go build failed')
    process.exit(1)
  }
  renameSync(partial, program)
  writeFileSync(mark, wanted)
  console.log('go-server built: .tools/go-server')
}
