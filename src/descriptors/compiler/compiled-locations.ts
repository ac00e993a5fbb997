import type { Position } from '../../problems/index.js'
import type { OptionPositions, SourceLocations } from '../types.js'
import type { CompiledFile } from './compile.js'
import type { OptionNode, OptionValue, ParsedFile } from './syntax.js'

/** Something an option's path can lead to: where it starts, and what is in it. */
interface Place {
  readonly start: number
  /** Parts of the option's name after this place; then its value. */
  readonly names: readonly { readonly name: string; readonly start: number }[]
  readonly value: OptionValue
}

/** Places and comments in compiled files, by the parser's locations; of options, down to values in aggregates. */
export class CompiledLocations implements SourceLocations, OptionPositions {
  readonly #files = new Map<string, ParsedFile>()
  /** Options of methods by the method's full name. */
  #methods: Map<string, { readonly file: ParsedFile; readonly nodes: readonly OptionNode[] }> | undefined

  constructor(files: readonly CompiledFile[]) {
    for (const { proto, parsed } of files) if (parsed !== undefined) this.#files.set(proto.name, parsed)
  }

  positionOf(file: string, path: readonly number[]): Position | undefined {
    const parsed = this.#files.get(file)
    const offset = parsed?.locations.offsetOf(path)
    return offset === undefined ? undefined : parsed?.source.position(offset)
  }

  commentOf(file: string, path: readonly number[]): string {
    return this.#files.get(file)?.locations.commentsOf(path)?.leading ?? ''
  }

  find(element: string, path: readonly (string | number)[]): Position | undefined {
    const options = this.#optionsOf(element)
    if (options === undefined) return undefined
    let places: Place[] = options.nodes.map((node) => ({
      start: node.start,
      names: node.name.map(({ text, resolved, start }) => ({ name: resolved ?? text, start })),
      value: node.value,
    }))
    let best: number | undefined
    for (const step of path) {
      places = typeof step === 'number' ? places.slice(step, step + 1) : places.flatMap((place) => below(place, step))
      const last = places[places.length - 1]
      if (last === undefined) break
      best = (typeof step === 'number' || best === undefined ? places[0]! : last).start
    }
    return best === undefined ? undefined : options.file.source.position(best)
  }

  #optionsOf(element: string): { readonly file: ParsedFile; readonly nodes: readonly OptionNode[] } | undefined {
    if (this.#methods === undefined) {
      this.#methods = new Map()
      for (const file of this.#files.values()) {
        const prefix = file.proto.package === '' ? '' : `${file.proto.package}.`
        for (const service of file.proto.service)
          for (const method of service.method) {
            const nodes = file.options.get(method)
            if (nodes !== undefined) this.#methods.set(`${prefix}${service.name}.${method.name}`, { file, nodes })
          }
      }
    }
    return this.#methods.get(element)
  }
}

/** What stands under a name at a place: the rest of a dotted name, or the fields of an aggregate; lists item by item. */
function below(place: Place, name: string): Place[] {
  const [first, ...rest] = place.names
  if (first !== undefined) {
    if (first.name !== name) return []
    return rest.length === 0 ? items(place.value, place.start) : [{ ...place, names: rest }]
  }
  if (place.value.kind !== 'message') return []
  return place.value.fields.flatMap((field) =>
    (field.resolved ?? field.text) === name ? items(field.value, field.start) : [],
  )
}

/** A list is its items; a message begins at its name, a scalar is where its text is. */
function items(value: OptionValue, start: number): Place[] {
  if (value.kind === 'message') return [{ start, names: [], value }]
  if (value.kind !== 'list') return [{ start: value.start, names: [], value }]
  return value.items.map((item) => ({ start: item.start, names: [], value: item }))
}
