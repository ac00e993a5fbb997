import type { Segment, Template } from './types.js'

/** The template as text: canonical (`{v=*}` is `{v}`, literals as they are matched). Parsing it gives it again. */
export function printTemplate(template: Template): string {
  const parts: string[] = []
  let at = 0
  for (const variable of template.variables) {
    for (; at < variable.start; at++) parts.push(printSegment(template.segments[at]!))
    const inner = template.segments.slice(variable.start, variable.end).map(printSegment).join('/')
    const name = variable.fieldPath.join('.')
    parts.push(inner === '*' ? `{${name}}` : `{${name}=${inner}}`)
    at = variable.end
  }
  for (; at < template.segments.length; at++) parts.push(printSegment(template.segments[at]!))
  return `/${parts.join('/')}${template.verb === '' ? '' : `:${template.verb}`}`
}

/**
 * What the template matches, variable names aside: two templates match the same paths in the same way exactly where
 * their shapes are the same text. The verb stands apart, for a literal inside braces may have a `:` of its own.
 */
export function templateShape(template: Template): string {
  return `/${template.segments.map(printSegment).join('/')} ${template.verb}`
}

function printSegment(segment: Segment): string {
  switch (segment.kind) {
    case 'literal':
      return segment.text
    case 'star':
      return '*'
    case 'doubleStar':
      return '**'
  }
}
