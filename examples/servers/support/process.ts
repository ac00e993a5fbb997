import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { setTimeout } from 'node:timers/promises'
import type { RunningServer, ServeOptions } from './serve.js'
import { startTracing } from './tracing.js'

/**
 * Runs an example server as a process of its own if this module is the program that was started, and does nothing if
 * it was imported. `--port N` says where to listen (0, the default, picks a free port). Prints one line,
 * `NAME listening on 127.0.0.1:PORT`. Traces itself where `OTEL_*` variables say where to. Ends at once on SIGTERM, on SIGINT and, where another program started it, when
 * that one is gone.
 */
export async function runAsProcess(
  moduleUrl: string,
  name: string,
  start: (options: ServeOptions) => Promise<RunningServer>,
): Promise<void> {
  const program = process.argv[1]
  if (program === undefined || moduleUrl !== pathToFileURL(program).href) return

  const port = readPort()
  if (port === undefined) {
    console.error(`usage: node ${program} [--port PORT]`)
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
    const server = await start({ port })
    console.log(`${name} listening on 127.0.0.1:${server.port}`)
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}

/** The port of the command line, 0 without one; undefined if the command line is wrong. */
function readPort(): number | undefined {
  try {
    const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
    const port = Number(values.port)
    return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : undefined
  } catch {
    return undefined
  }
}
