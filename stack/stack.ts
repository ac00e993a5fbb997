import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectRoot } from '../examples/servers/support/protos.js'
import { freePort } from '../examples/start/ports.js'
import { Part, type PartOptions } from './part.js'
import {
  BINARIES,
  binaryPath,
  WISHED_PORTS,
  type BinaryName,
  type PortName,
  type Ports,
  type StackState,
} from './topology.js'

const built = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const HOST = '127.0.0.1'
const GATEWAYS = ['gateway-1', 'gateway-2'] as const

/** A running stack: two gateways behind a balancer, what is behind them, and what watches them. */
export class Stack {
  readonly folder: string
  readonly ports: Ports
  readonly leftOut: readonly BinaryName[]
  readonly #adminToken: string
  readonly #parts: Part[] = []
  readonly #pids: Record<string, number> = {}
  #isUp = false
  #isStopped = false

  private constructor(folder: string, ports: Ports) {
    this.folder = folder
    this.ports = ports
    const unwanted = (process.env['STACK_WITHOUT'] ?? '').split(',')
    this.leftOut = (Object.keys(BINARIES) as BinaryName[]).filter(
      (name) => unwanted.includes(name) || !existsSync(binaryPath(name)),
    )
    this.#adminToken = readFileSync(config('admin-token'), 'utf8').trim()
  }

  /**
   * Starts everything, from the back to the front.
   * @param folder for logs and data; what is there of an earlier stack goes
   * @throws where something needed is not there or does not come up; nothing is left running then
   */
  static async start(folder: string): Promise<Stack> {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const stack = new Stack(folder, await choosePorts())
    for (const name of stack.leftOut) {
      const { script, without } = BINARIES[name]
      if (without === undefined) throw new Error(`the stack needs ${name}: node scripts/${script}.mjs gets it`)
    }
    try {
      await stack.#startAll()
      return stack
    } catch (error) {
      await stack.stop()
      throw error
    }
  }

  get state(): StackState {
    const { folder, ports, leftOut } = this
    return { folder, ports, leftOut, adminToken: this.#adminToken, pids: { ...this.#pids } }
  }

  /** Ends everything, from the front to the back. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#isUp = false
    rmSync(join(this.folder, 'stack.json'), { force: true })
    const front = this.#parts.filter(({ name }) => name === 'haproxy' || name.startsWith('gateway'))
    for (const part of this.#parts.filter(({ name }) => name === 'haproxy')) await part.stop()
    await Promise.all(front.filter(({ name }) => name !== 'haproxy').map((part) => part.stop()))
    await Promise.all(this.#parts.filter((part) => !front.includes(part)).map((part) => part.stop()))
  }

  async #startAll(): Promise<void> {
    await Promise.all([this.#startConsul(), this.#startRedis(), this.#startJaeger(), this.#startIdentityProvider()])
    await Promise.all([this.#startServer('inventory'), this.#startServer('library-1'), this.#startServer('library-2')])
    await this.#register()
    await Promise.all(GATEWAYS.map((name) => this.#startGateway(name)))
    await Promise.all([this.#startBalancer(), this.#startPrometheus()])
    this.#isUp = true
    this.#writeState()
  }

  #has(name: BinaryName): boolean {
    return !this.leftOut.includes(name)
  }

  #at(name: PortName): string {
    return `${HOST}:${this.ports[name]}`
  }

  async #start(options: Omit<PartOptions, 'folder'>): Promise<void> {
    const onStart = (pid: number): void => {
      if (!('module' in options.program)) return
      this.#pids[options.name] = pid
      this.#writeState()
    }
    const part = await Part.start({ ...options, folder: this.folder, onStart })
    // Another one did not come up meanwhile.
    if (this.#isStopped) return part.stop()
    this.#parts.push(part)
  }

  #startConsul(): Promise<void> {
    const { ports } = this
    const settings = ['-http-port', ports.consul, '-serf-lan-port', ports['consul-serf'], '-server-port']
    return this.#start({
      name: 'consul',
      program: { binary: binaryPath('consul') },
      args: [
        ...['agent', '-dev', '-bind', HOST, '-client', HOST, '-dns-port', '-1', '-serf-wan-port', '-1'],
        ...[...settings, ports['consul-server'], '-grpc-port', ports['consul-grpc'], '-log-level', 'warn'].map(String),
      ],
      isUp: async () => (await (await fetch(`http://${this.#at('consul')}/v1/status/leader`)).text()).includes(':'),
    })
  }

  async #startRedis(): Promise<void> {
    if (!this.#has('redis')) return
    const { redis } = this.ports
    await this.#start({
      name: 'redis',
      program: { binary: binaryPath('redis') },
      args: ['--port', String(redis), '--bind', HOST, '--save', '', '--appendonly', 'no', '--dir', this.folder],
      isUp: () => accepts(redis),
    })
  }

  async #startJaeger(): Promise<void> {
    if (!this.#has('jaeger')) return
    const listeners: Record<string, PortName> = {
      'collector.otlp.http.host-port': 'jaeger-otlp',
      'collector.otlp.grpc.host-port': 'jaeger-otlp-grpc',
      'query.http-server.host-port': 'jaeger',
      'query.grpc-server.host-port': 'jaeger-query-grpc',
      'admin.http.host-port': 'jaeger-admin',
      'collector.http-server.host-port': 'jaeger-collector',
      'collector.grpc-server.host-port': 'jaeger-collector-grpc',
    }
    await this.#start({
      name: 'jaeger',
      program: { binary: binaryPath('jaeger') },
      args: [...Object.entries(listeners).map(([flag, port]) => `--${flag}=${this.#at(port)}`), '--log-level=warn'],
      isUp: async () => (await fetch(`http://${this.#at('jaeger')}/api/services`)).ok,
    })
  }

  #startIdentityProvider(): Promise<void> {
    return this.#start({
      name: 'identity-provider',
      program: { module: built('./identity-provider.js') },
      args: ['--port', String(this.ports['identity-provider'])],
      isUp: async () => (await fetch(`http://${this.#at('identity-provider')}/jwks`)).ok,
    })
  }

  #startServer(name: 'inventory' | 'library-1' | 'library-2'): Promise<void> {
    const kind = name === 'inventory' ? 'inventory' : 'library'
    const asks = kind === 'library' ? ['--inventory', this.#at('inventory')] : []
    return this.#start({
      name,
      program: { module: built(`../examples/servers/${kind}.js`) },
      args: ['--port', String(this.ports[name]), '--name', name, ...asks],
      env: this.#tracing(name),
      isUp: () => accepts(this.ports[name]),
    })
  }

  /** Makes the servers known to Consul, which asks each of them by grpc.health.v1 how it is. */
  async #register(): Promise<void> {
    for (const id of ['library-1', 'library-2', 'inventory'] as const) {
      const service = {
        ID: id,
        Name: id === 'inventory' ? 'inventory' : 'library',
        Address: HOST,
        Port: this.ports[id],
        Check: { GRPC: this.#at(id), Interval: '500ms', Timeout: '400ms', Status: 'passing' },
      }
      const url = `http://${this.#at('consul')}/v1/agent/service/register`
      const answer = await fetch(url, { method: 'PUT', body: JSON.stringify(service) })
      if (!answer.ok) throw new Error(`Consul does not take ${id}: ${answer.status} ${await answer.text()}`)
    }
  }

  #startGateway(name: (typeof GATEWAYS)[number]): Promise<void> {
    const issuer = `http://${this.#at('identity-provider')}`
    return this.#start({
      name,
      program: { module: built('../src/cli/main.js') },
      args: ['serve', '--config', config('gateway.yaml')],
      env: {
        GATEWAY_ID: name,
        GATEWAY_HOST: HOST,
        GATEWAY_ADDRESS: HOST,
        GATEWAY_PORT: String(this.ports[name]),
        GATEWAY_ADMIN_PORT: String(this.ports[`${name}-admin`]),
        GATEWAY_ADMIN_TOKEN: this.#adminToken,
        CONSUL: this.#at('consul'),
        OIDC_ISSUER: issuer,
        OIDC_JWKS: `${issuer}/jwks`,
        ...(this.#has('redis') ? { LIMITS_STORE: `redis://${this.#at('redis')}` } : {}),
        ...this.#tracing(name),
      },
      isUp: async () => (await fetch(`http://${this.#at(`${name}-admin`)}/readyz`)).ok,
    })
  }

  #tracing(name: string): Record<string, string> {
    if (!this.#has('jaeger')) return {}
    return {
      OTEL_SERVICE_NAME: name.replace(/^gateway/, 'protobridge').replace(/-\d$/, ''),
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${name}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${this.#at('jaeger-otlp')}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    }
  }

  #startBalancer(): Promise<void> {
    const env: Record<string, string> = {
      BALANCER: this.#at('balancer'),
      BALANCER_STATS: this.#at('balancer-stats'),
      GATEWAY_1: this.#at('gateway-1'),
      GATEWAY_2: this.#at('gateway-2'),
      GATEWAY_1_ADMIN_PORT: String(this.ports['gateway-1-admin']),
      GATEWAY_2_ADMIN_PORT: String(this.ports['gateway-2-admin']),
    }
    return this.#start({
      name: 'haproxy',
      program: { binary: binaryPath('haproxy') },
      args: ['-f', config('haproxy.cfg'), '-db'],
      env,
      isUp: async () => (await fetch(`http://${this.#at('balancer')}/`)).status !== 503,
    })
  }

  async #startPrometheus(): Promise<void> {
    if (!this.#has('prometheus')) return
    const write = (name: string, targets: readonly string[]): void =>
      writeFileSync(join(this.folder, name), JSON.stringify([{ targets }]))
    for (const name of ['prometheus.yml', 'admin-token']) copyFileSync(config(name), join(this.folder, name))
    write('prometheus-targets.json', [this.#at('gateway-1-admin'), this.#at('gateway-2-admin')])
    write('haproxy-targets.json', [this.#at('balancer-stats')])
    await this.#start({
      name: 'prometheus',
      program: { binary: binaryPath('prometheus') },
      args: [
        `--config.file=${join(this.folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(this.folder, 'prometheus')}`,
        `--web.listen-address=${this.#at('prometheus')}`,
        '--log.level=warn',
      ],
      isUp: async () => (await fetch(`http://${this.#at('prometheus')}/-/ready`)).ok,
    })
  }

  /** For who drives the stack: not before it is up. Read while it is written, it would be half of one. */
  #writeState(): void {
    if (!this.#isUp) return
    const file = join(this.folder, 'stack.json')
    writeFileSync(`${file}.next`, JSON.stringify(this.state, undefined, 2))
    renameSync(`${file}.next`, file)
  }
}

/** The configuration that the stack shares with docker-compose.yml. */
const config = (name: string): string => join(projectRoot(), 'deploy', 'stack', name)

/** The usual ports, or free ones where those are taken; no two the same. */
async function choosePorts(): Promise<Ports> {
  const isAnyFree = process.env['STACK_PORTS'] === 'any'
  const taken = new Set<number>()
  const ports: Partial<Record<PortName, number>> = {}
  for (const [name, wished] of Object.entries(WISHED_PORTS) as [PortName, number][]) {
    let port = await freePort(isAnyFree ? 0 : wished)
    while (taken.has(port)) port = await freePort(0)
    taken.add(port)
    ports[name] = port
  }
  return ports as Ports
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: HOST })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
