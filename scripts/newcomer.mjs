/**
 * Times what somebody new does: a fresh clone, `npm start`, the first answer. Not part of CI.
 *
 *   node scripts/newcomer.mjs [REPOSITORY]
 *
 * REPOSITORY is what git can clone; this checkout where it is not said.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LIMIT_MS = 600_000
const repository = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = mkdtempSync(join(tmpdir(), 'protobridge-newcomer-'))
const began = performance.now()
const since = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`

/** A port that is free, for somebody who has other things running. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

const clone = spawnSync('git', ['clone', '--quiet', '--depth', '1', `file://${repository}`, 'protobridge'], {
  cwd: folder,
  stdio: 'inherit',
})
if (clone.status !== 0) process.exit(1)
console.log(`clone        ${since(began)}`)

const started = performance.now()
const names = ['PROTOBRIDGE_PORT', 'PROTOBRIDGE_ADMIN_PORT', 'LIBRARY_PORT', 'INVENTORY_PORT', 'LIBRARY_NEXT_PORT']
const ports = await Promise.all(names.map(freePort))
const npm = spawn('npm', ['start'], {
  cwd: join(folder, 'protobridge'),
  env: { ...process.env, ...Object.fromEntries(names.map((name, index) => [name, String(ports[index])])) },
  stdio: ['ignore', 'ignore', 'pipe'],
  detached: true,
})
// What takes how long: `installing dependencies …`, `building …`, and what the gateway says of itself.
createInterface({ input: npm.stderr }).on('line', (line) => console.log(`${since(started).padStart(8)}  ${line}`))
let status = 0
try {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${ports[0]}/v1/shelves/1/books/1`).catch(() => undefined)
    if (answer?.status === 200) break
    if (npm.exitCode !== null) throw new Error('npm start has ended')
    if (performance.now() - started > LIMIT_MS) throw new Error('no answer in ten minutes')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  console.log(`npm start to the first 200  ${since(started)}`)
  console.log(`in all       ${since(began)}`)
} catch (error) {
  console.error(error.message)
  status = 1
} finally {
  const ended = new Promise((resolve) => (npm.exitCode === null ? npm.once('exit', resolve) : resolve(undefined)))
  // npm's own group: it hands a signal on to what it runs, and waits for it.
  if (npm.exitCode === null) process.kill(-npm.pid, 'SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
}
process.exit(status)
