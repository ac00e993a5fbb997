import { create } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, Edition, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import type { Problems } from '../../problems/index.js'
import type { Comments } from './comments.js'
import { LocationTable } from './locations.js'
import { integerValue, stringBytes, stringText } from './literals.js'
import { Scanner } from './scanner.js'
import type { SourceText } from './source-text.js'
import type { DescriptorElement, OptionNode, OptionValue } from './syntax.js'

/** A syntax error, already reported: the statement is given up and parsing goes on with the next. */
export class SyntaxFailure extends Error {}

/** So many syntax errors in one file are enough: the rest of it is not read. */
const MAX_ERRORS = 50

/** How deep messages may nest, as in protoc. */
export const MAX_MESSAGE_DEPTH = 31

/** Cursor over one file while it is parsed, with everything parsing collects. */
export class ParserState {
  readonly source: SourceText
  readonly scanner: Scanner
  readonly locations = new LocationTable()
  readonly file: FileDescriptorProto = create(FileDescriptorProtoSchema)
  readonly options = new Map<DescriptorElement, OptionNode[]>()
  readonly defaults = new Map<DescriptorElement, OptionValue>()
  readonly openEnded = new Set<DescriptorElement>()
  isDamaged = false
  /** 998 proto2, 999 proto3, 1000 and up editions. */
  edition: number = Edition.EDITION_PROTO2
  messageDepth = 0
  readonly #problems: Problems
  #errors = 0
  #upcomingLeading = ''
  #upcomingDetached: string[] = []

  constructor(source: SourceText, problems: Problems) {
    this.source = source
    this.#problems = problems
    this.scanner = new Scanner(source.text, (offset, message) => this.error(offset, message))
  }

  get isEditions(): boolean {
    return this.edition >= Edition.EDITION_2023
  }

  get isProto3(): boolean {
    return this.edition === Edition.EDITION_PROTO3
  }

  /** Reports a syntax error; parsing can go on. */
  error(offset: number, message: string, advice?: string): void {
    this.isDamaged = true
    if (++this.#errors > MAX_ERRORS) return
    this.#problems.error(this.source.position(offset), message, advice === undefined ? {} : { advice })
  }

  get hasTooManyErrors(): boolean {
    return this.#errors > MAX_ERRORS
  }

  /** Reports a syntax error at the current token and gives up the statement. */
  fail(message: string, advice?: string, offset = this.scanner.start): never {
    this.error(offset, message, advice)
    throw new SyntaxFailure(message)
  }

  /** The current token for a person. */
  found(): string {
    if (this.scanner.kind === 'end') return 'the end of the file'
    const { token } = this.scanner
    return token.length > 40 ? `\`${token.slice(0, 40)}…\`` : `\`${token}\``
  }

  get atEnd(): boolean {
    return this.scanner.kind === 'end'
  }

  lookingAt(token: string): boolean {
    return this.scanner.token === token && this.scanner.kind !== 'string'
  }

  tryConsume(token: string): boolean {
    if (!this.lookingAt(token)) return false
    this.scanner.next()
    return true
  }

  consume(token: string, context: string): void {
    if (!this.tryConsume(token)) this.fail(`expected \`${token}\` ${context}, found ${this.found()}`)
  }

  identifier(what: string): string {
    if (this.scanner.kind !== 'identifier') this.fail(`expected ${what}, found ${this.found()}`)
    const { token } = this.scanner
    this.scanner.next()
    return token
  }

  /** A decimal, hexadecimal or octal integer up to `max`. */
  integer(what: string, max: bigint): bigint {
    if (this.scanner.kind !== 'integer') this.fail(`expected ${what}, found ${this.found()}`)
    const value = integerValue(this.scanner.token)
    if (value > max) this.fail(`${this.found()} is out of range: ${what} is at most ${max}`)
    this.scanner.next()
    return value
  }

  /** One string, or several in a row, which are one. */
  string(what: string): string {
    if (this.scanner.kind !== 'string') this.fail(`expected ${what}, found ${this.found()}`)
    let value = ''
    while (this.scanner.kind === 'string') {
      value += stringText(this.scanner.token, this.scanner.start, this.#onLiteralError)
      this.scanner.next()
    }
    return value
  }

  /** As `string`, in bytes. */
  bytes(): Uint8Array {
    const parts: Uint8Array[] = []
    while (this.scanner.kind === 'string') {
      parts.push(stringBytes(this.scanner.token, this.scanner.start, this.#onLiteralError))
      this.scanner.next()
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  readonly #onLiteralError = (offset: number, message: string) => this.error(offset, message)

  /** Goes to the first token of the file. */
  begin(): void {
    const comments = this.scanner.nextWithComments()
    this.#upcomingLeading = comments.leading
    this.#upcomingDetached = [...comments.detached]
  }

  /** `;`, `{` or `}`: the end of a declaration, where comments change hands. */
  tryEndDeclaration(token: string, record: number | undefined): boolean {
    if (!this.lookingAt(token)) return false
    const comments: Comments = this.scanner.nextWithComments()
    if (record !== undefined) {
      this.locations.attach(record, {
        leading: this.#upcomingLeading,
        trailing: comments.trailing,
        detached: this.#upcomingDetached,
      })
      this.#upcomingDetached = [...comments.detached]
    } else if (token === '}') this.#upcomingDetached = [...comments.detached]
    else this.#upcomingDetached.push(...comments.detached)
    this.#upcomingLeading = comments.leading
    return true
  }

  endDeclaration(token: string, record: number | undefined, context: string): void {
    if (!this.tryEndDeclaration(token, record)) this.fail(`expected \`${token}\` ${context}, found ${this.found()}`)
  }

  open(step: number, index = -1): number {
    return this.locations.open(this.scanner.start, step, index)
  }

  close(record: number): void {
    this.locations.close(record, this.scanner.previousEnd)
  }

  /** Adds an option to an element. */
  addOption(element: DescriptorElement, option: OptionNode): void {
    const options = this.options.get(element)
    if (options === undefined) this.options.set(element, [option])
    else options.push(option)
  }

  /**
   * Parses the statements of a block up to its `}`; one that fails is passed over.
   * @param parse one statement
   * @param what the block, for the error when the file ends inside it
   */
  block(what: string, parse: () => void): void {
    while (!this.tryEndDeclaration('}', undefined)) {
      if (this.atEnd) this.fail(`the file ends inside ${what}: \`}\` is missing`)
      this.statement(parse)
    }
  }

  /** Parses one statement; where that fails, passes over the rest of it. */
  statement(parse: () => void): void {
    const mark = this.locations.mark()
    const depth = this.messageDepth
    const at = this.scanner.start
    try {
      parse()
    } catch (failure) {
      if (!(failure instanceof SyntaxFailure)) throw failure
      this.locations.recover(mark, this.scanner.previousEnd)
      this.messageDepth = depth
      if (this.hasTooManyErrors) this.#toEnd()
      else this.#skipStatement(at)
    }
  }

  #toEnd(): void {
    while (!this.atEnd) this.scanner.next()
  }

  /** To after the next `;`, or a block; or before the `}` of the block around. */
  #skipStatement(statementStart: number): void {
    for (;;) {
      if (this.atEnd) return
      if (this.scanner.kind === 'symbol') {
        if (this.tryEndDeclaration(';', undefined)) return
        if (this.lookingAt('{')) {
          this.#skipBlock()
          return
        }
        if (this.lookingAt('}')) {
          // A lone `}` that begins a statement at file level would be met again and again.
          if (this.scanner.start === statementStart) this.scanner.next()
          return
        }
      }
      this.scanner.next()
    }
  }

  #skipBlock(): void {
    let depth = 0
    do {
      if (this.lookingAt('{')) depth++
      else if (this.lookingAt('}')) depth--
      if (depth === 0) {
        this.tryEndDeclaration('}', undefined)
        return
      }
      this.scanner.next()
    } while (!this.atEnd)
  }
}
