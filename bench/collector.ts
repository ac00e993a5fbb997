import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Collector {
  readonly url: string
  close(): void
}

/** Takes whatever it is sent, and forgets it; below `/hang` it never answers. */
export async function startCollector(): Promise<Collector> {
  const server = createServer((req, res) => {
    req.resume().once('end', () => {
      if (req.url?.startsWith('/hang') !== true) res.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
