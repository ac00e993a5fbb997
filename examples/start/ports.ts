import { createServer } from 'node:net'

/**
 * A port of 127.0.0.1 that nothing listens on: the wished-for one if it is free, else one the system picks.
 * It is free when asked; whoever takes it before the caller does will be told of by the caller's own error.
 */
export async function freePort(wished: number): Promise<number> {
  return (await tryPort(wished)) ?? (await tryPort(0)) ?? wished
}

/** Listens for a moment. Undefined if the port is taken, or not ours to take. */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : undefined
      server.close(() => resolve(bound))
    })
  })
}
