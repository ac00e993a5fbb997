import { join } from 'node:path'
import { projectRoot } from '../examples/servers/support/protos.js'

/** What the stack listens on, by name; ports of 127.0.0.1. */
export const WISHED_PORTS = {
  balancer: 8080,
  'balancer-stats': 8404,
  'gateway-1': 8081,
  'gateway-2': 8082,
  'gateway-1-admin': 9901,
  'gateway-2-admin': 9902,
  'library-1': 50051,
  'library-2': 50053,
  inventory: 50052,
  'identity-provider': 8090,
  consul: 8500,
  'consul-serf': 8301,
  'consul-server': 8300,
  'consul-grpc': 8502,
  redis: 6379,
  prometheus: 9090,
  jaeger: 16686,
  'jaeger-otlp': 4318,
  'jaeger-otlp-grpc': 4317,
  'jaeger-query-grpc': 16685,
  'jaeger-admin': 14269,
  'jaeger-collector': 14268,
  'jaeger-collector-grpc': 14250,
} as const

export type PortName = keyof typeof WISHED_PORTS
export type Ports = Readonly<Record<PortName, number>>

/** Real programs that the stack is made of, and how to get them; the last two parts are needed. */
export const BINARIES = {
  redis: { path: 'redis/redis', script: 'get-redis', without: 'each gateway counts limits for itself' },
  jaeger: { path: 'jaeger/jaeger', script: 'get-jaeger', without: 'nothing is traced' },
  prometheus: { path: 'prometheus/prometheus', script: 'get-prometheus', without: 'nobody collects metrics' },
  consul: { path: 'consul/consul', script: 'get-consul', without: undefined },
  haproxy: { path: 'haproxy/haproxy', script: 'get-haproxy', without: undefined },
} as const

export type BinaryName = keyof typeof BINARIES

export const binaryPath = (name: BinaryName): string => join(projectRoot(), '.tools', BINARIES[name].path)

/** What a running stack is, written to `stack.json` for who drives it. */
export interface StackState {
  readonly folder: string
  readonly ports: Ports
  readonly adminToken: string
  /** Process ids of the parts that faults are put upon. */
  readonly pids: Readonly<Record<string, number>>
  /** What it does without. */
  readonly leftOut: readonly BinaryName[]
}

/** URLs of a stack's parts. */
export function urlsOf({ ports }: Pick<StackState, 'ports'>): Readonly<Record<PortName, string>> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, `http://127.0.0.1:${port}`]),
  ) as unknown as Record<PortName, string>
}
