import type { Explanation } from './dry-run.js'

/** An explanation for a person, in paragraphs. */
export function explanationText({ request, route, near, parts, message, answer, refused }: Explanation): string {
  const paragraphs: (readonly string[])[] = [[request]]
  if (route !== null) {
    paragraphs.push([`matches   ${route.method} ${route.path}`, `calls     ${route.rpc}`, `by        ${route.source}`])
  }
  if (parts.length > 0) paragraphs.push(['binds', ...parts.map(partText)])
  if (message !== null) paragraphs.push(['message', indent(JSON.stringify(message, null, 2))])
  if (answer !== null) paragraphs.push([`answered  ${answer.httpStatus}, Allow: ${answer.allow.join(', ')}`])
  if (refused !== null) {
    paragraphs.push([`refused   ${refused.httpStatus} ${refused.code} (${refused.reason}): ${refused.message}`])
  }
  if (near.length > 0) {
    const title = route === null ? 'nearest' : 'also near'
    paragraphs.push([title, ...near.map(({ method, path, rpc, reason }) => `  ${method} ${path} (${rpc}): ${reason}`)])
  }
  return paragraphs.map((lines) => lines.join('\n')).join('\n\n')
}

function partText({ from, field, text }: Explanation['parts'][number]): string {
  const what = field === '*' ? 'the whole message' : field
  const where = from === 'patch' ? 'the fields of the body' : `the ${from}`
  return `  ${what} from ${where}${text === undefined ? '' : `: ${JSON.stringify(text)}`}`
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ')
