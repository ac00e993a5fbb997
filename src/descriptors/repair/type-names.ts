import { FieldDescriptorProto_Type as Type } from '@bufbuild/protobuf/wkt'
import type { DescriptorProto, FieldDescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { fieldsOf, inScope, messagesOf } from './visit.js'

type Kind = 'message' | 'enum'

/** Longer names are nobody's, and are not looked up in scope after scope. */
const MAX_NAME_LENGTH = 2048

/** What resolving names of types came to. */
export interface Resolution {
  /** Names, as written, of types that no file has. */
  readonly unresolved: ReadonlySet<string>
  /** `a.b.M.f may be of a.X rather than a.b.X`: where what was written fits two types. */
  readonly ambiguous: readonly string[]
}

/** The types of a set of files, by full name. */
export class TypeTable {
  readonly #kinds = new Map<string, Kind>()

  add(file: FileDescriptorProto): void {
    for (const { name } of file.enumType) this.#kinds.set(inScope(file.package, name), 'enum')
    for (const { message, fullName } of messagesOf(file)) {
      this.#kinds.set(fullName, 'message')
      for (const { name } of message.enumType) this.#kinds.set(`${fullName}.${name}`, 'enum')
    }
  }

  kindOf(fullName: string): Kind | undefined {
    return this.#kinds.get(fullName)
  }

  /**
   * Full names that `name` may mean in a scope, nearest first. protobuf.js writes a name without what it has in common
   * with the scope (so not quite by protobuf's rule, where the first part of the name decides on the scope).
   */
  candidates(name: string, scope: string, kind: Kind | undefined): string[] {
    const found: string[] = []
    if (name === '' || name.length > MAX_NAME_LENGTH || scope.length > MAX_NAME_LENGTH) return found
    for (let around = scope; ; around = around.slice(0, Math.max(0, around.lastIndexOf('.')))) {
      const fullName = inScope(around, name)
      const known = this.#kinds.get(fullName)
      if (known !== undefined && (kind === undefined || kind === known)) found.push(fullName)
      if (around === '') return found
    }
  }
}

/**
 * Replaces the names of types in files by full ones, with a leading dot. Names of no type stay as they are.
 * @param valueScopes for map entries whose value is named not as seen from the entry but from this scope
 */
export function resolveTypeNames(
  files: readonly FileDescriptorProto[],
  types: TypeTable,
  valueScopes: ReadonlyMap<DescriptorProto, string>,
): Resolution {
  const unresolved = new Set<string>()
  const ambiguous: string[] = []

  const resolve = (written: string, scopes: readonly string[], kind: Kind | undefined, selector: string): string => {
    if (written.startsWith('.')) {
      if (types.kindOf(written.slice(1)) === undefined) unresolved.add(written)
      return written
    }
    for (const scope of scopes) {
      const candidates = types.candidates(written, scope, kind)
      const [nearest, other] = candidates.filter((fullName) => isWrittenSo(fullName, written, scope))
      const chosen = nearest ?? candidates[0]
      if (chosen === undefined) continue
      if (other !== undefined) ambiguous.push(`${selector} may be of ${other} rather than ${chosen}`)
      return `.${chosen}`
    }
    unresolved.add(written)
    return written
  }

  const resolveField = (field: FieldDescriptorProto, scopes: readonly string[], declaredIn: string) => {
    const selector = inScope(declaredIn, field.name)
    // What is empty stays unset, rather than being set to nothing.
    if (field.typeName !== '') field.typeName = resolve(field.typeName, scopes, kindOf(field), selector)
    if (field.extendee !== '') field.extendee = resolve(field.extendee, scopes, 'message', selector)
    if (Object.hasOwn(field, 'type') || field.typeName === '') return
    const kind = types.kindOf(field.typeName.slice(1))
    if (kind !== undefined) field.type = kind === 'enum' ? Type.ENUM : Type.MESSAGE
  }

  for (const file of files) {
    for (const field of file.extension) resolveField(field, [file.package], file.package)
    for (const { message, fullName } of messagesOf(file)) {
      const valueScope = valueScopes.get(message)
      const scopes = valueScope === undefined ? [fullName] : [valueScope, fullName]
      for (const field of fieldsOf(message)) resolveField(field, scopes, fullName)
    }
    for (const { name, method } of file.service)
      for (const one of method) {
        const selector = inScope(file.package, `${name}.${one.name}`)
        const scopes = [inScope(file.package, name)]
        if (one.inputType !== '') one.inputType = resolve(one.inputType, scopes, 'message', selector)
        if (one.outputType !== '') one.outputType = resolve(one.outputType, scopes, 'message', selector)
      }
  }
  return { unresolved, ambiguous }
}

/** Whether protobuf.js would have written a type so in this scope: all they have in common left out. */
function isWrittenSo(fullName: string, written: string, scope: string): boolean {
  const around = fullName.slice(0, Math.max(0, fullName.length - written.length - 1))
  const next = scope.slice(around === '' ? 0 : around.length + 1)
  const first = written.split('.', 1)[0]!
  const isLonger = next === first || next.startsWith(`${first}.`)
  return !isLonger || !written.includes('.')
}

function kindOf(field: FieldDescriptorProto): Kind | undefined {
  if (!Object.hasOwn(field, 'type')) return undefined
  if (field.type === Type.ENUM) return 'enum'
  return field.type === Type.MESSAGE || field.type === Type.GROUP ? 'message' : undefined
}
