import { isIPv4, isIPv6 } from 'node:net'
import { Channel, connectivityState, type ChannelOptions } from '@grpc/grpc-js'
import { Code } from '../../../status/index.js'
import { UnaryCollector } from '../../protocol/unary-collector.js'
import { secureContextOf } from '../../tls-context.js'
import type {
  Call,
  CallOptions,
  Connection,
  ConnectionOptions,
  ConnectivityState,
  Endpoint,
  StreamCall,
  StreamHandler,
  UnaryResult,
} from '../../types.js'
import { authorityOf, hostOf } from '../authority.js'
import { Backoff } from '../backoff.js'
import { GrpcJsCall } from './call.js'
import { EndpointCredentials } from './credentials.js'
import { FAILURE_LISTENER, registerTappedPickFirst, TAPPED_PICK_FIRST } from './stream-tap.js'

const STATES: readonly ConnectivityState[] = ['IDLE', 'CONNECTING', 'READY', 'TRANSIENT_FAILURE', 'SHUTDOWN']

/** A connection to one endpoint: a grpc-js channel of its own. */
export class GrpcJsConnection implements Connection {
  state: ConnectivityState = 'IDLE'
  lastError: string | undefined

  private readonly listeners: ((state: ConnectivityState) => void)[] = []
  private readonly calls = new Set<GrpcJsCall>()
  private readonly credentials: EndpointCredentials
  private readonly backoff = new Backoff(Math.random)
  private channel: Channel
  private connectTimer: NodeJS.Timeout | undefined
  private backoffTimer: NodeJS.Timeout | undefined
  private isDraining = false
  private readonly onCallDone = (call: GrpcJsCall): void => this.endCall(call)
  readonly endpoint: Endpoint
  private readonly options: ConnectionOptions

  constructor(endpoint: Endpoint, options: ConnectionOptions) {
    this.endpoint = endpoint
    this.options = options
    registerTappedPickFirst()
    const { tls } = options
    const serverName = tls?.serverName ?? hostOf(options.authority ?? authorityOf(endpoint))
    this.credentials = new EndpointCredentials(
      tls === undefined ? undefined : () => ({ context: secureContextOf(tls), serverName }),
    )
    this.channel = this.openChannel()
  }

  unary(options: CallOptions, message: Uint8Array, onEnd: (result: UnaryResult) => void): Call {
    const collector = new UnaryCollector(onEnd)
    const call = new GrpcJsCall(options, collector, this.options.maxResponseBytes, this.onCallDone)
    collector.call = call
    call.send(message)
    call.halfClose()
    this.start(call)
    return call
  }

  stream(options: CallOptions, handler: StreamHandler): StreamCall {
    const call = new GrpcJsCall(options, handler, this.options.maxResponseBytes, this.onCallDone)
    this.start(call)
    return call
  }

  connect(): void {
    if (this.state === 'IDLE' && !this.isDraining) this.channel.getConnectivityState(true)
  }

  onStateChange(listener: (state: ConnectivityState) => void): void {
    this.listeners.push(listener)
  }

  drain(): void {
    this.isDraining = true
    if (this.calls.size === 0) this.shutDown()
  }

  close(): void {
    this.isDraining = true
    for (const call of [...this.calls]) {
      call.fail(Code.Unavailable, 'the connection to the upstream was closed', false)
    }
    this.shutDown()
  }

  private start(call: GrpcJsCall): void {
    this.calls.add(call)
    if (this.isDraining) {
      call.fail(Code.Unavailable, 'the connection to the upstream is closing', true)
    } else if (this.state === 'TRANSIENT_FAILURE') {
      // gRPC's wait-for-ready: off. While connecting, calls wait.
      call.fail(Code.Unavailable, 'no connection to the upstream', true)
    } else {
      call.start(this.channel)
    }
  }

  private endCall(call: GrpcJsCall): void {
    this.calls.delete(call)
    if (this.isDraining && this.calls.size === 0) this.shutDown()
  }

  private openChannel(): Channel {
    const { authority, idleTimeoutMs, keepalive, userAgent } = this.options
    const options: ChannelOptions = {
      'grpc.default_authority': authority ?? authorityOf(this.endpoint),
      'grpc.primary_user_agent': userAgent,
      'grpc.client_idle_timeout_ms': Math.min(idleTimeoutMs, MAX_TIMER_MS),
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [TAPPED_PICK_FIRST]: {} }] }),
      'grpc.service_config_disable_resolution': 1,
      'grpc.dns_min_time_between_resolutions_ms': 1000,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.enable_channelz': 0,
      // Endpoints are addresses of our own network: http_proxy and no_proxy of the environment do not speak of them.
      'grpc.enable_http_proxy': 0,
      'grpc.max_send_message_length': -1,
      'grpc.max_receive_message_length': -1,
      [FAILURE_LISTENER]: (message: string) => this.onFailure(message),
    }
    if (keepalive !== undefined) {
      options['grpc.keepalive_time_ms'] = keepalive.timeMs
      options['grpc.keepalive_timeout_ms'] = keepalive.timeoutMs
    }
    const channel = new Channel(targetOf(this.endpoint), this.credentials, options)
    this.watch(channel)
    return channel
  }

  /** Follows a channel's state; without a deadline this holds no timer. */
  private watch(channel: Channel): void {
    const current = channel.getConnectivityState(false)
    if (current === connectivityState.SHUTDOWN) return
    channel.watchConnectivityState(current, Infinity, () => {
      if (channel !== this.channel) return
      this.onChannelState(channel.getConnectivityState(false))
      this.watch(channel)
    })
  }

  private onChannelState(state: connectivityState): void {
    clearTimeout(this.connectTimer)
    if (state === connectivityState.CONNECTING) {
      this.connectTimer = setTimeout(() => this.onConnectTimeout(), this.options.connectTimeoutMs)
      this.connectTimer.unref()
    }
    if (state === connectivityState.READY) {
      this.lastError = undefined
      this.backoff.reset()
    }
    // After a failure the connection is down until it is up: attempts in between change nothing for callers.
    const isRetrying = state === connectivityState.CONNECTING || state === connectivityState.IDLE
    if (this.state === 'TRANSIENT_FAILURE' && isRetrying) return
    if (state === connectivityState.IDLE && this.state === 'READY') process.nextTick(() => this.releaseIdle())
    this.setState(STATES[state] ?? 'IDLE')
  }

  /** grpc-js keeps an idle channel's connection open for a while yet; a new channel lets go of it now. */
  private releaseIdle(): void {
    if (this.state !== 'IDLE' || this.calls.size > 0) return
    const idle = this.channel
    this.channel = this.openChannel()
    idle.close()
  }

  private onFailure(message: string): void {
    const cause = /Last error: ([^]*?)\. Resolution note/.exec(message)?.[1] ?? message
    this.lastError = cause.replace(/^Error: /, '').replace(/ \(\d{4}-[^)]*\)$/, '')
  }

  private onConnectTimeout(): void {
    const text = `no connection within ${this.options.connectTimeoutMs} ms`
    this.lastError = text
    if (this.credentials.abort()) return
    // Still in TCP's handshake, which grpc-js leaves to the system (minutes): give that channel up, try with another.
    const abandoned = this.channel
    this.channel = this.openChannel()
    this.setState('TRANSIENT_FAILURE')
    abandoned.close()
    this.backoffTimer = setTimeout(() => this.channel.getConnectivityState(true), this.backoff.next())
    this.backoffTimer.unref()
  }

  private shutDown(): void {
    if (this.state === 'SHUTDOWN') return
    clearTimeout(this.connectTimer)
    clearTimeout(this.backoffTimer)
    const { channel } = this
    this.setState('SHUTDOWN')
    if (channel.getConnectivityState(false) === connectivityState.CONNECTING) this.credentials.abort()
    channel.close()
  }

  private setState(state: ConnectivityState): void {
    if (this.state === state || this.state === 'SHUTDOWN') return
    this.state = state
    for (const listener of this.listeners) listener(state)
  }
}

/** setTimeout holds 31 bits of milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** The target grpc-js resolves: an address, so nothing to resolve but where the endpoint is a name. */
function targetOf(endpoint: Endpoint): string {
  if (endpoint.path !== undefined) return `unix:${endpoint.path}`
  if (isIPv4(endpoint.host)) return `ipv4:${endpoint.host}:${endpoint.port}`
  if (isIPv6(endpoint.host)) return `ipv6:[${endpoint.host}]:${endpoint.port}`
  return `dns:///${endpoint.host}:${endpoint.port}`
}
