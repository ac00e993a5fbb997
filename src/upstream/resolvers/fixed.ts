import type { Endpoint, Resolver, ResolverFactory } from '../types.js'

/**
 * A factory for targets whose endpoints are all written in them: told once, never again.
 * @param parse the endpoints of a target, or what is wrong with it
 */
export function fixedResolver(parse: (target: string) => readonly Endpoint[] | string): ResolverFactory {
  return {
    validate: (target) => {
      const parsed = parse(target)
      return typeof parsed === 'string' ? parsed : undefined
    },
    create: (target, listener): Resolver => {
      const parsed = parse(target)
      if (typeof parsed === 'string') listener.onError(parsed)
      else listener.onEndpoints(parsed)
      return { refresh: () => undefined, close: () => undefined }
    },
  }
}
