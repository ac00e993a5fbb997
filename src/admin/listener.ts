import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdminConfig } from '../config/index.js'
import type { AdminListener } from './types.js'

/** Opens the admin port. Rejects, with what to do, where it is taken. */
export function openAdmin(
  { host, port }: AdminConfig,
  app: RequestListener,
  onError: (error: Error) => void,
): Promise<AdminListener> {
  const server = createServer(app)
  return new Promise((resolve, reject) => {
    const onListenError = (error: NodeJS.ErrnoException): void => {
      const reason =
        error.code === 'EADDRINUSE'
          ? 'something else listens there: choose another with admin.port, or 0 for any'
          : error.message
      reject(new Error(`cannot listen on ${host}:${port} (admin): ${reason}`))
    }
    server.once('error', onListenError)
    server.listen(port, host, () => {
      server.off('error', onListenError).on('error', onError)
      const bound = server.address() as AddressInfo
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}
