import { resourceFromAttributes, type Resource } from '@opentelemetry/resources'
import type { Environment } from '../../config/index.js'
import { resourceAttributes } from '../otlp/index.js'
import type { Teller } from './types.js'

const resources = new WeakMap<Environment, Resource>()

/** Made once: what is wrong with the variables is told once. */
export function resourceOf({ env, version, logger }: Teller): Resource {
  let resource = resources.get(env)
  if (resource === undefined) {
    resource = resourceFromAttributes(resourceAttributes(env, version, (message) => logger.warn(message)))
    resources.set(env, resource)
  }
  return resource
}
