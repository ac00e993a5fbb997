import { fixedResolver } from './fixed.js'
import { parseAddressList } from './host-port.js'
import type { ResolverKind } from './types.js'

/** `static:///a:1,b:2`: names or addresses, each an endpoint of its own (ours, not gRPC's). */
export const staticResolver: ResolverKind = () =>
  fixedResolver((target) => parseAddressList(target.replace(/^\/\/\//, ''), () => undefined))
