import { Edition } from '@bufbuild/protobuf/wkt'
import type { Problems } from '../../problems/index.js'
import { parseEnum } from './parse-enum.js'
import { parseExtend, parseMessage, type ExtensionScope } from './parse-message.js'
import { parseOption } from './parse-option.js'
import { parseService } from './parse-service.js'
import { ParserState } from './parser-state.js'
import type { SourceText } from './source-text.js'
import type { ParsedFile } from './syntax.js'

/** Field numbers of google.protobuf.FileDescriptorProto. */
const FILE = {
  package: 2,
  dependency: 3,
  message: 4,
  enum: 5,
  service: 6,
  extension: 7,
  options: 8,
  publicDependency: 10,
  weakDependency: 11,
  syntax: 12,
  optionDependency: 15,
} as const

const EDITIONS = new Map<string, Edition>([
  ['2023', Edition.EDITION_2023],
  ['2024', Edition.EDITION_2024],
  ['2026', Edition.EDITION_2026],
])

/**
 * Parses one `.proto` file: proto2, proto3, and editions 2023, 2024 and 2026 (the protobuf language specifications). Errors
 * go to `problems`; what could be read is in the result all the same.
 * @param name as files import it: `library/v1/library.proto`
 */
export function parseFile(name: string, source: SourceText, problems: Problems): ParsedFile {
  const p = new ParserState(source, problems)
  p.file.name = name
  p.begin()
  const root = p.open(-1)
  p.statement(() => parseSyntax(p))
  while (!p.atEnd) p.statement(() => parseTopLevel(p))
  p.close(root)
  return {
    source,
    proto: p.file,
    locations: p.locations,
    options: p.options,
    defaults: p.defaults,
    openEnded: p.openEnded,
    isDamaged: p.isDamaged,
  }
}

function parseSyntax(p: ParserState): void {
  const isEdition = p.lookingAt('edition')
  // Without either it is proto2, which FileDescriptorProto says by an empty `syntax`.
  if (!isEdition && !p.lookingAt('syntax')) return
  // protoc records an edition under `syntax` too.
  const record = p.open(FILE.syntax)
  p.scanner.next()
  p.consume('=', isEdition ? 'after `edition`' : 'after `syntax`')
  const { start } = p.scanner
  const value = p.string(isEdition ? 'an edition, as "2023"' : '"proto3" or "proto2"')
  if (isEdition) {
    const edition = EDITIONS.get(value)
    if (edition === undefined)
      p.error(
        start,
        `unknown edition "${value}"`,
        `known are ${[...EDITIONS.keys()].map((name) => `"${name}"`).join(', ')}`,
      )
    p.edition = edition ?? Edition.EDITION_2024
    p.file.syntax = 'editions'
    p.file.edition = p.edition
  } else if (value === 'proto3') {
    p.edition = Edition.EDITION_PROTO3
    p.file.syntax = 'proto3'
  } else if (value !== 'proto2') {
    p.error(start, `unknown syntax "${value}"`, 'known are "proto2" and "proto3"; newer files say `edition = "2023"`')
  }
  p.endDeclaration(';', record, isEdition ? 'after the edition' : 'after the syntax')
  p.close(record)
}

function parseTopLevel(p: ParserState): void {
  const { file } = p
  if (p.tryEndDeclaration(';', undefined)) return
  const scope: ExtensionScope = { messages: file.messageType, path: [], nestedNumber: FILE.message }
  switch (p.scanner.kind === 'identifier' ? p.scanner.token : '') {
    case 'message':
    case 'enum':
    case 'export':
    case 'local':
      parseType(p)
      break
    case 'service': {
      const record = p.open(FILE.service, file.service.length)
      file.service.push(parseService(p, record))
      p.close(record)
      break
    }
    case 'extend': {
      const record = p.open(FILE.extension)
      parseExtend(p, file.extension, scope, record)
      p.close(record)
      break
    }
    case 'import':
      parseImport(p)
      break
    case 'package':
      parsePackage(p)
      break
    case 'option': {
      const record = p.open(FILE.options)
      parseOption(p, file, true)
      p.close(record)
      break
    }
    case 'syntax':
    case 'edition':
      p.fail(`\`${p.scanner.token}\` must be the first statement of the file, once`)
      break
    default:
      p.fail(
        `expected a top-level statement, found ${p.found()}`,
        p.lookingAt('}') ? 'a `}` too many' : '`message`, `enum`, `service`, `extend`, `import`, `package` or `option`',
      )
  }
}

function parseType(p: ParserState): void {
  const { file } = p
  const visibility = p.lookingAt('export') || p.lookingAt('local')
  const { token } = p.scanner
  if (visibility) {
    if (p.edition < Edition.EDITION_2024)
      p.fail(`expected a top-level statement, found \`${token}\``, '`export` and `local` come with edition 2024')
    p.scanner.next()
  }
  if (p.lookingAt('message')) {
    const record = p.open(FILE.message, file.messageType.length)
    parseMessage(p, file.messageType, record, visibility ? token : undefined)
    p.close(record)
  } else if (p.lookingAt('enum')) {
    const record = p.open(FILE.enum, file.enumType.length)
    parseEnum(p, file.enumType, record, visibility ? token : undefined)
    p.close(record)
  } else p.fail(`expected \`message\` or \`enum\` after \`${token}\`, found ${p.found()}`)
}

function parseImport(p: ParserState): void {
  const { file } = p
  const { start } = p.scanner
  p.scanner.next()
  const isOption = p.lookingAt('option')
  if (isOption) {
    if (p.edition < Edition.EDITION_2024) p.fail('`import option` comes with edition 2024')
    const record = p.locations.open(start, FILE.optionDependency, file.optionDependency.length)
    p.scanner.next()
    file.optionDependency.push(p.string('the path of a file to import, in quotes'))
    p.endDeclaration(';', record, 'after an import')
    p.close(record)
    return
  }
  const record = p.locations.open(start, FILE.dependency, file.dependency.length)
  if (file.optionDependency.length > 0)
    p.error(start, 'an `import` after an `import option`', 'put the `import option` statements last')
  if (p.lookingAt('public') || p.lookingAt('weak')) {
    const isPublic = p.lookingAt('public')
    const indexes = isPublic ? file.publicDependency : file.weakDependency
    if (!isPublic && p.edition >= Edition.EDITION_2024)
      p.error(p.scanner.start, '`import weak` is not in edition 2024', 'use `import option` or a plain `import`')
    const modifier = p.locations.openAt(
      [],
      p.scanner.start,
      isPublic ? FILE.publicDependency : FILE.weakDependency,
      indexes.length,
    )
    indexes.push(file.dependency.length)
    p.scanner.next()
    p.close(modifier)
  }
  const nameStart = p.scanner.start
  const name = p.string('the path of a file to import, in quotes')
  if (file.dependency.includes(name)) p.error(nameStart, `"${name}" is imported already`, 'remove one of the two')
  file.dependency.push(name)
  p.endDeclaration(';', record, 'after an import')
  p.close(record)
}

function parsePackage(p: ParserState): void {
  const { file } = p
  if (file.package !== '') p.error(p.scanner.start, 'a file has one `package` only')
  const record = p.open(FILE.package)
  p.scanner.next()
  let name = p.identifier('the name of the package')
  while (p.tryConsume('.')) name += '.' + p.identifier('the name of the package')
  file.package = name
  p.endDeclaration(';', record, 'after the package')
  p.close(record)
}
