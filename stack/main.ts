/**
 * `npm run stack`: two gateways behind HAProxy, the example services (the library twice), Consul, Redis, Jaeger, Prometheus and
 * an identity provider, all real, on this machine. Runs until Ctrl-C.
 *
 *     npm run stack                 starts it
 *     npm run stack -- drive        sends traffic through it and makes things go wrong, and tells what is seen
 *     npm run stack -- trace ID     prints a trace as Jaeger has it
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../examples/servers/support/protos.js'
import { drive } from './drive.js'
import { Stack } from './stack.js'
import { BINARIES, urlsOf, type StackState } from './topology.js'
import { printTrace, readTrace } from './trace-tree.js'

const folder = process.env['STACK_FOLDER'] ?? join(projectRoot(), '.stack')

function running(): StackState {
  const file = join(folder, 'stack.json')
  if (!existsSync(file)) throw new Error('no stack is running here: npm run stack starts one')
  return JSON.parse(readFileSync(file, 'utf8')) as StackState
}

async function start(): Promise<void> {
  const started = Stack.start(folder)
  let isStopping = false
  const stop = async (): Promise<void> => {
    if (isStopping) return
    isStopping = true
    // One that does not come up has been told of, and has ended itself.
    await started.then(
      (stack) => stack.stop(),
      () => undefined,
    )
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop()).on('SIGINT', () => void stop())
  process.on('disconnect', () => void stop())
  const stack = await started
  if (isStopping) return
  const { state } = stack
  const url = urlsOf(state)
  const has = (name: keyof typeof BINARIES): boolean => !state.leftOut.includes(name)
  const lines = [
    ['the API, through HAProxy', `${url.balancer}/v1/shelves/1/books/1 (with a token)`],
    ['the gateways’ pages', `${url['gateway-1-admin']}, ${url['gateway-2-admin']} (password: ${state.adminToken})`],
    ['HAProxy', url['balancer-stats']],
    ['Consul', `${url.consul}/ui`],
    ...(has('jaeger') ? [['Jaeger', url.jaeger]] : []),
    ...(has('prometheus') ? [['Prometheus', url.prometheus]] : []),
    ['the identity provider', `${url['identity-provider']}/.well-known/openid-configuration`],
    ['logs', folder],
  ]
  console.log(`\nthe stack is up\n${lines.map(([what = '', at = '']) => `  ${what.padEnd(26)}${at}`).join('\n')}`)
  for (const name of state.leftOut) {
    const { script, without } = BINARIES[name]
    console.log(`  without ${name}: ${without ?? ''} (node scripts/${script}.mjs gets it)`)
  }
  console.log('\n  npm run stack -- drive       sends traffic through it, and makes things go wrong')
  console.log(
    '  npm run stack -- trace ID    prints a trace (the response header traceresponse has its id)\n\nCtrl-C ends it.',
  )
}

async function trace(id: string | undefined): Promise<void> {
  const state = running()
  if (id === undefined) throw new Error('usage: npm run stack -- trace ID')
  if (state.leftOut.includes('jaeger')) throw new Error('this stack has no Jaeger: node scripts/get-jaeger.mjs gets it')
  // A `traceresponse` header will do as well.
  const traceId = /[0-9a-f]{32}/.exec(id)?.[0] ?? id
  const found = await readTrace(urlsOf(state).jaeger, traceId)
  if (found === undefined) throw new Error(`Jaeger knows no trace ${traceId}`)
  console.log(printTrace(found))
}

async function main(): Promise<void> {
  const [command, argument] = process.argv.slice(2)
  if (command === undefined || command === 'start') return start()
  if (command === 'drive') return drive(running, (line) => console.log(line))
  if (command === 'trace') return trace(argument)
  throw new Error('usage: npm run stack [-- drive | -- trace ID]')
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
