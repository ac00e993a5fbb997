import { dirname, resolve } from 'node:path'
import { type Problem, Problems } from '../problems/index.js'
import type { ConfigDocument } from './document.js'
import type { Environment } from './interpolate.js'
import { Normalization } from './normalization.js'
import { normalize } from './normalize.js'
import type { TargetValidator } from './normalize-upstreams.js'
import { readObject } from './object-document.js'
import { readTextFile } from './read-text-file.js'
import { shownConfig } from './shown.js'
import { readText } from './text-document.js'
import type { GatewayConfig } from './types.js'
import { validateDocument } from './validate.js'
import type { WrittenConfig } from './written.js'

export interface LoadOptions {
  /** Where `${NAME}` is looked up. */
  readonly env: Environment
  /** What is wrong with an upstream's target; targets are not looked at without it. */
  readonly validateTarget?: TargetValidator
  /**
   * Give a configuration beside any error that leaves something to look at, with stand-ins where it is wrong: for who
   * then leaves out the parts that the problems' selectors name. Default: only what later stages can take as it is.
   */
  readonly keepsWrongParts?: boolean
}

export interface ObjectOptions extends LoadOptions {
  /** Folder that relative paths are relative to. */
  readonly baseDir: string
  /** What problems say instead of a file's name; `config` when not given. */
  readonly file?: string
}

/**
 * Reads a configuration file: YAML, or JSON where its name ends in `.json`. Everything wrong goes to `problems`, in the
 * order of the file, `file` as it is given in `path`.
 * @returns the configuration, also beside errors where what is left without the wrong parts is still a whole one (so
 * that the stages after this one find their errors too; never serve it then); undefined where nothing can be made of it,
 * or where a file, a target or a name those stages would open at once is wrong, which they would only say again
 */
export function loadConfigFile(path: string, options: LoadOptions, problems: Problems): GatewayConfig | undefined {
  const absolute = resolve(path)
  const file = readTextFile(absolute)
  if ('wrong' in file) {
    problems.error({ file: path, line: 0, column: 0 }, `cannot be read: ${file.wrong}`, {
      advice: 'give the path of a configuration file that is there and readable, in UTF-8',
    })
    return undefined
  }
  const doc = readText(file.text, path, problems)
  if (doc === undefined) return undefined
  return fromDocument(doc, dirname(absolute), [absolute], options, problems)
}

/** As loadConfigFile, for a configuration given in code: the same keys and values, `${NAME}` included. */
export function normalizeConfig(value: unknown, options: ObjectOptions, problems: Problems): GatewayConfig | undefined {
  const doc = readObject(value, options.file ?? 'config', problems)
  if (doc === undefined) return undefined
  return fromDocument(doc, resolve(options.baseDir), [], options, problems)
}

function fromDocument(
  doc: ConfigDocument,
  baseDir: string,
  files: readonly string[],
  options: LoadOptions,
  problems: Problems,
): GatewayConfig | undefined {
  if (doc.value === null || typeof doc.value !== 'object' || Array.isArray(doc.value)) {
    const message = doc.value === null ? 'there is no configuration in it' : 'the configuration is not a mapping'
    problems.error(doc.positions.ofValue(''), message, {
      advice: 'write keys and values, at least schema and upstreams',
    })
    return undefined
  }
  const found = new Problems()
  const shape = validateDocument(doc, options.env)
  found.errors.push(...shape.problems)
  let config: GatewayConfig | undefined
  if (shape.rest !== 'none') {
    const at = new Normalization(doc.positions, baseDir, found, shape.standIns)
    for (const file of files) at.files.add(file)
    const normalized = normalize(doc.value as WrittenConfig, at, options.validateTarget, options.env)
    const isWhole = shape.rest === 'whole' && !at.hasBrokenInput
    if (isWhole || options.keepsWrongParts === true) {
      config = Object.freeze({ ...normalized, shown: shownConfig(doc.value, shape.references) })
    }
  }
  problems.errors.push(...found.errors.sort(byPlace))
  return config
}

const byPlace = (a: Problem, b: Problem): number =>
  a.position.line - b.position.line || a.position.column - b.position.column
