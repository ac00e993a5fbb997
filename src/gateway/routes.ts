import type { BodyFormat, RouteView } from '../admin/index.js'
import type { Route } from '../exchange/index.js'
import type { Binding } from '../mapping/index.js'
import type { ServedRoute, Snapshot } from '../snapshot/index.js'
import { FORMAT_NAMES } from '../transcode/index.js'

/** The routes as `/routes` and `protobridge routes` show them, sorted by path, then method. */
export function describeRoutes(snapshot: Snapshot): RouteView[] {
  return snapshot.routes.map(describeRoute).sort((a, b) => compare(a.path, b.path) || compare(a.method, b.method))
}

function describeRoute({ route, hosts, prefix }: ServedRoute): RouteView {
  const { binding } = route
  return {
    method: binding.httpMethod,
    path: prefix + binding.template.source,
    rpc: route.rpcName,
    body: describeBody(binding),
    responseBody: binding.responseBody?.name ?? '',
    source: binding.source === 'mapping' ? 'mapping file' : binding.source,
    streaming:
      binding.method.methodKind === 'unary' ? '' : binding.method.methodKind.replace('_streaming', ' streaming'),
    upstream: route.upstream.name,
    hosts,
    reads: readsOf(route),
    writes: writesOf(route),
  }
}

const RAW: readonly BodyFormat[] = ['raw']
const NONE: readonly BodyFormat[] = []

function readsOf({ binding, plan }: Route): readonly BodyFormat[] {
  if (binding.method.methodKind !== 'unary' || binding.body.kind === 'none') return NONE
  return plan.takesHttpBody ? RAW : plan.bodyFormats
}

function writesOf({ binding, plan }: Route): readonly BodyFormat[] {
  if (binding.method.methodKind !== 'unary') return NONE
  return plan.givesHttpBody ? RAW : FORMAT_NAMES
}

function describeBody({ body }: Binding): string {
  if (body.kind === 'none') return ''
  return body.kind === 'whole' ? '*' : body.field.name
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
