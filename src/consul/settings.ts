import { createSecureContext } from 'node:tls'
import { join } from 'node:path'
import { parseAgentAddress } from './address.js'
import type { AgentFiles, AgentSettings, AgentTls, Environment } from './types.js'

/** What a target or a configuration key says; what it leaves out comes from the environment. */
export interface WrittenAgent {
  /** As parseAgentAddress reads it; undefined: `CONSUL_HTTP_ADDR`, else 127.0.0.1:8500. */
  readonly address?: string | undefined
  readonly token?: string | undefined
  /** Undefined: `CONSUL_HTTP_SSL`, where the address has no scheme. */
  readonly tls?: boolean | undefined
  readonly datacenter?: string | undefined
  readonly namespace?: string | undefined
  readonly partition?: string | undefined
}

/**
 * How to reach an agent: what is written first, then the variables of Consul's own tools. An empty variable counts as
 * unset. As with those tools a token file wins over `CONSUL_HTTP_TOKEN`.
 * @returns the settings, or a sentence that says what is wrong
 */
export function agentSettings(written: WrittenAgent, env: Environment, files: AgentFiles): AgentSettings | string {
  const variable = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  const usesTls = written.tls ?? readBoolean('CONSUL_HTTP_SSL', variable, false)
  if (typeof usesTls === 'string') return usesTls
  const isVerified = readBoolean('CONSUL_HTTP_SSL_VERIFY', variable, true)
  if (typeof isVerified === 'string') return isVerified

  const fromEnvironment = variable('CONSUL_HTTP_ADDR') ?? '127.0.0.1:8500'
  const address = parseAgentAddress(written.address ?? fromEnvironment, usesTls)
  if (typeof address === 'string') return written.address === undefined ? `CONSUL_HTTP_ADDR: ${address}` : address
  if (written.tls === true && address.scheme !== 'https')
    return 'the address says http:// or unix://, but TLS is asked for'

  const token = readToken(written.token, variable, files)
  if (typeof token === 'string') return token
  const tls = address.scheme === 'https' ? readTls(variable, isVerified, files) : NO_TLS
  if (typeof tls === 'string') return tls
  return {
    address,
    token,
    basicAuth: variable('CONSUL_HTTP_AUTH'),
    datacenter: written.datacenter,
    namespace: written.namespace ?? variable('CONSUL_NAMESPACE'),
    partition: written.partition ?? variable('CONSUL_PARTITION'),
    tls,
  }
}

const NO_TLS: AgentTls = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, isVerified: true }

type Variable = (name: string) => string | undefined

/** The booleans that Go's strconv.ParseBool knows, as Consul's tools take them. */
function readBoolean(name: string, variable: Variable, byDefault: boolean): boolean | string {
  const text = variable(name)
  if (text === undefined) return byDefault
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false
  return `${name}: "${text}" is not a boolean: write true or false`
}

function readToken(
  written: string | undefined,
  variable: Variable,
  files: AgentFiles,
): (() => string | undefined) | string {
  if (written !== undefined && written !== '') return checked(written, 'the token') ?? (() => written)
  const file = variable('CONSUL_HTTP_TOKEN_FILE')
  const fixed = variable('CONSUL_HTTP_TOKEN')
  if (file === undefined)
    return fixed === undefined ? () => undefined : (checked(fixed, 'CONSUL_HTTP_TOKEN') ?? (() => fixed))
  const read = (): string => files.read(file).toString('utf8').trim()
  let last: string
  try {
    last = read()
  } catch (error) {
    return `CONSUL_HTTP_TOKEN_FILE: cannot read ${file} (${codeOf(error)})`
  }
  const problem = checked(last, 'CONSUL_HTTP_TOKEN_FILE')
  if (problem !== undefined) return problem
  return () => {
    try {
      const now = read()
      if (isToken(now)) last = now
    } catch {
      // Being replaced just now: the one we know may still be good, and the agent tells if it is not.
    }
    return last === '' ? fixed : last
  }
}

/** What is wrong with a token as a header value. */
function checked(token: string, name: string): string | undefined {
  return isToken(token) ? undefined : `${name} cannot be sent in a header: use printable ASCII without blanks`
}

function isToken(token: string): boolean {
  return /^[\x21-\x7e]*$/.test(token)
}

function readTls(variable: Variable, isVerified: boolean, files: AgentFiles): AgentTls | string {
  const problems: string[] = []
  const read = (name: string): Buffer | undefined => {
    const path = variable(name)
    if (path === undefined) return undefined
    try {
      return files.read(path)
    } catch (error) {
      problems.push(`${name}: cannot read ${path} (${codeOf(error)})`)
      return undefined
    }
  }
  const ca: Buffer[] = []
  const caFile = read('CONSUL_CACERT')
  if (caFile !== undefined) ca.push(caFile)
  const folder = variable('CONSUL_CAPATH')
  if (folder !== undefined && caFile === undefined) {
    try {
      for (const name of files.list(folder)) ca.push(files.read(join(folder, name)))
    } catch (error) {
      problems.push(`CONSUL_CAPATH: cannot read ${folder} (${codeOf(error)})`)
    }
  }
  const cert = read('CONSUL_CLIENT_CERT')
  const key = read('CONSUL_CLIENT_KEY')
  if ((cert === undefined) !== (key === undefined)) {
    problems.push('CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY belong together: set both or neither')
  }
  if (problems.length > 0) return problems.join('; ')
  const tls: AgentTls = {
    ca: ca.length > 0 ? ca : undefined,
    cert,
    key,
    serverName: variable('CONSUL_TLS_SERVER_NAME'),
    isVerified,
  }
  try {
    createSecureContext({ ca: tls.ca === undefined ? undefined : [...tls.ca], cert, key })
  } catch (error) {
    return `the certificates for the agent (CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY) are not usable: ${
      error instanceof Error ? error.message : String(error)
    }`
  }
  return tls
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? String(error)
}
