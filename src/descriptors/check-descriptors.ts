import {
  Edition,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { MAX_FIELD_NUMBER_END } from './compiler/parse-ranges.js'
import type { MergedFile } from './merge.js'

/** As deep as messages may nest in a descriptor; protoc stops at 32. */
const MAX_DEPTH = 64

/** Editions that the registry knows the feature defaults of. */
const EDITIONS = new Set<number>([
  Edition.EDITION_2023,
  Edition.EDITION_2024,
  Edition.EDITION_2026,
  Edition.EDITION_UNSTABLE,
])

/** Told of what is wrong in a file. `path` is SourceCodeInfo's. */
export type DescriptorError = (
  file: MergedFile,
  message: string,
  more?: { path?: readonly number[]; selector?: string; advice?: string },
) => void

type Kind = 'message' | 'enum' | 'service' | 'extension' | 'enum value' | 'package'
interface Known {
  readonly kind: Kind
  readonly file: MergedFile
}

/**
 * Checks files that nobody has compiled here, and that may be hostile (a descriptor set, a server's reflection): that
 * imports are there and make no circle, that every type named exists and is of the right kind, names, numbers and nesting.
 * @returns the sound files, each after its imports; those with errors and what imports them are left out
 */
export function checkDescriptors(files: readonly MergedFile[], onError: DescriptorError): MergedFile[] {
  const known = new Map<string, Known>()
  const sound: MergedFile[] = []
  const broken = new Set<string>()
  for (const file of inDependencyOrder(files, broken, onError)) {
    const { name, dependency } = file.proto
    if (broken.has(name) || dependency.some((imported) => broken.has(imported))) {
      broken.add(name)
      continue
    }
    let isSound = true
    const check = new FileCheck(file, known, (message, more) => {
      isSound = false
      onError(file, message, more)
    })
    check.run()
    if (isSound) sound.push(file)
    else broken.add(name)
  }
  return sound
}

/** Depth first over imports, without recursion: an import chain may be as long as an attacker likes. */
function inDependencyOrder(files: readonly MergedFile[], broken: Set<string>, onError: DescriptorError): MergedFile[] {
  const byName = new Map(files.map((file) => [file.proto.name, file]))
  const order: MergedFile[] = []
  const state = new Map<string, 'open' | 'done'>()
  for (const root of files) {
    const stack: { file: MergedFile; next: number }[] = []
    const enter = (file: MergedFile) => {
      state.set(file.proto.name, 'open')
      stack.push({ file, next: 0 })
    }
    if (!state.has(root.proto.name)) enter(root)
    for (let top = stack[stack.length - 1]; top !== undefined; top = stack[stack.length - 1]) {
      const { file } = top
      const wanted = file.proto.dependency[top.next++]
      if (wanted === undefined) {
        state.set(file.proto.name, 'done')
        order.push(file)
        stack.pop()
        continue
      }
      const dependency = byName.get(wanted)
      const path = [3, top.next - 1]
      if (dependency === undefined) {
        broken.add(file.proto.name)
        onError(file, `import "${wanted}" is missing`, {
          path,
          advice: 'make the descriptors with all imports (`protoc --include_imports`)',
        })
      } else if (state.get(wanted) === 'open') {
        broken.add(file.proto.name)
        onError(file, `import cycle: "${file.proto.name}" and "${wanted}" import each other`, { path })
      } else if (!state.has(wanted)) enter(dependency)
    }
  }
  return order
}

class FileCheck {
  readonly #file: MergedFile
  readonly #proto: FileDescriptorProto
  readonly #known: Map<string, Known>
  readonly #error: (message: string, more?: { path?: readonly number[]; selector?: string; advice?: string }) => void

  constructor(
    file: MergedFile,
    known: Map<string, Known>,
    onError: (message: string, more?: { path?: readonly number[]; selector?: string; advice?: string }) => void,
  ) {
    this.#file = file
    this.#proto = file.proto
    this.#known = known
    this.#error = onError
  }

  run(): void {
    const { syntax, edition, package: packageName } = this.#proto
    if (syntax === 'editions') {
      if (!EDITIONS.has(edition)) this.#error(`edition ${edition} is not supported`)
    } else if (syntax !== '' && syntax !== 'proto2' && syntax !== 'proto3')
      this.#error(`syntax "${syntax}" is not supported`)
    if (packageName !== '' && !packageName.split('.').every(isIdentifier))
      this.#error(`package "${packageName}" is not a name`)
    const prefix = packageName === '' ? '' : `${packageName}.`
    for (let end = packageName.length; end > 0; end = packageName.lastIndexOf('.', end - 1)) {
      const name = packageName.slice(0, end)
      const other = this.#known.get(name)
      if (other === undefined) this.#known.set(name, { kind: 'package', file: this.#file })
      else if (other.kind !== 'package') this.#duplicate(name, other, [2])
    }
    const { messageType, enumType, service, extension } = this.#proto
    messageType.forEach((message, index) => this.#declareMessage(message, prefix, [4, index], 1))
    enumType.forEach((desc, index) => this.#declareEnum(desc, prefix, [5, index]))
    service.forEach(({ name }, index) => this.#declare(prefix, name, 'service', [6, index]))
    extension.forEach(({ name }, index) => this.#declare(prefix, name, 'extension', [7, index]))
    messageType.forEach((message, index) => this.#checkMessage(message, prefix, [4, index], 1))
    extension.forEach((field, index) => this.#checkField(field, prefix, [7, index], undefined))
    service.forEach(({ name, method }, index) => {
      const taken = new Set<string>()
      method.forEach((one, at) => {
        const path = [6, index, 2, at]
        const selector = `${prefix}${name}.${one.name}`
        if (!isIdentifier(one.name)) this.#error(`method name "${one.name}" is not a name`, { path, selector })
        if (taken.has(one.name)) this.#error(`method \`${one.name}\` is declared twice`, { path, selector })
        taken.add(one.name)
        this.#expect(one.inputType, 'message', 'request type', [...path, 2], selector)
        this.#expect(one.outputType, 'message', 'response type', [...path, 3], selector)
      })
    })
  }

  #declare(prefix: string, name: string, kind: Kind, path: readonly number[]): void {
    const fullName = prefix + name
    if (!isIdentifier(name)) {
      this.#error(`${kind} name "${name}" is not a name`, { path })
      return
    }
    const other = this.#known.get(fullName)
    if (other !== undefined) this.#duplicate(fullName, other, path)
    else this.#known.set(fullName, { kind, file: this.#file })
  }

  #duplicate(fullName: string, other: Known, path: readonly number[]): void {
    const where =
      other.file === this.#file
        ? 'in the same file'
        : `in "${other.file.proto.name}" of ${other.file.source.label}; here it is "${this.#proto.name}" of ${this.#file.source.label}`
    this.#error(`\`${fullName}\` is defined already, ${where}`, {
      path,
      selector: fullName,
      advice: 'take the type from one source only, under one file name',
    })
  }

  #declareMessage(message: DescriptorProto, prefix: string, path: readonly number[], depth: number): void {
    if (depth > MAX_DEPTH) {
      this.#error(`messages nest deeper than ${MAX_DEPTH} levels`, { path })
      return
    }
    this.#declare(prefix, message.name, 'message', path)
    const inner = `${prefix}${message.name}.`
    message.nestedType.forEach((nested, index) => this.#declareMessage(nested, inner, [...path, 3, index], depth + 1))
    message.enumType.forEach((desc, index) => this.#declareEnum(desc, inner, [...path, 4, index]))
    message.extension.forEach(({ name }, index) => this.#declare(inner, name, 'extension', [...path, 6, index]))
  }

  #declareEnum(desc: EnumDescriptorProto, prefix: string, path: readonly number[]): void {
    this.#declare(prefix, desc.name, 'enum', path)
    if (desc.value.length === 0)
      this.#error(`enum \`${desc.name}\` has no values`, { path, selector: prefix + desc.name })
    desc.value.forEach(({ name }, index) => this.#declare(prefix, name, 'enum value', [...path, 2, index]))
  }

  #checkMessage(message: DescriptorProto, prefix: string, path: readonly number[], depth: number): void {
    if (depth > MAX_DEPTH) return
    const inner = `${prefix}${message.name}.`
    const names = new Set<string>()
    const numbers = new Set<number>()
    message.field.forEach((field, index) => {
      const where = { path: [...path, 2, index], selector: inner + field.name }
      if (names.has(field.name)) this.#error(`field \`${field.name}\` is declared twice`, where)
      if (numbers.has(field.number)) this.#error(`field number ${field.number} is used twice`, where)
      names.add(field.name)
      numbers.add(field.number)
      this.#checkField(field, inner, where.path, message)
    })
    message.oneofDecl.forEach(({ name }, index) => {
      if (!isIdentifier(name)) this.#error(`oneof name "${name}" is not a name`, { path: [...path, 8, index] })
    })
    message.extension.forEach((field, index) => this.#checkField(field, inner, [...path, 6, index], undefined))
    if (message.options?.mapEntry === true) this.#checkMapEntry(message, prefix, path)
    message.nestedType.forEach((nested, index) => this.#checkMessage(nested, inner, [...path, 3, index], depth + 1))
  }

  #checkMapEntry(message: DescriptorProto, prefix: string, path: readonly number[]): void {
    const key = message.field.find(({ number }) => number === 1)
    const value = message.field.find(({ number }) => number === 2)
    const isKey = key !== undefined && key.label !== 3 && MAP_KEYS.has(key.type)
    const isValue = value !== undefined && value.label !== 3 && value.type !== Type.GROUP
    if (message.field.length !== 2 || !isKey || !isValue || prefix === '')
      this.#error(`map entry \`${message.name}\` has not just a key and a value`, {
        path,
        selector: prefix + message.name,
      })
  }

  #checkField(
    field: FieldDescriptorProto,
    prefix: string,
    path: readonly number[],
    message: DescriptorProto | undefined,
  ): void {
    const selector = prefix + field.name
    const where = { path, selector }
    if (!isIdentifier(field.name)) this.#error(`field name "${field.name}" is not a name`, where)
    // A message set's extensions may have any positive int32 as number.
    if (field.number < 1 || (message !== undefined && field.number >= MAX_FIELD_NUMBER_END))
      this.#error(`field number ${field.number} is out of range`, where)
    if (!Object.hasOwn(field, 'type') || field.type < Type.DOUBLE || field.type > Type.SINT64)
      this.#error(`field \`${field.name}\` has no known type`, where)
    else if (field.type === Type.MESSAGE || field.type === Type.GROUP)
      this.#expect(field.typeName, 'message', 'type', path, selector)
    else if (field.type === Type.ENUM) this.#expect(field.typeName, 'enum', 'type', path, selector)
    if (field.label < 1 || field.label > 3) this.#error(`field \`${field.name}\` has no known label`, where)
    if (message === undefined) {
      if (field.extendee === '') this.#error(`extension \`${field.name}\` extends nothing`, where)
      else this.#expect(field.extendee, 'message', 'extended type', path, selector)
    } else if (Object.hasOwn(field, 'oneofIndex')) {
      if (field.oneofIndex < 0 || field.oneofIndex >= message.oneofDecl.length)
        this.#error(`field \`${field.name}\` is of a oneof that does not exist`, where)
      else if (field.label === 3) this.#error(`field \`${field.name}\` is repeated and of a oneof`, where)
    }
  }

  #expect(typeName: string, kind: Kind, what: string, path: readonly number[], selector: string): void {
    const found = this.#known.get(typeName.startsWith('.') ? typeName.slice(1) : typeName)
    if (found === undefined)
      this.#error(`${what} \`${typeName}\` does not exist in this file or what it imports`, { path, selector })
    else if (found.kind !== kind)
      this.#error(`${what} \`${typeName}\` is a ${found.kind}, not a ${kind}`, { path, selector })
  }
}

const MAP_KEYS = new Set([
  Type.INT32,
  Type.INT64,
  Type.UINT32,
  Type.UINT64,
  Type.SINT32,
  Type.SINT64,
  Type.FIXED32,
  Type.FIXED64,
  Type.SFIXED32,
  Type.SFIXED64,
  Type.BOOL,
  Type.STRING,
])

function isIdentifier(name: string): boolean {
  if (name === '') return false
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at)
    const isLetter = (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || unit === 95
    if (!isLetter && (at === 0 || unit < 48 || unit > 57)) return false
  }
  return true
}
