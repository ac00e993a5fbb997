import { join } from 'node:path'
import { readProtoText, type DescriptorSource } from '../descriptors/index.js'
import { isThere } from '../files/index.js'
import type { SelectorPattern } from '../mapping/index.js'

/*
 * A selector that matches no method is an error, unless it may well mean one whose descriptors are not known: awaited
 * from a server, or in a file with errors, which are reported already. What follows from them would only confuse.
 */

/** Whether a selector may mean a method whose descriptors are not known. */
export type MayMatchUnknown = (pattern: SelectorPattern) => boolean

export const ALL_KNOWN: MayMatchUnknown = () => false
export const ANYTHING_MAY_BE: MayMatchUnknown = () => true

/**
 * The methods of the files asked for that did not compile, by what their text seems to declare.
 * @param roots absolute folders in which the files are looked for, in order
 */
export function unknownMethodsOf(source: DescriptorSource, roots: readonly string[]): MayMatchUnknown {
  const compiled = new Set(source.files.map(({ name }) => name))
  const left = [...source.roots].filter((name) => !compiled.has(name))
  if (left.length === 0) return ALL_KNOWN
  const names: string[] = []
  for (const name of left) {
    const path = roots.map((root) => join(root, name)).find((candidate) => isThere(candidate))
    if (path === undefined) return ANYTHING_MAY_BE
    const read = readProtoText(path)
    // That it cannot be read has been told where it is imported.
    if ('why' in read) return ANYTHING_MAY_BE
    names.push(...declaredMethods(read.text))
  }
  return (pattern) => names.some((name) => pattern.matches(name))
}

/** Full names of the methods a `.proto` text seems to declare; and for each service one more, for methods not shown. */
export function declaredMethods(text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '')
  const packageName = /(?:^|[;}\s])package\s+([\w.]+)/.exec(code)?.[1]
  const prefix = packageName === undefined ? '' : `${packageName}.`
  const names: string[] = []
  let service = ''
  for (const [, keyword, name] of code.matchAll(/\b(service|rpc)\s+(\w+)/g)) {
    if (keyword === 'service') service = `${prefix}${name!}`
    names.push(keyword === 'service' ? `${service}.?` : `${service}.${name!}`)
  }
  return names
}
