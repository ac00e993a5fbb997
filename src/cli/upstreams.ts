import type { UpstreamView } from '../admin/index.js'
import { adminOf, askAdmin, type AdminOptions } from './ask-admin.js'
import { formatUpstreams } from './upstreams-text.js'

/** `protobridge upstreams`: what a running gateway tells of its upstreams' endpoints, as a table or JSON. */
export async function upstreams(options: AdminOptions & { readonly json?: boolean }): Promise<void> {
  const address = adminOf(options)
  const views = await askAdmin(address, '/upstreams')
  if (!isViews(views))
    throw new Error(`${address.origin}/upstreams tells no upstreams: is that a protobridge admin port?`)
  if (options.json === true) console.log(JSON.stringify(views, null, 2))
  else console.log(formatUpstreams(views, process.stdout.isTTY && process.env['NO_COLOR'] === undefined))
}

function isViews(answer: unknown): answer is readonly UpstreamView[] {
  return (
    Array.isArray(answer) &&
    answer.every((view: unknown) => typeof view === 'object' && view !== null && 'endpoints' in view)
  )
}
