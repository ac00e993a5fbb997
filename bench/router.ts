import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseTemplate, templateShape, type Template } from '../src/mapping/index.js'
import { canonicalPath, createRouter, type RouteEntry, type Router } from '../src/routing/index.js'

/** A route of Google's public APIs and a request that it takes. */
interface Sample {
  readonly entry: RouteEntry<number>
  readonly path: string
}

/** Requests measured: the same ones against every table, so that only the number of routes differs. */
const REQUESTS = 100
const ROUTES = 14_000
const ROUNDS = 25
const MATCHES_PER_ROUND = 40_000

/** The targets of `npm run bench`: matching costs at most this many times as much at 14,000 routes as at 100. */
const TARGET_RATIO = 1.2

/**
 * Prints nanoseconds per match, path made canonical included, at 14,000 routes and at the 100 of them that the requests
 * are for; then, at 14,000, for requests to all of them in turn (which the processor's caches do not hold).
 *
 * @returns the ratio of the first two
 */
export function benchRouter(): number {
  const samples = googleapisSamples()
  const few = samples.filter((_, index) => index % Math.floor(samples.length / REQUESTS) === 0).slice(0, REQUESTS)
  const all = [...few, ...samples.filter((sample) => !few.includes(sample))].slice(0, ROUTES)
  const small = createRouter(few.map(({ entry }) => entry))
  const large = createRouter(all.map(({ entry }) => entry))

  // Alternating rounds: what else the machine does then falls on both alike. The median leaves out the rest.
  const [ofSmall, ofLarge, ofAll]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round++) {
    ofSmall.push(measure(small, few))
    ofLarge.push(measure(large, few))
    ofAll.push(measure(large, all))
  }
  const [smallNs, largeNs, allNs] = [ofSmall, ofLarge, ofAll].map(median) as [number, number, number]
  const ratio = largeNs / smallNs
  console.log(`router: ${few.length} routes              ${smallNs.toFixed(0)} ns per match`)
  console.log(`router: ${all.length} routes            ${largeNs.toFixed(0)} ns per match, the same requests`)
  console.log(`router: ratio ${ratio.toFixed(2)} (target: at most ${TARGET_RATIO.toFixed(1)})`)
  console.log(`router: ${all.length} routes, each in turn ${allNs.toFixed(0)} ns per match`)
  return ratio
}

function measure(router: Router<number>, samples: readonly Sample[]): number {
  let matched = 0
  const from = process.hrtime.bigint()
  for (let done = 0; done < MATCHES_PER_ROUND; done++) {
    const { entry, path } = samples[done % samples.length]!
    if (router.match(entry.httpMethod, '', canonicalPath(path)).kind === 'match') matched++
  }
  const elapsed = Number(process.hrtime.bigint() - from)
  if (matched !== MATCHES_PER_ROUND) throw new Error('a request was not matched')
  return elapsed / MATCHES_PER_ROUND
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

/** Every distinct binding in the proto files of npm's google-proto-files, in the order of their files. */
function googleapisSamples(): Sample[] {
  const root = dirname(createRequire(import.meta.url).resolve('google-proto-files/package.json'))
  const seen = new Set<string>()
  const samples: Sample[] = []
  for (const file of readdirSync(join(root, 'google'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.proto')) continue
    for (const [, key, text] of readFileSync(join(root, 'google', file), 'utf8').matchAll(
      /\b(get|put|post|delete|patch):\s*((?:"[^"]*"\s*)+)/g,
    )) {
      const parsed = parseTemplate(text!.replace(/"\s*"|"|\s+$/g, ''))
      if ('error' in parsed) continue
      const httpMethod = key!.toUpperCase()
      const { template } = parsed
      const shape = `${httpMethod} ${templateShape(template)}`
      if (seen.has(shape)) continue
      seen.add(shape)
      const value = samples.length
      samples.push({
        entry: { hosts: [], prefix: '', httpMethod, template, value },
        path: examplePath(template, value),
      })
    }
  }
  return samples
}

/** A path the template matches, of the length real resource names have. */
function examplePath(template: Template, seed: number): string {
  const segments = template.segments.map((segment, index) => {
    if (segment.kind === 'literal') return segment.text
    return segment.kind === 'star' ? `resource-${seed}-${index}` : `some/object-${seed}/name`
  })
  return `/${segments.join('/')}${template.verb === '' ? '' : `:${template.verb}`}`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) benchRouter()
