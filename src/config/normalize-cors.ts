import { isHeaderName } from './header-name.js'
import type { Normalization } from './normalization.js'
import type { CorsConfig } from './types.js'
import type { WrittenPolicy } from './written.js'

/** RFC 6454 §6.2: scheme, host, port, in lower case; the first label of the host may be `*`. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/

export function normalizeCors(
  pointer: string,
  { origins, headers, expose, credentials, maxAge }: NonNullable<WrittenPolicy['cors']>,
  at: Normalization,
): CorsConfig {
  for (const [index, origin] of origins.entries()) {
    if (origin === '*' || origin === 'null' || ORIGIN.test(origin)) continue
    const advice = 'write it like https://app.example, https://*.example or *'
    at.error(`${pointer}/origins/${index}`, `${JSON.stringify(origin)} is not an origin`, advice)
  }
  for (const [key, names] of Object.entries({ headers, expose })) {
    for (const [index, name] of names.entries()) {
      if (!isHeaderName(name)) at.error(`${pointer}/${key}/${index}`, `${JSON.stringify(name)} is not a header's name`)
    }
  }
  // Fetch standard, "CORS protocol and credentials": the header would be one whose name is `*`.
  if (credentials && expose.includes('*')) {
    const advice = 'name the headers, or leave credentials out'
    at.error(`${pointer}/expose`, 'with credentials browsers do not take * for all headers', advice)
  }
  return {
    origins,
    headers,
    expose,
    credentials,
    maxAgeSeconds: maxAge === undefined ? undefined : Math.floor(at.durationMs(`${pointer}/maxAge`, maxAge, 0) / 1000),
  }
}
