function memoryAfter(collect: typeof globalThis.gc): { rss: number; held: number } {
  collect?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, held: heapUsed + external }
}

/** Answers the benchmark's question how much CPU this process has used, and ends with it. */
export function beMeasured(port: number): void {
  process.on('message', (message) => {
    // Of what is garbage, memory tells nothing.
    if (message === 'memory') process.send?.(memoryAfter(globalThis.gc))
    if (message === 'cpu') process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
