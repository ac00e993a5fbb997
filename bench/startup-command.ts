import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median } from './processes.js'

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
const CONFIG = fileURLToPath(new URL('../../protobridge.yaml', import.meta.url))
const COMMANDS: readonly (readonly string[])[] = [['--version'], ['hash', 'key'], ['check', '--config', CONFIG]]

/** How long the command takes, from its start to its end: what it loads is most of it. */
export function benchCommandStartup(rounds = 5): void {
  const times = COMMANDS.map((args) => {
    const runs = Array.from({ length: rounds }, () => {
      const began = performance.now()
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { input: 'a key\n', encoding: 'utf8' })
      if (status !== 0) throw new Error(`protobridge ${args.join(' ')} ended with ${String(status)}: ${stderr}`)
      return performance.now() - began
    })
    return `${args.slice(0, 2).join(' ').replace(' --config', '')} ${median(runs).toFixed(0)} ms`
  })
  console.log(`the command: ${times.join(', ')}`)
}
