/** What `/metrics` told: each series by its name and labels, as `http_requests{method="GET"}` with labels sorted. */
export type Exposition = ReadonlyMap<string, number>

/** Reads the Prometheus text format. Throws where a line is none, or a series is there twice. */
export function readExposition(text: string): Exposition {
  const series = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const match = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/i.exec(line)
    if (match === null) throw new Error(`no line of the format: ${line}`)
    const [, name = '', labels = '', value = ''] = match
    const sorted = [...labels.matchAll(/[a-z_]\w*="(?:[^"\\]|\\.)*"/g)].map(([label]) => label).sort()
    const key = `${name}{${sorted.join(',')}}`
    if (series.has(key)) throw new Error(`twice: ${key}`)
    series.set(key, Number(value))
  }
  return series
}

/** The sum of the series of a name that have all these labels, `method="GET"`; undefined: there is none. */
export function valueOf(exposition: Exposition, name: string, ...labels: readonly string[]): number | undefined {
  let sum: number | undefined
  for (const [key, value] of exposition) {
    if (!key.startsWith(`${name}{`) || !labels.every((label) => key.includes(label))) continue
    sum = (sum ?? 0) + value
  }
  return sum
}
