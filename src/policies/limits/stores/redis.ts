import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type * as ioredis from 'ioredis'
import type * as flexible from 'rate-limiter-flexible'
import type { ClientTlsConfig, LimitsConfig } from '../../../config/index.js'
import { Buckets, burstSeconds } from '../buckets.js'
import { InsuredStore } from '../insured-store.js'
import type { LimitStore, Quota, RemoteStore, StoreNotes, Verdict } from '../types.js'
import { BoundedReplies } from './bounded-replies.js'

/** Loaded with the first store: most gateways have none, and a process should not take the time for it when it starts. */
const require = createRequire(import.meta.url)
const loadRedis = () => require('ioredis') as typeof ioredis
const loadLimiter = () => require('rate-limiter-flexible') as typeof flexible

/** Of a TCP connection and, where there is, the TLS handshake. */
const CONNECT_TIMEOUT_MS = 3000
const MAX_RECONNECT_DELAY_MS = 1000
const QUIT_TIMEOUT_MS = 1000
/** Longer keys go as their hash. */
const MAX_KEY_LENGTH = 128

/** `store: redis://…`: all gateways that name it count together. */
export function redisStore(config: LimitsConfig, notes: StoreNotes): LimitStore {
  const { store, timeoutMs, failOpen } = config
  if (store.kind !== 'redis') throw new Error(`${store.kind} is not Redis`)
  return new InsuredStore(new RedisStore(store.url, store.tls), { timeoutMs, failOpen, notes })
}

class RedisStore implements RemoteStore {
  readonly name: string
  readonly #redis: ioredis.Redis
  /** Settles with the first attempt to connect; undefined: it has not been opened, or it is settled. */
  #connecting: Promise<void> | undefined
  readonly #replies = new BoundedReplies()
  /** Why it is not connected. */
  #lastError: Error | undefined

  constructor(url: string, tls: ClientTlsConfig | undefined) {
    const { protocol, hostname, port, username, password, pathname } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    this.name = `redis at ${hostname}:${port === '' ? '6379' : port}`
    const { Redis } = loadRedis()
    this.#redis = new Redis({
      host,
      port: port === '' ? 6379 : Number(port),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      db: Number(pathname.slice(1)),
      ...(protocol === 'rediss:' ? { tls: tlsOptions(host, tls) } : {}),
      connectionName: 'protobridge',
      // Servers before Redis 6 do not know the third.
      protocol: 2,
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // What cannot be sent at once is counted here: sent later, nobody would wait for it.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(25 * 2 ** Math.min(times, 10), MAX_RECONNECT_DELAY_MS),
      // A primary that has become a replica takes no writes: the name may lead to another by now.
      reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    })
    // Told by the circuit, once. A client without a listener would write each to the console.
    this.#redis.on('error', (error: Error) => (this.#lastError = error))
    this.#redis.on('ready', () => (this.#lastError = undefined))
    this.#redis.on('connect', () => this.#replies.watch(this.#redis.stream))
  }

  open(): void {
    this.#connecting = this.#redis.connect().finally(() => (this.#connecting = undefined))
    // Who asks is told; further attempts follow by themselves.
    this.#connecting.catch(() => undefined)
  }

  keep(): void {
    // Counters expire in Redis by themselves.
  }

  reset(): void {
    // One that waits for its next attempt makes it by itself.
    if (this.#redis.status === 'ready' || this.#redis.status === 'connect') this.#redis.disconnect(true)
  }

  close(): void {
    if (this.#redis.status !== 'ready') return this.#redis.disconnect()
    // Lets what is under way be answered; a server that answers nothing must not keep the process alive.
    const timer = setTimeout(() => this.#redis.disconnect(), QUIT_TIMEOUT_MS)
    const end = (): void => {
      clearTimeout(timer)
      this.#redis.disconnect()
    }
    this.#redis.quit().then(end, end)
  }

  limiter(quota: Quota): { consume(key: string, cost: number): Promise<Verdict> } {
    const { name, points, seconds, burst, isPrivate, id } = quota
    const keyPrefix = `protobridge:${name}:${digestOf(id).slice(0, 12)}`
    const common = { storeClient: this.#redis, rejectIfRedisNotReady: true }
    const { RateLimiterRedis } = loadLimiter()
    const buckets = new Buckets(
      new RateLimiterRedis({ ...common, keyPrefix, points, duration: seconds }),
      burst === 0
        ? undefined
        : new RateLimiterRedis({
            ...common,
            keyPrefix: `${keyPrefix}:burst`,
            points: burst,
            duration: burstSeconds(quota),
          }),
    )
    const consume = (key: string, cost: number): Promise<Verdict> =>
      buckets.consume(isPrivate || key.length > MAX_KEY_LENGTH ? digestOf(key) : key, cost)
    return { consume: (key, cost) => this.#whenReady(() => consume(key, cost)) }
  }

  async #whenReady(consume: () => Promise<Verdict>): Promise<Verdict> {
    if (this.#connecting !== undefined) await this.#connecting.catch(() => undefined)
    if (this.#redis.status !== 'ready') throw this.#lastError ?? new Error('it is not connected')
    return verdictOf(await consume().finally(() => this.#replies.answered()))
  }
}

/** What is no count would let everything pass. */
function verdictOf(verdict: Verdict): Verdict {
  const { remaining, msBeforeNext } = verdict
  if (!Number.isFinite(remaining) || !Number.isFinite(msBeforeNext)) throw new Error('what it answers is no count')
  // PTTL tells of a key without an end, or that has just ended, with a number below 0.
  return msBeforeNext < 0 ? { ...verdict, msBeforeNext: 0 } : verdict
}

function tlsOptions(host: string, tls: ClientTlsConfig | undefined): ConnectionOptions {
  const serverName = tls?.serverName ?? (isIP(host) === 0 ? host : undefined)
  return {
    ...(tls?.ca === undefined ? {} : { ca: readFileSync(tls.ca) }),
    ...(tls?.cert === undefined ? {} : { cert: readFileSync(tls.cert) }),
    ...(tls?.key === undefined ? {} : { key: readFileSync(tls.key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
