import { fromBinary, type DescMessage } from '@bufbuild/protobuf'
import { celEnv, CelScalar, isCelError, mapType, objectType, parse, plan, type CelEnv } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import type { PolicyRequest } from '../types.js'
import { ExpressionCheck, type Variables } from './check.js'
import { registryOf } from './type-names.js'

/** Longer ones are not written by people. */
const MAX_LENGTH = 4096

const IDENTITY = ['kind', 'provider', 'subject', 'issuer', 'scopes', 'roles'] as const

/** An expression, ready to be evaluated. */
export interface CompiledExpression {
  /** It looks at the request message, so that it can only be evaluated when there is one. */
  readonly usesMessage: boolean
  /** It looks at who calls, which is known once authentication has found out. */
  readonly usesIdentity: boolean
  /**
   * @param message wire bytes; undefined where it does not look at them
   * @returns what comes of it: a boolean, a bigint, a number, a string …; undefined: evaluating it failed
   */
  evaluate(request: PolicyRequest, message: Uint8Array | undefined): unknown
}

/**
 * Compiles an expression in CEL (https://github.com/google/cel-spec) over a request of one method: `request` (the message),
 * `identity`, `claims`, `headers`, `client.address` and `rpc`. Parsed and planned once; names and fields are looked up in the
 * method's descriptors.
 *
 * @param input the method's request message
 * @returns what is wrong with it, as sentences
 */
export function compileExpression(text: string, input: DescMessage): CompiledExpression | readonly string[] {
  if (text.length > MAX_LENGTH) return [`it has more than ${MAX_LENGTH} characters`]
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(text)
  } catch (error) {
    return [`it is no expression: ${error instanceof Error ? error.message.replace('<input>:', '') : String(error)}`]
  }
  const environment = environmentOf(input)
  const check = new ExpressionCheck(
    variablesOf(input),
    environment.registry,
    (name) => environment.funcs.find(name) !== undefined || OPERATORS.has(name),
  )
  check.check(parsed.expr)
  if (check.wrong.length > 0) return check.wrong
  let run: (bindings: never) => unknown
  try {
    run = plan(environment, parsed) as (bindings: never) => unknown
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
  const { used } = check
  return {
    usesMessage: used.has('request'),
    usesIdentity: used.has('identity') || used.has('claims'),
    evaluate: (request, message) => {
      try {
        const result = run(bindingsOf(used, request, input, message) as never)
        return isCelError(result) ? undefined : result
      } catch {
        return undefined
      }
    },
  }
}

/** Operators are functions in the syntax tree; the planner has those that it does not look up. */
const OPERATORS = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false', '_==_', '_!=_', '@in', '!_'])

function variablesOf(input: DescMessage): Variables {
  return {
    request: input,
    identity: IDENTITY,
    claims: 'anything',
    headers: 'anything',
    client: ['address'],
    rpc: 'anything',
  }
}

/** One for each type of request message: an environment knows the types. */
const environments = new WeakMap<DescMessage, CelEnv>()

function environmentOf(input: DescMessage): CelEnv {
  let known = environments.get(input)
  if (known === undefined) {
    known = celEnv({
      registry: registryOf(input.file),
      funcs: [...strings],
      variables: {
        request: objectType(input),
        identity: mapType(CelScalar.STRING, CelScalar.DYN),
        claims: mapType(CelScalar.STRING, CelScalar.DYN),
        headers: mapType(CelScalar.STRING, CelScalar.STRING),
        client: mapType(CelScalar.STRING, CelScalar.STRING),
        rpc: CelScalar.STRING,
      },
    }) as unknown as CelEnv
    environments.set(input, known)
  }
  return known
}

/** Values of the variables that are used; the others are empty, and cost nothing. */
function bindingsOf(
  used: ReadonlySet<string>,
  request: PolicyRequest,
  input: DescMessage,
  message: Uint8Array | undefined,
): object {
  const { identity } = request
  return {
    request: used.has('request') ? fromBinary(input, message ?? new Uint8Array(0)) : null,
    identity: used.has('identity') ? identityMap(request) : NOTHING,
    claims: used.has('claims') ? new Map(Object.entries(identity?.claims ?? {})) : NOTHING,
    headers: used.has('headers') ? headerMap(request.http.rawHeaders) : NOTHING,
    client: used.has('client') ? new Map([['address', request.clientAddress]]) : NOTHING,
    rpc: request.rpcName,
  }
}

const NOTHING: ReadonlyMap<string, unknown> = new Map()

/** Of nobody where nobody was asked: names are empty. */
function identityMap({ identity }: PolicyRequest): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(
    IDENTITY.map((name) => [name, identity?.[name] ?? (name === 'scopes' || name === 'roles' ? [] : '')]),
  )
}

/** Names in lower case; values of a name that comes several times joined by `, `. */
function headerMap(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    const before = headers.get(name)
    headers.set(name, before === undefined ? rawHeaders[i + 1]! : `${before}, ${rawHeaders[i + 1]!}`)
  }
  return headers
}
