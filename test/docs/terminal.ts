import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CONSUL = join(ROOT, '.tools/consul/consul')
const CONSUL_PORTS = ['-server-port', '-serf-lan-port', '-serf-wan-port']
const START_MS = 60_000

/** What a command that goes on says when it is there. */
const IS_UP =
  /ready on|listening on|listens on|http:\/\/127\.0\.0\.1:\d+\n|New leader elected|cluster leadership acquired/

/** Commands that go on until they are ended. */
const GOES_ON = /^(?:\w+=\S+ )*npm start\b|^npx protobridge serve\b|^node dist\/examples\/|^consul agent\b/

/** Ports of `npm start`, by the variables that choose them: all pages talk to the same one. */
const SHARED = {
  PROTOBRIDGE_PORT: '8080',
  PROTOBRIDGE_ADMIN_PORT: '9901',
  LIBRARY_PORT: '50051',
  INVENTORY_PORT: '50052',
  LIBRARY_NEXT_PORT: '50053',
} as const
/** Of examples/secured, likewise. */
const SECURED = { PROTOBRIDGE_PORT: '8087', PROTOBRIDGE_ADMIN_PORT: '9908' } as const
/** Ports that pages name beside those. */
const OWN = /\b(?:808[1-79]|990[2-8]|50061|8500|3000|4318)\b/g

export interface Ending {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * The terminals of somebody who follows the pages, in a folder that looks like the checkout. The ports that pages name are
 * others here, free ones, so that whatever else runs on this machine is not in the way; all else is run as it is written.
 */
export class Terminals {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'protobridge-pages-'))
  readonly #ports = new Map<string, string>()
  /** Of a page that starts for itself what `npm start` starts for others. */
  readonly #ownPorts = new Map<string, string>()
  readonly #env: Record<string, string>
  readonly #running: { readonly line: string; readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = []

  private constructor() {
    for (const name of readdirSync(ROOT)) {
      if (name.startsWith('.') || name === 'bin') continue
      // A program that asks whether it is the one that was started compares the names of files.
      if (name === 'dist') cpSync(join(ROOT, name), join(this.folder, name), { recursive: true })
      else symlinkSync(join(ROOT, name), join(this.folder, name))
    }
    mkdirSync(join(this.folder, 'bin'))
    this.#env = {
      PATH: `${join(this.folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      OTEL_SDK_DISABLED: '',
      // What is before a script is the set-up, which whoever runs tests has behind them: it would build anew under them.
      npm_config_ignore_scripts: 'true',
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
    }
  }

  static async open(): Promise<Terminals> {
    const terminals = new Terminals()
    await terminals.#take(Object.values(SHARED))
    await terminals.#addConsul()
    return terminals
  }

  /** For the commands and files of a page: gives each port they name a free one. */
  async prepare(text: string): Promise<void> {
    await this.#take([...text.matchAll(OWN)].map(([port]) => port))
    await this.#take(text.includes('examples/secured/') ? Object.values(SECURED) : [])
    const started = [...text.matchAll(/--port (\d+)/g)].map(([, port = '']) => port)
    const again = started.filter((port) => Object.values<string>(SHARED).includes(port))
    for (const port of again) this.#ownPorts.set(port, await freePort())
  }

  /** What the page says, with the ports that are used here. */
  translate(text: string): string {
    return text.replaceAll(/\b\d{4,5}\b/g, (port) => this.#portOf(port) ?? port)
  }

  /** Writes a file that a page shows; what it shows of one that is there goes into that one. */
  write(name: string, text: string): void {
    const path = join(this.folder, name)
    // What the checkout has is its own: a page that shows one of that name means a folder of the reader's.
    if (existsSync(join(ROOT, name))) return
    if (existsSync(path)) appendFileSync(path, this.translate(text))
    else writeFileSync(path, this.translate(text))
  }

  /** Runs a command to its end, or, where it goes on, until it is up. */
  async run(line: string): Promise<Ending> {
    if (!GOES_ON.test(line)) return this.#toEnd(line)
    // The same again is started in the place of the first.
    const isStart = /\bnpm start\b/
    if (isStart.test(line)) await this.#end(({ line: other }) => isStart.test(other))
    return this.#toUp(line)
  }

  /** Ends what a page has started, but not what all share. */
  async endOwn(): Promise<void> {
    await this.#end(({ line }) => !/\bnpm start\b/.test(line))
    this.#ownPorts.clear()
  }

  async close(): Promise<void> {
    await this.#end(() => true)
    rmSync(this.folder, { recursive: true })
  }

  #portOf(port: string): string | undefined {
    return this.#ownPorts.get(port) ?? this.#ports.get(port)
  }

  #spawn(line: string): ChildProcess {
    const wished = { ...SHARED, ...(line.includes('examples/secured/') ? SECURED : {}), PORT: '3000' }
    const ports = Object.entries(wished).flatMap(([name, port]) => {
      const taken = this.#portOf(port)
      return taken === undefined ? [] : [[name, taken] as const]
    })
    return spawn('sh', ['-c', this.#asRun(line)], {
      cwd: this.folder,
      env: { ...process.env, ...this.#env, ...Object.fromEntries(ports) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: what it starts ends with it.
      detached: true,
    })
  }

  #asRun(line: string): string {
    const command = this.translate(line).replaceAll(/\bcurl (?!-s)/g, 'curl -sS ')
    // It would listen where that of `npm start` does.
    const isInTheWay = /serve (?:--target|--config protobridge\.yaml)/.test(line)
    return isInTheWay ? `${command} --listen 127.0.0.1:0 --admin 127.0.0.1:0` : command
  }

  #toEnd(line: string): Promise<Ending> {
    const { child, told } = this.#follow(line)
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...told })))
  }

  async #toUp(line: string): Promise<Ending> {
    const { child, told } = this.#follow(line)
    const ended = new Promise((resolve) => child.once('close', resolve))
    this.#running.push({ line, child, ended })
    return new Promise((resolve) => {
      const answer = (code: number | null): void => {
        clearTimeout(timer)
        resolve({ code, ...told })
      }
      const timer = setTimeout(() => answer(null), START_MS)
      const look = (): void => {
        if (IS_UP.test(told.stdout)) answer(0)
      }
      child.stdout!.on('data', look)
      // What was to go on and has ended has failed, whatever it says.
      child.once('close', (code) => answer(code === 0 ? null : code))
    })
  }

  #follow(line: string): { child: ChildProcess; told: { stdout: string; stderr: string } } {
    const child = this.#spawn(line)
    const told = { stdout: '', stderr: '' }
    child.stdout!.on('data', (text: Buffer) => (told.stdout += text.toString()))
    child.stderr!.on('data', (text: Buffer) => (told.stderr += text.toString()))
    return { child, told }
  }

  async #end(which: (running: { readonly line: string }) => boolean): Promise<void> {
    const ending = this.#running.filter(which)
    for (const running of ending) this.#running.splice(this.#running.indexOf(running), 1)
    for (const { child, ended } of ending.toReversed()) {
      const signal = (name: NodeJS.Signals): void => {
        try {
          process.kill(-child.pid!, name)
        } catch {
          // All of the group has ended.
        }
      }
      signal('SIGTERM')
      const timer = setTimeout(() => signal('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    }
  }

  async #take(ports: readonly string[]): Promise<void> {
    for (const port of ports) if (!this.#ports.has(port)) this.#ports.set(port, await freePort())
  }

  /** The agent for development, on ports of which the command tells nothing. */
  async #addConsul(): Promise<void> {
    if (!existsSync(CONSUL)) return
    await this.#take(['8500'])
    const flags = [`-http-port=${this.#ports.get('8500')!}`, '-bind=127.0.0.1', '-dns-port=-1', '-grpc-port=-1']
    for (const flag of CONSUL_PORTS) flags.push(`${flag}=${await freePort()}`)
    const shim = join(this.folder, 'bin/consul')
    writeFileSync(shim, `#!/bin/sh\nexec "${CONSUL}" "$@" ${flags.join(' ')}\n`)
    chmodSync(shim, 0o755)
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}
