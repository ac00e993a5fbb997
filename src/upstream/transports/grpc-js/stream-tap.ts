import type { ClientHttp2Stream } from 'node:http2'
import { experimental } from '@grpc/grpc-js'
import { RequestMetadata } from './request-metadata.js'

/**
 * A load-balancing policy for grpc-js that is pick_first, and hands each call the HTTP/2 stream it was given.
 *
 * Why: grpc-js does not tell a status the server sent from one it made itself, maps HTML on a 200 to RESOURCE_EXHAUSTED,
 * loses messages that are followed by an error, and decodes metadata lossily. With the stream in hand the transport
 * reads headers, messages and trailers itself, and grpc-js is left with what it is good at: names, connecting, TLS,
 * backoff, keepalive. Everything used is grpc-js's own extension interface but for one field, `http2Stream` of the call
 * a subchannel makes; without it opening a call fails with a plain error, and the contract tests with it.
 */
export const TAPPED_PICK_FIRST = 'protobridge_tapped_pick_first'

/** The channel option by which a connection asks to be told why connecting fails. */
export const FAILURE_LISTENER = 'protobridge.failure_listener'
export type FailureListener = (message: string) => void

type RealSubchannel = ReturnType<experimental.SubchannelInterface['getRealSubchannel']>

/** What a picked subchannel is exchanged for: `createCall` is all the channel asks of a real one. */
class TappedSubchannel extends experimental.BaseSubchannelWrapper {
  private readonly tapped: Pick<RealSubchannel, 'createCall'>

  constructor(child: experimental.SubchannelInterface) {
    super(child)
    const real = child.getRealSubchannel()
    this.tapped = {
      createCall: (metadata, host, method, listener, callId) => {
        const call = real.createCall(metadata, host, method, listener, callId)
        if (metadata instanceof RequestMetadata) {
          const { http2Stream } = call as unknown as { http2Stream?: ClientHttp2Stream }
          if (http2Stream === undefined) throw new Error('this version of @grpc/grpc-js keeps its streams elsewhere')
          metadata.owner.takeStream(http2Stream)
        }
        return call
      },
    }
  }

  override getRealSubchannel(): RealSubchannel {
    return this.tapped as RealSubchannel
  }
}

class TappedPicker implements experimental.Picker {
  private subchannel: experimental.SubchannelInterface | undefined
  private tapped: TappedSubchannel | undefined
  private readonly child: experimental.Picker

  constructor(child: experimental.Picker) {
    this.child = child
  }

  pick(args: experimental.PickArgs): experimental.PickResult {
    const result = this.child.pick(args)
    if (result.subchannel === null) return result
    if (result.subchannel !== this.subchannel || this.tapped === undefined) {
      this.subchannel = result.subchannel
      this.tapped = new TappedSubchannel(result.subchannel)
    }
    return { ...result, subchannel: this.tapped }
  }
}

const PICK_FIRST = [{ pick_first: {} }]

class TappedPickFirst implements experimental.LoadBalancer {
  private readonly child: experimental.ChildLoadBalancerHandler
  private onFailure: FailureListener | undefined

  constructor(helper: experimental.ChannelControlHelper) {
    this.child = new experimental.ChildLoadBalancerHandler(
      experimental.createChildChannelControlHelper(helper, {
        updateState: (state, picker, errorMessage) => {
          if (errorMessage !== null) this.onFailure?.(errorMessage)
          helper.updateState(state, new TappedPicker(picker), errorMessage)
        },
      }),
    )
  }

  updateAddressList(
    endpoints: experimental.StatusOr<experimental.Endpoint[]>,
    _config: experimental.TypedLoadBalancingConfig,
    options: Parameters<experimental.LoadBalancer['updateAddressList']>[2],
    note: string,
  ): boolean {
    this.onFailure = options[FAILURE_LISTENER] as FailureListener | undefined
    if (!endpoints.ok) this.onFailure?.(endpoints.error.details)
    const config = experimental.selectLbConfigFromList(PICK_FIRST)
    return config !== null && this.child.updateAddressList(endpoints, config, options, note)
  }

  exitIdle(): void {
    this.child.exitIdle()
  }

  resetBackoff(): void {
    this.child.resetBackoff()
  }

  destroy(): void {
    this.child.destroy()
  }

  getTypeName(): string {
    return TAPPED_PICK_FIRST
  }
}

class TappedPickFirstConfig implements experimental.TypedLoadBalancingConfig {
  getLoadBalancerName(): string {
    return TAPPED_PICK_FIRST
  }

  toJsonObject(): object {
    return { [TAPPED_PICK_FIRST]: {} }
  }

  static createFromJson(): TappedPickFirstConfig {
    return new TappedPickFirstConfig()
  }
}

/** Makes the policy known to grpc-js, once. */
export function registerTappedPickFirst(): void {
  if (experimental.isLoadBalancerNameRegistered(TAPPED_PICK_FIRST)) return
  experimental.registerLoadBalancerType(TAPPED_PICK_FIRST, TappedPickFirst, TappedPickFirstConfig)
}
