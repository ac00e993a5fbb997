/**
 * Puts a C-core gRPC (the PyPI packages grpcio and protobuf) into .tools/grpcio, for the interoperability tests. Needs
 * python3 with pip; does nothing when the packages are there already.
 *
 *   node scripts/get-grpcio.mjs
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = ['grpcio>=1.60,<2', 'protobuf>=4.25,<8']

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(root, '.tools', 'grpcio')

/** @param {string} message */
function fail(message) {
  console.error(`get-grpcio: ${message}`)
  process.exit(1)
}

if (existsSync(join(target, 'grpc'))) {
  console.log('grpcio is there: .tools/grpcio')
  process.exit(0)
}
if (spawnSync('python3', ['--version']).status !== 0) fail('python3 is needed: install it and try again')
if (spawnSync('python3', ['-m', 'pip', '--version']).status !== 0) {
  fail('python3 has no pip: install it (Debian: python3-pip) and try again')
}

// Into a folder beside it first: a broken download leaves nothing that looks finished.
const partial = `${target}.partial`
rmSync(partial, { recursive: true, force: true })
mkdirSync(partial, { recursive: true })
const { status } = spawnSync(
  'python3',
  ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial, ...PACKAGES],
  { stdio: 'inherit', env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' } },
)
if (status !== 0) {
  rmSync(partial, { recursive: true, force: true })
  fail('pip could not install grpcio: see its message above')
}
rmSync(target, { recursive: true, force: true })
renameSync(partial, target)
console.log('grpcio installed: .tools/grpcio')
