import { isIP } from 'node:net'
import type { Resolver } from '../types.js'
import { parseDnsTarget } from './dns-target.js'
import { endpointOf } from './host-port.js'
import { NameAddresses } from './name-addresses.js'
import { RefreshingResolver } from './refreshing-resolver.js'
import type { ResolverKind } from './types.js'

/**
 * `dns:host:port`, `dns:///host:port`, `dns://server/host:port` and bare `host:port`: A and AAAA records, asked again as
 * they expire and when a connection fails; the system's resolver for names DNS does not know.
 *
 * That a name which had addresses has none any more (NXDOMAIN, or no records) is a failure like any other, as it is in
 * gRPC: the last good set stays. DNS cannot say "scaled to nothing" apart from "the zone was lost", and calls to servers
 * that are gone fail with the same 503 as calls to none.
 */
export const dnsResolver: ResolverKind = (dependencies) => ({
  validate: (target) => {
    const parsed = parseDnsTarget(target)
    return typeof parsed === 'string' ? parsed : undefined
  },
  authority: (target) => {
    const parsed = parseDnsTarget(target)
    return typeof parsed === 'string' ? undefined : parsed.authority
  },
  create: (target, listener): Resolver => {
    const parsed = parseDnsTarget(target)
    if (typeof parsed === 'string') {
      listener.onError(parsed)
    } else if (isIP(parsed.host) !== 0) {
      listener.onEndpoints([endpointOf(parsed.host, parsed.port)])
    } else {
      const { host, port, server } = parsed
      const nameServer = dependencies.nameServer(server)
      // A server named outright is the only one to ask.
      const name = new NameAddresses(host, nameServer, server === undefined)
      const question = async () => {
        const { addresses, error, ...rest } = await name.ask()
        return error ?? { endpoints: addresses.map((address) => endpointOf(address, port)), ...rest }
      }
      return new RefreshingResolver(question, listener, dependencies, () => nameServer.cancel())
    }
    return { refresh: () => undefined, close: () => undefined }
  },
})
