import { Problems } from '../problems/index.js'
import { openGateway } from './gateway.js'
import { loadConfig, type ConfigSource } from './source.js'
import type { GatewayOptions, ServedGateway } from './types.js'

/**
 * For the command: a gateway in this process, or in as many as the configuration says.
 * @throws LoadError with every problem, each with its place
 */
export async function openServed(source: ConfigSource, options: GatewayOptions = {}): Promise<ServedGateway> {
  // What is wrong with it is told by the load itself.
  const workers = loadConfig(source, options.env ?? process.env, new Problems())?.workers ?? 1
  if (workers === 1) return openGateway(source, options)
  const { openPrimary } = await import('./primary.js')
  return openPrimary(source, options)
}
