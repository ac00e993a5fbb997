import { execFileSync, fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { freePort } from '../../examples/start/ports.js'
import { projectRoot } from '../../examples/servers/support/protos.js'

const EXAMPLES = join(projectRoot(), 'dist', 'examples')
const programs: Program[] = []

/** A built program, running, and what it has said so far. */
class Program {
  readonly child: ChildProcess
  readonly ended: Promise<string>
  output = ''
  readonly #waiting = new Set<() => void>()

  constructor(child: ChildProcess) {
    this.child = child
    programs.push(this)
    const streams = [child.stdout!, child.stderr!].map(
      (stream) =>
        new Promise<void>((resolve) => {
          createInterface({ input: stream })
            .on('line', (line) => {
              this.output += `${line}\n`
              for (const check of this.#waiting) check()
            })
            .once('close', resolve)
        }),
    )
    // Not 'close': Node emits none for a child whose channel its parent has closed.
    const exit = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`))
    })
    this.ended = Promise.all([exit, ...streams]).then(([ending]) => {
      for (const check of this.#waiting) check()
      return ending
    })
  }

  /** What the first group of a pattern holds, once it is printed. Rejects if the program ends before. */
  says(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = pattern.exec(this.output)
        const isOver = this.child.exitCode !== null || this.child.signalCode !== null
        if (!found && !isOver) return
        this.#waiting.delete(check)
        if (found) resolve(found[1] ?? found[0])
        else reject(new Error(`ended without saying ${pattern.source}:\n${this.output}`))
      }
      this.#waiting.add(check)
      check()
    })
  }
}

const run = (program: string, args: string[] = [], env: Record<string, string> = {}) =>
  new Program(
    spawn(process.execPath, [join(EXAMPLES, program), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Resolves when nothing listens on any of the ports. */
async function allClosed(ports: readonly number[]): Promise<void> {
  while ((await Promise.all(ports.map(isListening))).includes(true))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1))

beforeAll(() => {
  if (!existsSync(join(EXAMPLES, 'start.js'))) throw new Error('these tests need `npm run build` before')
})

afterEach(async () => {
  for (const { child, ended } of programs.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
})

describe.each(['library', 'inventory'])('the %s server as a process', (name) => {
  const program = `servers/${name}.js`
  const readyLine = new RegExp(`^${name} listening on (127\\.0\\.0\\.1:\\d+)\n$`)

  test.each(['SIGTERM', 'SIGINT'] as const)('prints one line, and ends at once on %s', async (signal) => {
    const server = run(program, ['--port', '0'])
    const port = portOf(await server.says(readyLine))
    expect(await isListening(port)).toBe(true)
    server.child.kill(signal)
    expect(await server.ended).toBe('exit 0')
  })

  test('ends when its parent is gone', async () => {
    const child = fork(join(EXAMPLES, program), { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    const server = new Program(child)
    await server.says(readyLine)
    child.disconnect()
    expect(await server.ended).toBe('exit 0')
  })

  test('says that its port is taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const server = run(program, ['--port', String((taken.address() as { port: number }).port)])
    expect(await server.ended).toBe('exit 1')
    expect(server.output).toMatch(/EADDRINUSE/)
    taken.close()
  })

  test.each(['--port=x', '--port=65536', '--prot=1', 'extra'])('refuses %s', async (arg) => {
    const server = run(program, [arg])
    expect(await server.ended).toBe('exit 2')
    expect(server.output).toMatch(/^usage: /)
  })
})

describe('npm start', () => {
  /** Starts everything on free ports. */
  async function start(): Promise<{ all: Program; ports: number[] }> {
    const names = ['LIBRARY_PORT', 'INVENTORY_PORT', 'PROTOBRIDGE_PORT', 'PROTOBRIDGE_ADMIN_PORT']
    const ports: number[] = []
    for (const _ of names) ports.push(await freePort(0))
    const env = Object.fromEntries(names.map((name, index) => [name, String(ports[index])]))
    const all = run('start.js', [], env)
    await all.says(/Ctrl-C ends everything/)
    return { all, ports }
  }

  /** Processes that a process has started. */
  const childrenOf = (program: Program) =>
    execFileSync('pgrep', ['-P', String(program.child.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number)

  test('prints what is served, and lines that work when pasted', async () => {
    const { all, ports } = await start()
    expect(all.output).toMatch(/serves \d\d methods by \d\d routes on http:\/\/127\.0\.0\.1:/)
    expect(all.output).toContain(`http://127.0.0.1:${ports[3]}`)
    expect(all.output).not.toContain('\u001b[')
    const lines = all.output.split('\n').filter((line) => line.startsWith('  curl '))
    const answers = lines.map((line) => {
      const pasted = line.replace('curl', 'curl --silent --show-error --fail')
      return JSON.parse(execFileSync('sh', ['-c', pasted], { encoding: 'utf8' })) as unknown
    })
    expect(answers).toMatchObject([
      { name: 'shelves/1/books/1', title: 'The Left Hand of Darkness' },
      { name: 'shelves/3/books/odes', authors: [{ displayName: 'Horace' }] },
      { items: [{ sku: 'BOX-L' }, { sku: 'BOX-S' }], nextPageToken: expect.stringMatching(/./) },
    ])
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('ends everything on %s', async (signal) => {
    const { all, ports } = await start()
    all.child.kill(signal)
    expect(await all.ended).toBe('exit 0')
    await allClosed(ports)
  })

  test('leaves nothing behind where it is killed', async () => {
    const { all, ports } = await start()
    all.child.kill('SIGKILL')
    await all.ended
    await allClosed(ports)
  })

  test('ends everything, and says why, when one of its processes dies', async () => {
    const { all, ports } = await start()
    process.kill(childrenOf(all)[0]!, 'SIGKILL')
    expect(await all.ended).toBe('exit 1')
    expect(all.output).toMatch(/the (library|inventory) server has ended \(signal SIGKILL\), so everything ends/)
    await allClosed(ports)
  })

  test('says that a port is taken, and uses another', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const port = (taken.address() as { port: number }).port
    const all = run('start.js', [], {
      PROTOBRIDGE_PORT: String(port),
      PROTOBRIDGE_ADMIN_PORT: String(await freePort(0)),
    })
    expect(portOf(await all.says(/serves .* on (http:\S+)/))).not.toBe(port)
    expect(all.output).toContain(`port ${port} is taken: the gateway is on `)
    taken.close()
  })
})
