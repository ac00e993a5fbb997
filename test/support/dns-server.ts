import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import dnsPacket, { type Answer, type DecodedPacket, type Packet } from 'dns-packet'

/** Records of one name, by type. */
export interface Records {
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  /** `priority weight port target` */
  readonly SRV?: readonly string[]
}

/** RFC 1035 §4.2.1: what UDP carries where the client says nothing of its own (EDNS, RFC 6891). */
const MAX_UDP_BYTES = 512
const RCODE = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const

/** A name server on 127.0.0.1 over UDP and TCP, whose answers change when told. */
export class DnsServer {
  port = 0
  /** Failure that every question is answered with. */
  failure: keyof typeof RCODE | undefined
  /** Takes questions, and answers none. */
  isMute = false
  /** `udp A name`, in order. */
  readonly asked: string[] = []
  private readonly zone = new Map<string, { readonly records: Records; readonly ttl: number }>()
  private udp: UdpSocket | undefined
  private tcp: Server | undefined
  private readonly connections = new Set<Socket>()

  static async start(): Promise<DnsServer> {
    const server = new DnsServer()
    await server.run()
    return server
  }

  /** `127.0.0.1:PORT` */
  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Replaces what is known of a name, without a final dot. @param ttl seconds */
  set(name: string, ttl: number, records: Records): void {
    this.zone.set(name.toLowerCase(), { records, ttl })
  }

  /** The name is gone. */
  remove(name: string): void {
    this.zone.delete(name.toLowerCase())
  }

  /** How often a question came: `A name`. */
  count(question: string): number {
    return this.asked.filter((asked) => asked.endsWith(` ${question}`)).length
  }

  /** Listens (again), on the port it had. */
  async run(): Promise<void> {
    for (;;) {
      const tcp = createServer((socket) => this.serveTcp(socket)).listen(this.port, '127.0.0.1')
      await once(tcp, 'listening')
      const { port } = tcp.address() as AddressInfo
      const udp = createSocket('udp4')
      const isBound = await new Promise<boolean>((resolve) => {
        udp.once('error', () => resolve(false))
        udp.bind(port, '127.0.0.1', () => resolve(true))
      })
      if (isBound) {
        udp.on('message', (query, from) => {
          const response = this.respond('udp', query)
          if (response !== undefined) udp.send(response, from.port, from.address)
        })
        Object.assign(this, { tcp, udp, port })
        return
      }
      // Another process has that port for UDP.
      udp.close()
      tcp.close()
      if (this.port !== 0) throw new Error(`port ${this.port} is taken`)
    }
  }

  /** Dead: questions meet a closed port. */
  stop(): void {
    this.udp?.close()
    this.tcp?.close()
    for (const socket of this.connections) socket.destroy()
    this.udp = this.tcp = undefined
  }

  private serveTcp(socket: Socket): void {
    this.connections.add(socket)
    socket.on('close', () => this.connections.delete(socket)).on('error', () => undefined)
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const response = this.respond('tcp', received.subarray(2, end))
        received = received.subarray(end)
        if (response === undefined) continue
        const length = Buffer.alloc(2)
        length.writeUInt16BE(response.length)
        socket.write(Buffer.concat([length, response]))
      }
    })
  }

  private respond(over: 'udp' | 'tcp', bytes: Buffer): Buffer | undefined {
    const query = dnsPacket.decode(bytes)
    const question = query.questions?.[0]
    if (question === undefined) return undefined
    this.asked.push(`${over} ${question.type} ${question.name}`)
    if (this.isMute) return undefined
    const entry = this.zone.get(question.name.toLowerCase())
    let rcode = 0
    if (this.failure !== undefined) rcode = RCODE[this.failure]
    else if (entry === undefined) rcode = RCODE.NXDOMAIN
    const response: Packet = {
      type: 'response',
      id: query.id,
      flags: dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | rcode,
      questions: [question],
      answers: rcode === 0 && entry !== undefined ? answersTo(question.name, question.type, entry) : [],
    }
    const encoded = dnsPacket.encode(response)
    if (over === 'tcp' || encoded.length <= udpBytesOf(query)) return encoded
    return dnsPacket.encode({ ...response, flags: response.flags! | dnsPacket.TRUNCATED_RESPONSE, answers: [] })
  }
}

function answersTo(name: string, type: string, { records, ttl }: { records: Records; ttl: number }): Answer[] {
  switch (type) {
    case 'A':
    case 'AAAA':
      return (records[type] ?? []).map((data) => ({ name, type, ttl, data }))
    case 'SRV':
      return (records.SRV ?? []).map((line) => {
        const [priority, weight, port, target] = line.split(' ')
        const data = { priority: Number(priority), weight: Number(weight), port: Number(port), target: target! }
        return { name, type, ttl, data }
      })
    default:
      return []
  }
}

function udpBytesOf(query: DecodedPacket): number {
  const options = query.additionals?.find(({ type }) => type === 'OPT')
  return options?.type === 'OPT' ? Math.max(options.udpPayloadSize, MAX_UDP_BYTES) : MAX_UDP_BYTES
}
