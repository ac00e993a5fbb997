import type { DescriptorProto, EnumDescriptorProto, FieldDescriptorProto } from '@bufbuild/protobuf/wkt'
import { MESSAGE } from './parse-message.js'
import type { FileEntry, MessageSymbol, Pool, PoolSymbol } from './pool.js'

/** Field numbers of google.protobuf.FileDescriptorProto. */
export const FILE_ELEMENTS = { package: 2, message: 4, enum: 5, service: 6, extension: 7 } as const
const NAME = 1
const ENUM_VALUE = 2

/** Told of a name that is taken. `scope`: the message or package in which. */
export type DuplicateReport = (
  path: readonly number[],
  fullName: string,
  other: PoolSymbol | FileEntry | undefined,
) => void

/** Puts a file's names into the pool; reports those taken already (protobuf language specification, "Name resolution"). */
export function registerFile(pool: Pool, file: FileEntry, onDuplicate: DuplicateReport): void {
  const { proto } = file
  const packagePrefix = proto.package === '' ? '' : `${proto.package}.`
  for (let end = proto.package.length; end > 0; end = proto.package.lastIndexOf('.', end - 1)) {
    const name = proto.package.slice(0, end)
    const other = pool.symbols.get(name)
    if (other !== undefined) onDuplicate([FILE_ELEMENTS.package], name, other)
    if (!pool.packages.has(name)) pool.packages.set(name, file)
  }
  proto.messageType.forEach((message, index) => {
    registerMessage(pool, file, message, undefined, packagePrefix, [FILE_ELEMENTS.message, index], onDuplicate)
  })
  proto.enumType.forEach((desc, index) => {
    registerEnum(pool, file, desc, undefined, packagePrefix, [FILE_ELEMENTS.enum, index], onDuplicate)
  })
  proto.service.forEach((service, index) => {
    const fullName = packagePrefix + service.name
    add(
      pool,
      { kind: 'service', fullName, file, parent: undefined, proto: service },
      [FILE_ELEMENTS.service, index, NAME],
      onDuplicate,
    )
  })
  registerExtensions(pool, file, proto.extension, undefined, packagePrefix, [FILE_ELEMENTS.extension], onDuplicate)
}

function registerMessage(
  pool: Pool,
  file: FileEntry,
  proto: DescriptorProto,
  parent: MessageSymbol | undefined,
  prefix: string,
  path: readonly number[],
  onDuplicate: DuplicateReport,
): void {
  const fullName = prefix + proto.name
  const symbol: MessageSymbol = { kind: 'message', fullName, file, parent, proto, fields: undefined }
  add(pool, symbol, [...path, NAME], onDuplicate)
  const inner = `${fullName}.`
  proto.nestedType.forEach((message, index) => {
    registerMessage(pool, file, message, symbol, inner, [...path, MESSAGE.nested, index], onDuplicate)
  })
  proto.enumType.forEach((desc, index) => {
    registerEnum(pool, file, desc, symbol, inner, [...path, MESSAGE.enum, index], onDuplicate)
  })
  registerExtensions(pool, file, proto.extension, symbol, inner, [...path, MESSAGE.extension], onDuplicate)
}

function registerEnum(
  pool: Pool,
  file: FileEntry,
  proto: EnumDescriptorProto,
  parent: MessageSymbol | undefined,
  prefix: string,
  path: readonly number[],
  onDuplicate: DuplicateReport,
): void {
  add(pool, { kind: 'enum', fullName: prefix + proto.name, file, parent, proto }, [...path, NAME], onDuplicate)
  proto.value.forEach((value, index) => {
    const where = [...path, ENUM_VALUE, index, NAME]
    add(pool, { kind: 'value', fullName: prefix + value.name, file, parent }, where, onDuplicate)
  })
}

function registerExtensions(
  pool: Pool,
  file: FileEntry,
  extensions: readonly FieldDescriptorProto[],
  parent: MessageSymbol | undefined,
  prefix: string,
  path: readonly number[],
  onDuplicate: DuplicateReport,
): void {
  extensions.forEach((proto, index) => {
    add(
      pool,
      { kind: 'extension', fullName: prefix + proto.name, file, parent, proto },
      [...path, index, NAME],
      onDuplicate,
    )
  })
}

function add(pool: Pool, symbol: PoolSymbol, path: readonly number[], onDuplicate: DuplicateReport): void {
  const other = pool.symbols.get(symbol.fullName) ?? pool.packages.get(symbol.fullName)
  if (other !== undefined) onDuplicate(path, symbol.fullName, other)
  else pool.symbols.set(symbol.fullName, symbol)
}
