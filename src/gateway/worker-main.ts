import { pino } from 'pino'
import type { LogLevel } from '../admin/index.js'
import { beWorker } from '../workers/index.js'
import type { Recipe } from './recipe.js'
import type { ConfigSource } from './source.js'
import { WorkerGateway } from './worker-gateway.js'

/*
 * The process of a worker: a gateway that does what the primary says. What the primary may ask is the list below.
 */

/** What a worker is told first. */
export interface Beginning {
  readonly source: ConfigSource
  readonly logLevel: LogLevel
  readonly workers: number
}

// Whoever read what is told has gone: no reason to stop.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

const ASK_TIMEOUT_MS = 1000

let gateway: WorkerGateway | undefined

const { channel, place } = beWorker(() => {
  // The primary is gone, and with it the sockets that are listened on: what is under way may finish.
  if (gateway === undefined) process.exit(1)
  gateway.drain().then(
    () => process.exit(1),
    () => process.exit(1),
  )
})
process.title = `protobridge worker ${place}`

function begun(): WorkerGateway {
  if (gateway === undefined) throw new Error('the worker was not told what to serve')
  return gateway
}

channel.answer('begin', (argument) => {
  const { source, logLevel, workers } = argument as Beginning
  const logger = pino({ level: logLevel }, pino.destination({ dest: 2, sync: true })).child({ worker: place })
  const stopAccepting = async (): Promise<void> => {
    // A primary that is gone accepts nothing.
    await channel.ask('stop-accepting', undefined, ASK_TIMEOUT_MS).catch(() => undefined)
  }
  gateway = new WorkerGateway({ source, env: process.env, logger, workers, stopAccepting })
})
channel.answer('prepare', (recipe) => begun().prepare(recipe as Recipe))
channel.answer('commit', (generation) => begun().commit(generation as number))
channel.answer('abort', () => begun().abort())
channel.answer('listen', () => begun().listen())
channel.answer('begin-draining', () => begun().beginDraining())
channel.answer('drain', () => begun().drain())
channel.answer('cut', () => begun().cut())
channel.answer('end', () => void setImmediate(() => process.exit(0)))
channel.answer('reopen', () => begun().telemetry.reopen())
channel.answer('log-level', (level) => begun().setLogLevel(level as LogLevel))
channel.answer('readiness', () => begun().readiness)
channel.answer('status', () => begun().status)
channel.answer('upstreams', () => begun().upstreams)
channel.answer('metrics', () => begun().telemetry.metricsSnapshot())
channel.answer('recent-errors', () => begun().recentErrors)
