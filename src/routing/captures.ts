import type { TemplateVariable } from '../mapping/index.js'

/**
 * Which segments of a matched path a variable takes: `[start, end)`, an index behind a `**` counted from the path's end
 * (as a negative number, 0 being the end itself).
 */
export interface CaptureSpan {
  readonly start: number
  readonly end: number
  readonly startsFromEnd: boolean
  readonly endsFromEnd: boolean
}

const NOTHING: readonly string[] = []

/**
 * @param prefixLength segments of the route's prefix, before the template's
 * @param doubleStarAt index of the `**` in prefix and template together, or -1
 * @param length number of segments of both
 */
export function compileCaptures(
  variables: readonly TemplateVariable[],
  prefixLength: number,
  doubleStarAt: number,
  length: number,
): CaptureSpan[] {
  return variables.map((variable) => {
    const start = variable.start + prefixLength
    const end = variable.end + prefixLength
    const startsFromEnd = doubleStarAt !== -1 && start > doubleStarAt
    const endsFromEnd = doubleStarAt !== -1 && end > doubleStarAt
    return {
      start: startsFromEnd ? start - length : start,
      end: endsFromEnd ? end - length : end,
      startsFromEnd,
      endsFromEnd,
    }
  })
}

/** The texts a route's variables take of the path's segments. */
export function readCaptures(spans: readonly CaptureSpan[], segments: readonly string[]): readonly string[] {
  if (spans.length === 0) return NOTHING
  const captures: string[] = []
  for (const span of spans) {
    const start = span.startsFromEnd ? segments.length + span.start : span.start
    const end = span.endsFromEnd ? segments.length + span.end : span.end
    captures.push(end - start === 1 ? segments[start]! : segments.slice(start, end).join('/'))
  }
  return captures
}
