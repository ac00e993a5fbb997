/**
 * Makes a checkout ready to run: installs what package-lock.json says if it is not installed, builds what is not built.
 * Uses nothing but Node, so that `npm start` and `npm test` work on a fresh clone. Silent when there is nothing to do.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`protobridge needs Node 20.19 or newer; this is ${process.version}`)
  process.exit(1)
}

/** Runs a program in the checkout; ends this one with its exit code if it fails. */
function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) console.error(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

// npm calls this script from a child of itself and says where it is; outside npm, the one on the PATH.
const npm = process.env.npm_execpath
  ? [process.execPath, process.env.npm_execpath]
  : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const stamp = join(root, 'node_modules', '.protobridge-installed')
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('installing dependencies …')
  run(npm[0], [...npm.slice(1), 'ci', '--loglevel=error'], { env: { ...process.env, NODE_ENV: '' } })
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, lock)
}

// tsc is incremental: a second or less when nothing changed. A dist without build info (or the reverse) is rebuilt.
if (!existsSync(join(root, 'dist', 'src')) || !existsSync(join(root, 'dist', '.tsbuildinfo'))) {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  console.error('building …')
}
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
run(process.execPath, [join(root, 'scripts', 'build-validator.mjs')])
