import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { setTimeout } from 'node:timers/promises'
import type { RunningServer, ServeOptions } from './serve.js'
import { startTracing } from './tracing.js'

/**
 * Runs an example server as a process of its own if this module is the program that was started, and does nothing if
 * it was imported. `--port N` says where to listen (0, the default, picks a free port), `--host` on which address
 * (127.0.0.1), `--name` what it calls itself, `--inventory HOST:PORT` where the stock room is. Prints one line, `NAME
 * listening on HOST:PORT`. Traces itself where `OTEL_*` variables say where to. Ends at once on SIGTERM, on SIGINT and, where another program started it, when
 * that one is gone.
 */
export async function runAsProcess(
  moduleUrl: string,
  name: string,
  start: (options: ServeOptions) => Promise<RunningServer>,
): Promise<void> {
  const program = process.argv[1]
  if (program === undefined || moduleUrl !== pathToFileURL(program).href) return

  const options = readOptions()
  if (options === undefined) {
    console.error(`usage: node ${program} [--port PORT] [--host ADDRESS] [--name NAME] [--inventory HOST:PORT]`)
    process.exitCode = 2
    return
  }
  const stopTracing = await startTracing(name)
  // A backend that does not take the last spans keeps nobody.
  const end = () => void Promise.race([stopTracing(), setTimeout(1000)]).finally(() => process.exit(0))
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  // The channel to the parent closes with the parent, however it ended.
  process.once('disconnect', end)
  try {
    const server = await start(options)
    console.log(`${name} listening on ${server.host}:${server.port}`)
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}

/** What the command line says; undefined if it is wrong. */
function readOptions(): ServeOptions | undefined {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '0' },
        host: { type: 'string' },
        name: { type: 'string' },
        inventory: { type: 'string' },
      },
    })
    const port = Number(values.port)
    return Number.isInteger(port) && port >= 0 && port <= 65535 ? { ...values, port } : undefined
  } catch {
    return undefined
  }
}
