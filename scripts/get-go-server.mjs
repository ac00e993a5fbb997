/**
 * Builds the gRPC servers in Go that tests need: the one they restart into .tools/go-server, and that of gRPC's
 * interoperability cases into .tools/go-interop. Modules come by go.sum's checksums. Does nothing where they are built
 * already from the same source; where there is no Go, says so and leaves them out.
 *
 *   node scripts/get-go-server.mjs
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** Names of programs, and where under test/support/grpc-servers their source is. */
const PROGRAMS = { 'go-server': 'restarting', 'go-interop': 'interop' }

for (const [name, folder] of Object.entries(PROGRAMS)) {
  get(name, join(root, 'test', 'support', 'grpc-servers', folder, 'go'))
}

function get(name, source) {
  const target = join(root, '.tools', name)
  const program = join(target, name)
  const mark = join(target, 'source')
  const hash = createHash('sha256')
  for (const file of readdirSync(source).sort()) hash.update(readFileSync(join(source, file)))
  const wanted = hash.digest('hex')
  if (existsSync(program) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
    console.log(`${name} is there: .tools/${name}`)
  } else if (spawnSync('go', ['version']).status !== 0) {
    console.log(`skipped: no go binary, so no ${name}`)
  } else {
    build(name, source, target)
    writeFileSync(mark, wanted)
  }
}

function build(name, source, target) {
  mkdirSync(target, { recursive: true })
  const env = { ...process.env, CGO_ENABLED: '0' }
  const partial = join(target, `${name}.partial`)
  const { status } = spawnSync('go', ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'], {
    cwd: source,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) {
    console.error('get-go-server: go build failed')
    process.exit(1)
  }
  renameSync(partial, join(target, name))
  console.log(`${name} built: .tools/${name}`)
}
