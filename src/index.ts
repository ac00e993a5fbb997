/**
 * protobridge as a library.
 *
 * @example
 * const gateway = await createGateway('protobridge.yaml')
 * app.use('/api', gateway.handler)
 *
 * @module
 */
import { openGateway, type Gateway, type GatewayOptions } from './gateway/index.js'

/**
 * Makes a gateway of a configuration file, or of the same keys as an object (relative paths in it are relative to the
 * working directory). It does not listen until told to.
 * @throws LoadError with everything that is wrong, each with its place
 */
export function createGateway(pathOrObject: string | object, options: GatewayOptions = {}): Promise<Gateway> {
  const source =
    typeof pathOrObject === 'string'
      ? ({ kind: 'file', path: pathOrObject } as const)
      : ({ kind: 'object', value: pathOrObject } as const)
  return openGateway(source, options)
}

export type { Addresses, Gateway, GatewayOptions } from './gateway/index.js'
export type { GatewayHandler } from './exchange/index.js'
export { openLimitPrimary } from './policies/index.js'
export { LoadError, formatProblem, type Position, type Problem } from './problems/index.js'
