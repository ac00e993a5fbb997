import type { Resolver } from '../types.js'
import { parseSrvTarget } from './dns-target.js'
import { RefreshingResolver } from './refreshing-resolver.js'
import { SrvRecords } from './srv-records.js'
import type { ResolverKind } from './types.js'

/**
 * `dns+srv:///_grpc._tcp.library.internal` and `dns+srv://server:port/name`: SRV records, which tell host, port, weight
 * and priority, and the addresses of their targets; asked again as `dns:` is.
 */
export const dnsSrvResolver: ResolverKind = (dependencies) => ({
  validate: (target) => {
    const parsed = parseSrvTarget(target)
    return typeof parsed === 'string' ? parsed : undefined
  },
  authority: (target) => {
    const parsed = parseSrvTarget(target)
    return typeof parsed === 'string' ? undefined : parsed.authority
  },
  create: (target, listener): Resolver => {
    const parsed = parseSrvTarget(target)
    if (typeof parsed === 'string') {
      listener.onError(parsed)
      return { refresh: () => undefined, close: () => undefined }
    }
    const nameServer = dependencies.nameServer(parsed.server)
    const records = new SrvRecords(parsed.name, nameServer, parsed.server === undefined)
    return new RefreshingResolver(
      () => records.ask(),
      listener,
      dependencies,
      () => nameServer.cancel(),
    )
  },
})
