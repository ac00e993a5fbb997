import type { Endpoint } from '../types.js'
import { fixedResolver } from './fixed.js'
import { PLAIN } from './host-port.js'
import type { ResolverKind } from './types.js'

/** Linux' sockaddr_un holds 108 bytes with the final NUL. */
const MAX_PATH_BYTES = 107

/** `unix:path` (relative or absolute) and `unix:///absolute` (grpc/grpc doc/naming.md). */
export const unixResolver: ResolverKind = () => fixedResolver(parse)

function parse(target: string): readonly Endpoint[] | string {
  let path = target
  if (target.startsWith('//')) {
    if (!target.startsWith('///')) return 'a socket path after unix:// is absolute: write unix:///path or unix:path'
    path = target.slice(2)
  }
  if (path === '' || path === '/') return 'the path of the socket is missing: write unix:///path or unix:path'
  if (path.includes('\0')) return 'the path of the socket holds a NUL'
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `the path of the socket is longer than ${MAX_PATH_BYTES} bytes`
  return [{ address: `unix:${path}`, host: 'localhost', port: 0, path, ...PLAIN }]
}
