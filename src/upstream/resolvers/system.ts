import { lookup, Resolver } from 'node:dns/promises'
import type { NameServer, ResolverDependencies } from './types.js'

/** Per try; c-ares tries each server `TRIES` times. */
const TIMEOUT_MS = 2000
const TRIES = 2

/** The clock, timers, chance, environment and DNS of this machine. */
export const systemDependencies: ResolverDependencies = {
  now: Date.now,
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  random: Math.random,
  env: process.env,
  nameServer: (server): NameServer => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
    if (server !== undefined) resolver.setServers([server])
    return {
      resolve4: (host) => resolver.resolve4(host, { ttl: true }),
      resolve6: (host) => resolver.resolve6(host, { ttl: true }),
      resolveSrv: (name) => resolver.resolveSrv(name),
      lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      cancel: () => resolver.cancel(),
    }
  },
}
