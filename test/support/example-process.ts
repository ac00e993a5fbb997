import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** An example server in a process of its own, as `npm start` runs it. */
export interface ExampleProcess {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** Lets it end as it does by itself. */
  stop(): Promise<void>
}

/** Starts one, as the set-up of `npm test` has built it. */
export async function startExampleProcess(
  name: 'library' | 'inventory',
  env: Readonly<Record<string, string>>,
): Promise<ExampleProcess> {
  const program = fileURLToPath(new URL(`../../dist/examples/servers/${name}.js`, import.meta.url))
  const child = spawn(process.execPath, [program, '--port', '0'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    let output = ''
    child.once('exit', (code) => reject(new Error(`the ${name} server ended with ${code}`)))
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString()
      const found = /listening on (\S+)/.exec(output)
      if (found !== null) resolve(found[1]!)
    })
  })
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}
