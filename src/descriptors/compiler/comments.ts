/** Comments between two tokens, by the declaration they belong to. `\n` ends each line, markers are stripped. */
export interface Comments {
  /** Of the declaration that ended with the previous token. */
  trailing: string
  /** Paragraphs that stand by themselves. */
  detached: readonly string[]
  /** Of the declaration that begins with the next token. */
  leading: string
}

const NOTHING: Comments = { trailing: '', detached: [], leading: '' }

/**
 * Sorts the comments between two tokens into trailing, detached and leading ones, by the rules that descriptor.proto
 * gives at SourceCodeInfo.Location and protoc's tokenizer (`CommentCollector`) follows.
 */
export class CommentCollector {
  #buffer = ''
  #hasComment = false
  #isLineComment = false
  #canAttachToPrevious = true
  #hasTrailing = false
  #count = 0
  #trailing = ''
  #detached: string[] = []

  /** Consecutive line comments are one comment. */
  lineComment(text: string): void {
    if (this.#hasComment && !this.#isLineComment) this.flush()
    this.#hasComment = true
    this.#isLineComment = true
    this.#buffer += text
  }

  blockComment(text: string): void {
    if (this.#hasComment) this.flush()
    this.#hasComment = true
    this.#isLineComment = false
    this.#buffer = text
  }

  /** The comment collected so far is not a leading one. */
  flush(): void {
    if (!this.#hasComment) return
    if (this.#canAttachToPrevious) {
      this.#trailing += this.#buffer
      this.#hasTrailing = true
      this.#canAttachToPrevious = false
    } else this.#detached.push(this.#buffer)
    this.#buffer = ''
    this.#hasComment = false
    this.#count++
  }

  detachFromPrevious(): void {
    this.#canAttachToPrevious = false
  }

  /** Only one comment, with a token on its line: it belongs to neither side. */
  detachSingle(): void {
    if (this.#count + (this.#hasComment ? 1 : 0) !== 1) return
    if (this.#hasTrailing) {
      this.#detached.unshift(this.#trailing)
      this.#trailing = ''
    }
    this.#canAttachToPrevious = false
    this.flush()
  }

  none(): Comments {
    return NOTHING
  }

  finish(): Comments {
    if (this.#buffer === '' && this.#trailing === '' && this.#detached.length === 0) return NOTHING
    return { trailing: this.#trailing, detached: this.#detached, leading: this.#buffer }
  }
}
