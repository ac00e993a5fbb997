/** Answers the benchmark's question how much CPU this process has used, and ends with it. */
export function beMeasured(port: number): void {
  process.on('message', (message) => {
    if (message === 'cpu') process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() })
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ port })
}
