import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'

/** A listener whose accept queue is full: further TCP handshakes with it never end. */
export interface DeafListener {
  readonly port: number
  close(): void
}

const LISTEN = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () {
  process.stdout.write(String(this.address().port) + '\\n')
})`

/** Linux only: a stopped process, its queue filled by ourselves. */
export async function startDeafListener(): Promise<DeafListener> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  )
  child.kill('SIGSTOP')
  const fillers: Socket[] = []
  // The kernel takes a few more than the backlog; the first that does not connect shows that it is full.
  for (let isFull = false; !isFull;) {
    const filler = connect(port, '127.0.0.1')
    filler.on('error', () => undefined)
    fillers.push(filler)
    isFull = await new Promise<boolean>((resolve) => {
      filler.once('connect', () => resolve(false))
      setTimeout(() => resolve(true), 200)
    })
  }
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
    },
  }
}
