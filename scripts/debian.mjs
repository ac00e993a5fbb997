/**
 * Real servers and tools for the tests, from Debian's packages and beside the system: nothing is installed, everything
 * lies in .tools/NAME. A binary that the system has already is used as it is.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const tools = join(dirname(fileURLToPath(import.meta.url)), '..', '.tools')

/**
 * Puts a program into .tools/NAME/NAME, a script that runs it with the libraries unpacked beside it. Does nothing when it
 * is there; ends the process with a message where it cannot.
 *
 * @param {{ name: string, packages: readonly string[], binary: string, probe: readonly string[], aptOptions?: readonly string[] }} tool
 *   `binary`: its path in the package, `usr/bin/xmllint`; `probe`: arguments with which it must exit 0
 */
export function getFromDebian({ name, packages, binary, probe, aptOptions = [] }) {
  const target = join(tools, name)
  const program = join(target, name)
  if (existsSync(program) && works(program, probe)) {
    console.log(`${name} is there: .tools/${name}`)
    return
  }
  const partial = `${target}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const system = `/${binary}`
  if (existsSync(system)) {
    writeProgram(join(partial, name), `exec ${system} "$@"`)
  } else {
    const missing = packagesToGet(name, packages, aptOptions)
    run(name, 'apt-get', [...aptOptions, '-q', 'download', ...missing], partial)
    for (const file of readdirSync(partial).filter((file) => file.endsWith('.deb'))) {
      run(name, 'dpkg-deb', ['-x', file, 'root'], partial)
      rmSync(join(partial, file))
    }
    const libraries = libraryFolders(join(partial, 'root')).map((folder) => `$here/root/${folder}`)
    writeProgram(
      join(partial, name),
      `here=$(cd "$(dirname "$0")" && pwd)\nLD_LIBRARY_PATH="${libraries.join(':')}:$LD_LIBRARY_PATH" exec "$here/root/${binary}" "$@"`,
    )
  }
  if (!works(join(partial, name), probe)) fail(name, `what Debian's ${packages.join(', ')} has does not run here`)
  rmSync(target, { recursive: true, force: true })
  renameSync(partial, target)
  console.log(`${name} unpacked: .tools/${name}`)
}

/** The packages, and those of their dependencies that the system does not have. */
function packagesToGet(name, packages, aptOptions) {
  const { status, stdout, stderr } = spawnSync(
    'apt-get',
    [...aptOptions, '-s', '-o', 'Debug::NoLocking=1', '--no-install-recommends', 'install', ...packages],
    { encoding: 'utf8' },
  )
  if (status !== 0) fail(name, `apt-get does not know ${packages.join(', ')}: ${(stderr ?? '').trim() || 'no apt-get'}`)
  const found = [...stdout.matchAll(/^Inst (\S+) /gm)].map((match) => match[1])
  return found.length > 0 ? found : packages
}

function libraryFolders(root) {
  const out = []
  const walk = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true })
    if (entries.some((entry) => /\.so(\.|$)/.test(entry.name))) out.push(folder)
    for (const entry of entries) if (entry.isDirectory()) walk(join(folder, entry.name))
  }
  for (const top of ['lib', 'usr/lib']) {
    if (existsSync(join(root, top)) && statSync(join(root, top)).isDirectory()) walk(top)
  }
  return out
}

function writeProgram(file, script) {
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
}

function works(program, probe) {
  return spawnSync(program, probe, { stdio: 'ignore' }).status === 0
}

function run(name, command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) fail(name, `${command} ${args.at(-1)} failed${error === undefined ? '' : `: ${error.message}`}`)
}

export function fail(name, message) {
  console.error(`get-${name}: ${message}`)
  process.exit(1)
}
