import type { Explanation } from './dry-run.js'

/** An explanation for a person, in paragraphs. */
export function explanationText(explanation: Explanation): string {
  const { request, route, auth, body, near, parts, message, response, answer, refused } = explanation
  const paragraphs: (readonly string[])[] = [[request]]
  if (route !== null) {
    paragraphs.push([`matches   ${route.method} ${route.path}`, `calls     ${route.rpc}`, `by        ${route.source}`])
  }
  if (auth !== null) paragraphs.push([`callers   ${auth.callers}`, `          by ${auth.because}`])
  if (body !== null) {
    const document = body.document === null ? [] : [indent(body.document)]
    paragraphs.push([`body      ${bodyText(body)}`, ...document])
  }
  if (parts.length > 0) paragraphs.push(['binds', ...parts.map(partText)])
  if (message !== null) paragraphs.push(['message', indent(JSON.stringify(message, null, 2))])
  if (response !== null) paragraphs.push([`answered  ${responseText(response)}`])
  if (answer !== null) paragraphs.push([`answered  ${answer.httpStatus}, Allow: ${answer.allow.join(', ')}`])
  if (refused !== null) paragraphs.push(refusedText(refused))
  if (near.length > 0) {
    const title = route === null ? 'nearest' : 'also near'
    paragraphs.push([title, ...near.map(({ method, path, rpc, reason }) => `  ${method} ${path} (${rpc}): ${reason}`)])
  }
  return paragraphs.map((lines) => lines.join('\n')).join('\n\n')
}

function bodyText({ format, contentType, bytes }: NonNullable<Explanation['body']>): string {
  const type = contentType === '' ? 'no Content-Type' : contentType
  return `read as ${format} (${type}), ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
}

function responseText({ format, mediaType, formats }: NonNullable<Explanation['response']>): string {
  if (mediaType === null) return 'raw, in the type that the service says'
  const others = formats.filter((name) => name !== format)
  return `in ${mediaType}; by Accept or $alt also in ${others.join(' or ')}`
}

/** JSON is what errors are in unless another type was asked for, so it is not said. */
function refusedText({ httpStatus, code, reason, message, mediaType }: NonNullable<Explanation['refused']>): string[] {
  const line = `refused   ${httpStatus} ${code} (${reason}): ${message}`
  return mediaType === 'application/json' ? [line] : [line, `  told in ${mediaType}`]
}

function partText({ from, field, text }: Explanation['parts'][number]): string {
  const what = field === '*' ? 'the whole message' : field
  const where = from === 'patch' ? 'the fields of the body' : `the ${from}`
  return `  ${what} from ${where}${text === undefined ? '' : `: ${JSON.stringify(text)}`}`
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ')
