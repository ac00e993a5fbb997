import { formatPosition, type Problems } from '../problems/index.js'
import { templateShape } from './print-template.js'
import type { Binding } from './types.js'

/** A binding and under which hosts (none: any) and prefix it is to be served. */
export interface PlacedBinding {
  readonly binding: Binding
  readonly hosts: readonly string[]
  readonly prefix: string
}

/**
 * Reports every two routes that would take the same requests: the same HTTP method, the same path (prefix and template,
 * variable names aside) and a host in common, "any" being in common with each. A custom kind `*` beside a particular
 * method is no conflict (the particular one wins), nor is HEAD beside GET.
 */
export function findConflicts(routes: readonly PlacedBinding[], problems: Problems): void {
  const byShape = new Map<string, PlacedBinding[]>()
  for (const route of routes) {
    const { httpMethod, template } = route.binding
    const shape = `${httpMethod} ${route.prefix}${templateShape(template)}`
    const same = byShape.get(shape)
    if (same === undefined) {
      byShape.set(shape, [route])
      continue
    }
    const other = same.find((earlier) => haveHostInCommon(earlier.hosts, route.hosts))
    if (other === undefined) same.push(route)
    else reportConflict(other.binding, route, problems)
  }
}

function haveHostInCommon(some: readonly string[], others: readonly string[]): boolean {
  if (some.length === 0 || others.length === 0) return true
  return some.some((host) => others.some((other) => other.toLowerCase() === host.toLowerCase()))
}

function reportConflict(earlier: Binding, route: PlacedBinding, problems: Problems): void {
  const { binding, prefix } = route
  const [name, earlierName] = [binding, earlier].map(({ method }) => `${method.parent.typeName}.${method.name}`)
  const isSameMethod = binding.method === earlier.method
  problems.error(
    binding.position,
    `${binding.httpMethod} ${prefix}${binding.template.source} is bound to ${earlierName} already, ` +
      `at ${formatPosition(earlier.position)}`,
    {
      selector: name!,
      advice: isSameMethod
        ? 'keep one of them'
        : 'give one of them another path, or their upstreams different hosts or prefixes',
    },
  )
}
