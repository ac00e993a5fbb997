import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdminConfig } from '../config/index.js'
import { createAdminApp } from './app.js'
import { boundConnections, CLIENT_TIMES } from './bound-connections.js'
import { openGrpcHealth } from './grpc-health.js'
import type { AdminContext, AdminListener } from './types.js'

/** Opens the admin port, and that of grpc.health.v1 where there is to be one. Rejects, with what to do, where it is taken. */
export async function openAdmin(
  config: AdminConfig,
  context: AdminContext,
  onError: (error: Error) => void,
): Promise<AdminListener> {
  const admin = await openHttp(config, context, onError)
  if (config.grpcHealth === undefined) return { ...admin, grpcHealth: undefined }
  try {
    const isReady = async (): Promise<boolean> => (await context.readiness()).isReady
    const health = await openGrpcHealth(config.grpcHealth, isReady, onError)
    return {
      url: admin.url,
      grpcHealth: health.address,
      close: () => {
        health.close()
        return admin.close()
      },
    }
  } catch (error) {
    await admin.close()
    throw error
  }
}

function openHttp(
  { host, port }: AdminConfig,
  context: AdminContext,
  onError: (error: Error) => void,
): Promise<Pick<AdminListener, 'url' | 'close'>> {
  const server = createServer(CLIENT_TIMES)
  boundConnections(server, createAdminApp(context))
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
