/** Namespaces in XML 1.0 §3: bound for ever to `xml` and `xmlns`. */
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'
/** XSD 1.0 part 1 §2.6: `xsi:nil`, `xsi:schemaLocation`. */
export const XSI_NAMESPACE = 'http://www.w3.org/2001/XMLSchema-instance'
/** RFC 9457 appendix B. */
export const PROBLEM_NAMESPACE = 'urn:ietf:rfc:7807'

interface Declaration {
  readonly prefix: string
  /** What the prefix was bound to outside. */
  readonly outer: string | undefined
  readonly depth: number
}

/**
 * Which prefix is bound to which namespace where the reader stands. Finding one takes the same time however many are
 * declared; those of an element are forgotten at its end.
 */
export class NamespaceScope {
  readonly #bindings = new Map<string, string>([['xml', XML_NAMESPACE]])
  readonly #declarations: Declaration[] = []
  /** The namespace of elements without prefix; '': none. */
  default = ''

  /** The namespace of a prefix, or undefined where it is not bound. */
  find(prefix: string): string | undefined {
    return this.#bindings.get(prefix)
  }

  /**
   * Declares a prefix for the element at a depth and what is in it. The empty prefix: the default namespace.
   *
   * @returns what is wrong with the declaration (Namespaces in XML 1.0 §3, constraints), undefined where nothing is
   */
  declare(prefix: string, uri: string, depth: number): string | undefined {
    if (prefix === 'xmlns') return 'xmlns cannot be declared'
    if (uri === XMLNS_NAMESPACE) return 'the namespace of xmlns cannot be declared'
    if ((prefix === 'xml') !== (uri === XML_NAMESPACE)) return 'xml has a namespace of its own, which nothing else has'
    if (prefix !== '' && uri === '') return `the prefix ${prefix} is declared as no namespace`
    const outer = prefix === '' ? this.default : this.#bindings.get(prefix)
    this.#declarations.push({ prefix, outer, depth })
    if (prefix === '') this.default = uri
    else this.#bindings.set(prefix, uri)
    return undefined
  }

  /** Forgets what the element at a depth declared. */
  leave(depth: number): void {
    for (
      let last = this.#declarations.at(-1);
      last !== undefined && last.depth === depth;
      last = this.#declarations.at(-1)
    ) {
      if (last.prefix === '') this.default = last.outer ?? ''
      else if (last.outer === undefined) this.#bindings.delete(last.prefix)
      else this.#bindings.set(last.prefix, last.outer)
      this.#declarations.pop()
    }
  }
}
