import type { Snapshot } from '../snapshot/index.js'

/** What is served, in a few lines for a person. */
export function summarise(snapshot: Snapshot): string[] {
  const { routes, unmapped, unserved, awaitedReflection, awaitedMappings } = snapshot
  const lines: string[] = []
  for (const { name, target } of snapshot.upstreams) {
    const own = routes.filter(({ route }) => route.upstream.name === name)
    const methods = new Set(own.map(({ route }) => route.rpcName)).size
    lines.push(`upstream ${name} (${target}): ${count(own.length, 'route')} to ${count(methods, 'method')}`)
  }
  if (unmapped.length > 0) {
    lines.push(
      `${count(unmapped.length, 'method')} ${unmapped.length === 1 ? 'has' : 'have'} no HTTP rule: add a mapping file, or set autoMap`,
    )
  }
  if (unserved.length > 0) {
    const which = unserved.length === 1 ? unserved[0]! : `${unserved[0]!} and ${unserved.length - 1} more`
    lines.push(`no upstream serves ${which}: add to the services of one in upstreams`)
  }
  for (const name of awaitedReflection) lines.push(`waiting for the reflection of ${name}: not ready until it answers`)
  for (const address of awaitedMappings)
    lines.push(`waiting for the mapping files in ${address}: not ready until it answers`)
  return lines
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
