import { isIPv4, isIPv6 } from 'node:net'
import { fixedResolver } from './fixed.js'
import { parseAddressList } from './host-port.js'
import type { ResolverKind } from './types.js'

/** `ipv4:1.2.3.4:50051,5.6.7.8:1` (grpc/grpc doc/naming.md). */
export const ipv4Resolver: ResolverKind = () =>
  fixedResolver((target) =>
    parseAddressList(target, ({ host }) => (isIPv4(host) ? undefined : `"${host}" is not an IPv4 address`)),
  )

/** `ipv6:[::1]:50051,[::2]:1`; without a port the brackets may be left out. */
export const ipv6Resolver: ResolverKind = () =>
  fixedResolver((target) =>
    parseAddressList(target, ({ host }) => (isIPv6(host) ? undefined : `"${host}" is not an IPv6 address`)),
  )
