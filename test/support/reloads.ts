import { create, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { X509Certificate } from 'node:crypto'
import { Agent, get } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { CertificateAuthority, type Certificate } from './certificates.js'
import { echoProject } from './echo-project.js'
import type { Project } from './project.js'

/** A project of which everything that can be reloaded changes at once: configuration, mapping file, descriptors, certificate. */
export class ChangingProject {
  readonly project: Project
  readonly ca: Buffer
  readonly #target: string
  readonly #more: string
  readonly #certificates: readonly Certificate[]

  private constructor(target: string, more: string, ca: Buffer, certificates: readonly Certificate[]) {
    this.#target = target
    this.#more = more
    this.ca = ca
    this.#certificates = certificates
    this.project = echoProject(target)
    this.change(1)
  }

  /** @param more further lines of the configuration */
  static async create(target: string, more: string): Promise<ChangingProject> {
    const authority = await CertificateAuthority.create()
    const certificates = [await authority.issueForLocalhost(), await authority.issueForLocalhost()]
    return new ChangingProject(target, more, authority.cert, certificates)
  }

  /** Writes all files as they are to be in this generation. */
  change(generation: number): void {
    const { cert, key } = this.#certificates[generation % 2]!
    this.project.write('c.pem', cert)
    this.project.write('k.pem', key)
    this.project.write(
      'maps/a.yaml',
      `type: google.api.Service\nhttp: { rules: [{ selector: echo.v1.EchoService.Echo, get: "/g${generation}/{text}",
        additional_bindings: [{ get: "/v1/echo/{text}" }] }] }\n`,
    )
    this.project.write('extra.binpb', descriptorsOf(generation))
    this.project.write(
      'gw.yaml',
      `listen:
  - { host: 127.0.0.1, port: 0 }
  - { host: 127.0.0.1, port: 0, tls: { cert: c.pem, key: k.pem } }
admin: { port: 0 }
schema: [{ protos: ["echo/*.proto"], roots: [protos] }, { descriptors: extra.binpb, autoMap: true }]
mappings: ["maps/*.yaml"]
upstreams: { echo: { target: "${this.#target}", services: ["echo.v1.*", "extra.v1.*"] } }
query: { ignore: [g${generation}] }
watch: false
${this.#more}
`,
    )
  }

  /** Throws unless what is served is of this generation, and none but this. */
  async check(urls: readonly string[], generation: number): Promise<void> {
    const statusOf = async (path: string): Promise<number> => (await fetch(`${urls[0]!}${path}`)).status
    const seen = await Promise.all([
      statusOf(`/g${generation}/a?g${generation}=1`),
      statusOf(`/g${generation - 1}/a`),
      statusOf(`/v1/echo/a?g${generation - 1}=1`),
      statusOf(`/extra.v1.Service${generation}/Call`),
      statusOf(`/extra.v1.Service${generation - 1}/Call`),
    ])
    // Automatic routes are POST.
    if (seen.join() !== '200,404,400,405,404') throw new Error(`generation ${generation}: ${seen.join()}`)
    const fingerprint = await fingerprintAt(Number(new URL(urls[1]!).port), this.ca)
    const { cert } = this.#certificates[generation % 2]!
    if (fingerprint !== new X509Certificate(cert).fingerprint256)
      throw new Error(`generation ${generation}: another certificate`)
  }
}

/** A descriptor set with one service, of another name each time. */
function descriptorsOf(generation: number): Buffer {
  const file: FileDescriptorProto = create(FileDescriptorProtoSchema, {
    name: 'extra/v1/extra.proto',
    package: 'extra.v1',
    syntax: 'proto3',
    messageType: [{ name: 'Empty' }],
    service: [
      {
        name: `Service${generation}`,
        method: [{ name: 'Call', inputType: '.extra.v1.Empty', outputType: '.extra.v1.Empty' }],
      },
    ],
  })
  return Buffer.from(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file] })))
}

function fingerprintAt(port: number, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.end()
    })
    socket.on('error', reject)
  })
}

/** HTTPS clients that keep their connections. */
export class TlsLoad {
  readonly failures: string[] = []
  answered = 0
  readonly #sockets = new Set<unknown>()
  readonly #agent: Agent
  readonly #clients: Promise<void>[]
  #isStopped = false

  constructor(url: string, ca: Buffer, clients: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients, ca, servername: 'localhost' })
    this.#clients = Array.from({ length: clients }, () => this.#run(url))
  }

  /** Connections there were. */
  get connections(): number {
    return this.#sockets.size
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients)
    this.#agent.destroy()
  }

  async #run(url: string): Promise<void> {
    while (!this.#isStopped) {
      await new Promise<void>((resolve) => {
        get(url, { agent: this.#agent }, (response) => {
          this.#sockets.add(response.socket)
          if (response.statusCode === 200) this.answered++
          else this.failures.push(`status ${response.statusCode ?? 0}`)
          response.resume().on('end', resolve)
        }).on('error', (error) => {
          this.failures.push(error.message)
          resolve()
        })
      })
    }
  }
}
