import type { DescMessage, Registry } from '@bufbuild/protobuf'
import type { Expr, Expr_Comprehension } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js'
import { nearest } from '../../problems/index.js'
import { isTypeOrConstant, namesLike } from './type-names.js'

/** What a name in an expression is known to be: a message, a mapping of these names, or anything. */
type Known = DescMessage | readonly string[] | 'anything'

/** Variables, and what is known of them. */
export type Variables = Readonly<Record<string, Known>>

/** Nodes of an expression: more than a person writes. */
const MAX_NODES = 500

/** Names of types that are no messages, which are values in CEL (langdef.md, "Types"). */
const TYPE_NAMES = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'])

/**
 * Looks through a parsed expression for what would only be found out when a request comes: names that are none, fields that a
 * message does not have, functions that do not exist. The checker of `@bufbuild/cel` is not part of what it exports.
 */
export class ExpressionCheck {
  /** What is wrong, as sentences. */
  readonly wrong: string[] = []
  /** Variables that it mentions. */
  readonly used = new Set<string>()
  readonly #variables: Variables
  readonly #registry: Registry
  readonly #isFunction: (name: string) => boolean
  #nodes = 0

  /** @param registry the types that can be named */
  constructor(variables: Variables, registry: Registry, isFunction: (name: string) => boolean) {
    this.#variables = variables
    this.#registry = registry
    this.#isFunction = isFunction
  }

  check(expression: Expr): void {
    this.#walk(expression, new Map())
    if (this.#nodes > MAX_NODES) this.wrong.push(`it has more than ${MAX_NODES} parts`)
  }

  /** @param local names that comprehensions round it have made, and what is known of them */
  #walk(expression: Expr | undefined, local: ReadonlyMap<string, Known>): Known {
    if (expression === undefined || ++this.#nodes > MAX_NODES) return 'anything'
    const { case: kind, value } = expression.exprKind
    switch (kind) {
      case 'identExpr':
        return this.#name(value.name, local)
      case 'selectExpr': {
        const name = qualifiedName(expression)
        if (name !== undefined && !this.#isVariable(name.split('.', 1)[0]!, local)) return this.#typeName(name)
        return this.#field(this.#walk(value.operand, local), value.field)
      }
      case 'callExpr':
        this.#walk(value.target, local)
        for (const argument of value.args) this.#walk(argument, local)
        if (!this.#isFunction(value.function)) this.wrong.push(`there is no function ${value.function}`)
        return 'anything'
      case 'listExpr':
        for (const element of value.elements) this.#walk(element, local)
        return 'anything'
      case 'structExpr':
        if (value.messageName !== '') this.#messageType(value.messageName)
        for (const entry of value.entries) {
          if (entry.keyKind.case === 'mapKey') this.#walk(entry.keyKind.value, local)
          this.#walk(entry.value, local)
        }
        return 'anything'
      case 'comprehensionExpr':
        this.#comprehension(value, local)
        return 'anything'
      default:
        return 'anything'
    }
  }

  #comprehension(value: Expr_Comprehension, local: ReadonlyMap<string, Known>): void {
    const { iterRange, iterVar, iterVar2, accuVar } = value
    this.#walk(iterRange, local)
    if (local.size > 0 && !isWithin(iterRange, local) && !isWrittenOut(iterRange)) {
      // A list gone through for each item of another: the work would grow with the square of the request.
      this.wrong.push('within a macro only parts of its own variable can be gone through, or a list of constants')
    }
    const inner = new Map(local)
    for (const name of [iterVar, iterVar2]) if (name !== '') inner.set(name, 'anything')
    this.#walk(value.accuInit, inner)
    const withSum = new Map(inner).set(accuVar, 'anything')
    this.#walk(value.loopCondition, withSum)
    this.#walk(value.loopStep, withSum)
    this.#walk(value.result, withSum)
  }

  #name(name: string, local: ReadonlyMap<string, Known>): Known {
    const own = local.get(name)
    if (own !== undefined) return own
    if (Object.hasOwn(this.#variables, name)) {
      this.used.add(name)
      return this.#variables[name]!
    }
    return TYPE_NAMES.has(name) ? 'anything' : this.#typeName(name)
  }

  #isVariable(name: string, local: ReadonlyMap<string, Known>): boolean {
    return local.has(name) || Object.hasOwn(this.#variables, name)
  }

  /** A type, or a constant of an enum, by its qualified name. */
  #typeName(written: string): Known {
    const name = withoutDot(written)
    if (!isTypeOrConstant(this.#registry, name)) this.#isNone(name)
    return 'anything'
  }

  #messageType(written: string): void {
    const name = withoutDot(written)
    if (this.#registry.getMessage(name) === undefined) this.#isNone(name)
  }

  /** What no type begins as is a variable's name that was misspelt. */
  #isNone(name: string): void {
    const types = namesLike(this.#registry, name)
    const unknown = types.length > 0 ? name : name.split('.', 1)[0]!
    this.wrong.push(`there is no ${unknown}${near(unknown, types.length > 0 ? types : Object.keys(this.#variables))}`)
  }

  #field(of: Known, name: string): Known {
    if (of === 'anything') return of
    if (!('kind' in of)) {
      if (!of.includes(name)) this.wrong.push(`there is no ${name} in it${near(name, of)}`)
      return 'anything'
    }
    const field = of.fields.find((one) => one.name === name)
    if (field === undefined) {
      this.wrong.push(
        `${of.typeName} has no field ${name}${near(
          name,
          of.fields.map((one) => one.name),
        )}`,
      )
      return 'anything'
    }
    const isPlain = field.fieldKind === 'message' && !field.message.typeName.startsWith('google.protobuf.')
    return isPlain ? field.message : 'anything'
  }
}

/** True where the expression is a name that a macro has made, or a part of one. */
function isWithin(expression: Expr | undefined, local: ReadonlyMap<string, Known>): boolean {
  const kind = expression?.exprKind
  if (kind?.case === 'identExpr') return local.has(kind.value.name)
  return kind?.case === 'selectExpr' && isWithin(kind.value.operand, local)
}

/** True for a list of constants: it is as long as the expression says, whatever the request is. */
function isWrittenOut(expression: Expr | undefined): boolean {
  const kind = expression?.exprKind
  return kind?.case === 'listExpr' && kind.value.elements.every(({ exprKind }) => exprKind.case === 'constExpr')
}

/** `a.b.C` of an expression that is nothing but such names; undefined for any other. */
function qualifiedName(expression: Expr): string | undefined {
  const { case: kind, value } = expression.exprKind
  if (kind === 'identExpr') return value.name
  if (kind !== 'selectExpr' || value.testOnly || value.operand === undefined) return undefined
  const before = qualifiedName(value.operand)
  return before === undefined ? undefined : `${before}.${value.field}`
}

/** A leading dot says that a name is whole (langdef.md, "Name Resolution"), which it is anyway. */
function withoutDot(name: string): string {
  return name.startsWith('.') ? name.slice(1) : name
}

function near(name: string, known: readonly string[]): string {
  const found = nearest(name, known)
  return found?.isNear === true ? `: did you mean ${found.name}?` : ''
}
