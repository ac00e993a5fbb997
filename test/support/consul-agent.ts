import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../.tools/consul/consul', import.meta.url))

/** scripts/get-consul.mjs has put the agent there. */
export function hasConsul(): boolean {
  const isThere = existsSync(PROGRAM)
  if (!isThere) console.log('skipped: no consul binary')
  return isThere
}

export interface AgentOptions {
  /** ACLs on, all denied but to this token. */
  readonly masterToken?: string
}

/** A real Consul server agent on free ports of this machine, with a data directory. */
export class ConsulAgent {
  readonly port: number
  readonly data = mkdtempSync(join(realpathSync(tmpdir()), 'protobridge-consul-'))
  private readonly ports: readonly number[]
  private readonly options: AgentOptions
  private process: ChildProcess | undefined
  private output = ''

  private constructor(ports: readonly number[], options: AgentOptions) {
    this.ports = ports
    this.port = ports[0]!
    this.options = options
  }

  static async start(options: AgentOptions = {}): Promise<ConsulAgent> {
    const agent = new ConsulAgent(await freePorts(4), options)
    await agent.run()
    return agent
  }

  /** Starts the process (again) and waits until it knows a leader. */
  async run(): Promise<void> {
    const [http, server, lan, wan] = this.ports
    const { masterToken } = this.options
    const acl =
      masterToken === undefined
        ? []
        : [
            '-hcl',
            `acl { enabled = true default_policy = "deny" tokens { master = "${masterToken}" agent = "${masterToken}" } }`,
          ]
    this.process = spawn(
      PROGRAM,
      [
        ...['agent', '-server', '-bootstrap-expect=1', `-data-dir=${this.data}`, '-node=test', '-bind=127.0.0.1'],
        ...[`-http-port=${http}`, `-server-port=${server}`, `-serf-lan-port=${lan}`, `-serf-wan-port=${wan}`],
        ...['-dns-port=-1', '-grpc-port=-1', '-log-level=warn'],
        ...['-hcl', 'performance { raft_multiplier = 1 } disable_update_check = true', ...acl],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on('data', (chunk: Buffer) => (this.output = (this.output + chunk.toString()).slice(-4000)))
    }
    await poll('the agent to have a leader', async () => {
      if (this.process?.exitCode !== null) throw new Error(`the agent has stopped: ${this.output}`)
      const leader = await this.call('GET', '/v1/status/leader')
      // The node's own entry comes a moment after the leader does.
      if (leader.status !== 200 || leader.json === '') return false
      const nodes = await this.call('GET', '/v1/catalog/nodes')
      return Array.isArray(nodes.json) && nodes.json.length > 0
    })
  }

  /** SIGKILL. @param forgets the catalogue and its index are lost, what services the agent has is not */
  async kill({ forgets = false } = {}): Promise<void> {
    const child = this.process
    if (child === undefined) return
    this.process = undefined
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    if (forgets) rmSync(join(this.data, 'raft'), { recursive: true, force: true })
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.data, { recursive: true, force: true })
  }

  /** One request to the agent, as the master where there is one. Status 0: not reachable. */
  async call(
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: unknown }> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
        method,
        headers: this.options.masterToken === undefined ? {} : { 'x-consul-token': this.options.masterToken },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, json: parse(text) }
    } catch {
      return { status: 0, json: undefined }
    }
  }

  /** A call that has to succeed. */
  async put(path: string, body?: unknown): Promise<unknown> {
    const { status, json } = await this.call('PUT', path, body)
    if (status !== 200) throw new Error(`PUT ${path}: ${status} ${JSON.stringify(json)}`)
    return json
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Waits for what `condition` says, asking often. */
export async function poll(
  what: string,
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 15_000, everyMs = 25 } = {},
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Ports that are free for TCP and UDP. */
async function freePorts(count: number): Promise<readonly number[]> {
  const held: (() => Promise<unknown>)[] = []
  const ports: number[] = []
  while (ports.length < count) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    held.push(() => once(server.close(), 'close'))
    const { port } = server.address() as AddressInfo
    const socket = createSocket('udp4')
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false))
      socket.bind(port, '127.0.0.1', () => resolve(true))
    })
    socket.close()
    if (isFree) ports.push(port)
  }
  await Promise.all(held.map((release) => release()))
  return ports
}
