import { runInThisContext } from 'node:vm'

/** The process itself: a test's `process` is a copy of jest's making, which is told of no warnings. */
const real = runInThisContext('process') as NodeJS.Process

/** Node's own warnings (listeners that pile up, deprecations) from here to `stop`. */
export function watchWarnings(): { readonly warnings: readonly string[]; stop(): void } {
  const warnings: string[] = []
  const listener = (warning: Error): void => void warnings.push(String(warning))
  real.on('warning', listener)
  return { warnings, stop: () => void real.off('warning', listener) }
}
