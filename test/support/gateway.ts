import { pino } from 'pino'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { startExamples, type ExampleServers } from './example-servers.js'

/** A gateway that listens on a free port, with what it logged. */
export interface TestGateway {
  readonly gateway: OperatedGateway
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly urls: readonly string[]
  readonly port: number
  readonly admin: string
  readonly grpcHealth: string | undefined
  readonly log: readonly string[]
  stop(): Promise<void>
}

/** Starts a gateway in this process, over real sockets. Listener, admin port and telemetry are given if left out. */
export async function startGateway(
  config: object,
  options: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<TestGateway> {
  const log: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) })
  const value = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    telemetry: { traces: 'none', metrics: 'none', accessLog: 'none' },
    watch: false,
    drain: { timeout: '2s' },
    ...config,
  }
  const gateway = await openGateway({ kind: 'object', value }, { logger, ...options })
  const { urls, admin, grpcHealth } = await gateway.listen()
  const stop = async (): Promise<void> => {
    await gateway.close()
  }
  return { gateway, url: urls[0]!, urls, port: Number(new URL(urls[0]!).port), admin, grpcHealth, log, stop }
}

/** The configuration that serves the example services, and what it needs to. */
export function examplesConfig(servers: Pick<ExampleServers, 'library' | 'inventory'>): object {
  return {
    schema: [{ protos: ['library/v1/*.proto', 'inventory/v1/*.proto'], roots: ['protos'] }],
    mappings: ['mappings/*.yaml'],
    upstreams: {
      library: { target: `static:///${servers.library}`, services: ['library.v1.*'] },
      inventory: { target: `static:///${servers.inventory}`, services: ['inventory.v1.*'] },
    },
  }
}

/** The example servers and a gateway before them. */
export async function startExampleGateway(
  more: object = {},
): Promise<TestGateway & { readonly servers: ExampleServers }> {
  const servers = await startExamples()
  const gateway = await startGateway({ ...examplesConfig(servers), ...more })
  return {
    ...gateway,
    servers,
    stop: async () => {
      await gateway.stop()
      await servers.stop()
    },
  }
}
