import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type GatewayConfig, type LoadOptions, loadConfigFile, normalizeConfig } from '../../src/config/index.js'
import { Problems, formatProblem } from '../../src/problems/index.js'

/** A self-signed certificate for localhost, its key, and a key of another one; made with openssl for these tests. */
export const CERT = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUNY4bZ6Ny+lM5EtDk5Wc2Fjb0fFEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTAwMTM1NVoYDzIxMjYxMTAx
MDAxMzU1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASN5b3A3mw3swSsqInhH7Ti+G9LsyiYKsHnTzmBTOO1U2+uGJCiJcVK
r0YEdh/klsTJZlRpyCvxTp+wCWqx94W3o2kwZzAdBgNVHQ4EFgQUuhplQjaopoOg
hadRxFOqCs3lL8UwHwYDVR0jBBgwFoAUuhplQjaopoOghadRxFOqCs3lL8UwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAJp/97IrDSpfc1gsifppPFLVLbcBDtPI8w4x+EgceZefAiAAgf1qnHb7
Q62+nXxW1YAHkYzDV3FB5MTcWQzFm06LdA==
-----END CERTIFICATE-----
`
export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFl25m2FXmkAHMp+4
q2DYFtC6oFQwF+pbjCq+u623P0ihRANCAASN5b3A3mw3swSsqInhH7Ti+G9LsyiY
KsHnTzmBTOO1U2+uGJCiJcVKr0YEdh/klsTJZlRpyCvxTp+wCWqx94W3
-----END PRIVATE KEY-----
`
export const OTHER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbE5SylnmVv46NsRM
5JfE6I1XWAtz5NFMLYkd7XuW7yihRANCAARguucIj3EuabwdhZed/53oVvqcHCsO
88p6ZWUnf3ACFVhaQBaETtLG7z55VQEvXIhkF3BukeiIn1hTTz+cKbNo
-----END PRIVATE KEY-----
`

export interface Loaded {
  readonly config: GatewayConfig | undefined
  /** Error lines, with the folder's name left out. */
  readonly errors: readonly string[]
}

/** A folder of configuration files, in the system's temporary folder, with certificates and protos to name. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'protobridge-config-'))

  constructor() {
    this.write('cert.pem', CERT)
    this.write('key.pem', KEY)
    this.write('other-key.pem', OTHER_KEY)
    this.write('image.binpb', '')
    this.write('keys.yaml', 'keys: []')
    this.write('users.yaml', 'users: []')
    this.write('protos/library/v1/library.proto', 'syntax = "proto3";')
  }

  write(name: string, text: string | Uint8Array): string {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  forbid(name: string): void {
    chmodSync(join(this.path, name), 0)
  }

  load(text: string | Uint8Array, name = 'gw.yaml', options: Partial<LoadOptions> = {}): Loaded {
    return this.loadFile(this.write(name, text), options)
  }

  loadFile(path: string, options: Partial<LoadOptions> = {}): Loaded {
    const problems = new Problems()
    const config = loadConfigFile(path, { env: {}, ...options }, problems)
    return { config, errors: this.#lines(problems) }
  }

  normalize(value: unknown, options: Partial<LoadOptions> = {}): Loaded {
    const problems = new Problems()
    const config = normalizeConfig(value, { env: {}, baseDir: this.path, ...options }, problems)
    return { config, errors: this.#lines(problems) }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  #lines(problems: Problems): string[] {
    return problems.errors.map((problem) => formatProblem(problem).replaceAll(`${this.path}/`, ''))
  }
}

/** The smallest configuration, to which a test adds its lines. */
export const MINIMAL = `schema: [{ descriptors: image.binpb }]
upstreams: { library: { target: "dns:///library:50051" } }
`
