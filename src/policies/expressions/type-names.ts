import { createRegistry, type DescFile, type Registry } from '@bufbuild/protobuf'

/** Types of a file and of those that it imports: what a message of it can hold, but for an Any. */
export function registryOf(file: DescFile): Registry {
  const files = new Set<DescFile>()
  const add = (one: DescFile): void => {
    if (files.has(one)) return
    files.add(one)
    one.dependencies.forEach(add)
  }
  add(file)
  return createRegistry(...files)
}

/**
 * Whether a qualified name is a value in CEL (langdef.md, "Values"): a message type, which is a type, or a constant of an
 * enum, which is a number.
 */
export function isTypeOrConstant(registry: Registry, name: string): boolean {
  if (registry.getMessage(name) !== undefined) return true
  const parent = parentOf(name)
  const constants = registry.getEnum(parent)?.values
  return constants?.some((constant) => `${parent}.${constant.name}` === name) === true
}

/** Qualified names that one may be meant for which is none: those beside it, else those whose packages begin as it does. */
export function namesLike(registry: Registry, name: string): readonly string[] {
  const root = `${name.split('.', 1)[0]!}.`
  const names: string[] = []
  for (const type of registry) {
    if (!type.typeName.startsWith(root)) continue
    if (type.kind === 'message') names.push(type.typeName)
    if (type.kind === 'enum') names.push(...type.values.map((constant) => `${type.typeName}.${constant.name}`))
  }
  const beside = names.filter((one) => parentOf(one) === parentOf(name))
  return beside.length > 0 ? beside : names
}

function parentOf(name: string): string {
  return name.slice(0, Math.max(name.lastIndexOf('.'), 0))
}
