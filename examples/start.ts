/**
 * `npm start`: the example servers, the library twice for a canary, and the gateway in front of them, each a process of its own, talking over real
 * sockets. Ends all of them when it ends, and ends when one of them does.
 */
import { fileURLToPath } from 'node:url'
import { startChild } from './start/child.js'
import type { Child } from './start/child.js'
import { freePort } from './start/ports.js'
import { welcome } from './start/welcome.js'
import { projectRoot } from './servers/support/protos.js'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** In the order they start; they end in the opposite one, so that the gateway can finish what it has begun. */
const children: Child[] = []
let isStopping = false

/** Ends everything, then this process. */
async function stop(exitCode: number): Promise<void> {
  isStopping = true
  for (const child of children.toReversed()) {
    child.kill('SIGTERM')
    await child.ended
  }
  process.exit(exitCode)
}

/** The first signal ends everything in order, another one at once. */
function onSignal(): void {
  if (isStopping) for (const child of children) child.kill('SIGKILL')
  else void stop(0)
}

/** Starts a process that must not end before this one. */
function start(...options: Parameters<typeof startChild>): Child {
  const child = startChild(...options)
  children.push(child)
  void child.ended.then((ending) => {
    if (isStopping) return
    console.error(`${child.name} has ended (${ending}), so everything ends`)
    void stop(1)
  })
  return child
}

async function startServer(name: string, program: 'library' | 'inventory', wishedPort: number): Promise<string> {
  const child = start({
    name: `the ${name} server`,
    program: here(`./servers/${program}.js`),
    args: ['--port', String(await freePort(wishedPort))],
    // Each is a service of its own in traces, whatever the gateway is called.
    env: { OTEL_SERVICE_NAME: name },
    readyLine: /listening on (\S+)$/,
  })
  return child.ready
}

/** The port for what is wished, and a word on it where that is taken. */
async function choosePort(what: string, wished: number): Promise<number> {
  const port = await freePort(wished)
  if (port !== wished) console.error(`port ${wished} is taken: ${what} is on ${port} instead`)
  return port
}

/** The port an environment variable asks for; without one that is a port, the usual one. */
function wishedPort(variable: string, usual: number): number {
  const port = Number(process.env[variable])
  return Number.isInteger(port) && port > 0 && port <= 65535 ? port : usual
}

const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1)

async function main(): Promise<void> {
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGHUP', onSignal)
  const [library, inventory, next] = await Promise.all([
    startServer('library', 'library', wishedPort('LIBRARY_PORT', 50051)),
    startServer('inventory', 'inventory', wishedPort('INVENTORY_PORT', 50052)),
    startServer('next library', 'library', wishedPort('LIBRARY_NEXT_PORT', 50053)),
  ])
  const port = await choosePort('the gateway', wishedPort('PROTOBRIDGE_PORT', 8080))
  const adminPort = await choosePort('its admin port', wishedPort('PROTOBRIDGE_ADMIN_PORT', 9901))
  if (isStopping) return
  const gateway = start({
    name: 'the gateway',
    program: here('../src/cli/main.js'),
    args: ['serve', '--config', `${projectRoot()}/protobridge.yaml`],
    env: {
      LIBRARY_PORT: portOf(library),
      INVENTORY_PORT: portOf(inventory),
      LIBRARY_NEXT_PORT: portOf(next),
      PROTOBRIDGE_PORT: String(port),
      PROTOBRIDGE_ADMIN_PORT: String(adminPort),
    },
    imports: [new URL('./start/end-with-parent.js', import.meta.url).href],
    readyLine: /^protobridge ready on (\S+)/,
  })
  const running = { gateway: await gateway.ready, admin: `http://127.0.0.1:${adminPort}`, library, inventory }
  console.log(await welcome(running, process.stdout.isTTY && !process.env['NO_COLOR']))
}

main().catch((error: unknown) => {
  // A process that ended has been told of, and is being dealt with.
  if (isStopping) return
  console.error(error instanceof Error ? error.message : error)
  void stop(1)
})
