import * as framesModule from './frames.js'
import { ConnectionError, ErrorCode, Setting } from './frames.js'
import { TABLE_BYTES } from './hpack/decoder.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { DEFAULT_WINDOW, MAX_FRAME_BYTES, MAX_WINDOW } = framesModule

const MAX_FRAME_LIMIT = 2 ** 24 - 1
const SETTING_BYTES = 6

/** What the peer's SETTINGS say, as far as it concerns a client that keeps frames small and tables empty. */
export class PeerSettings {
  maxConcurrentStreams = Infinity
  initialWindow = DEFAULT_WINDOW
  /** What it takes of a call's header fields, name, value and 32 each. */
  maxHeaderListBytes = Infinity
  /** The peer has made its header table smaller than the default: RFC 7541 §4.2 wants an answer in the next block. */
  hasShrunkTable = false

  /**
   * Takes a SETTINGS frame's payload; unknown settings are ignored (RFC 9113 §6.5.2).
   * @throws ConnectionError
   */
  take(bytes: Buffer, from: number, to: number): void {
    if ((to - from) % SETTING_BYTES !== 0) {
      throw new ConnectionError(ErrorCode.FrameSizeError, 'SETTINGS of a length that is no multiple of 6')
    }
    for (let at = from; at < to; at += SETTING_BYTES) this.set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2))
  }

  private set(id: number, value: number): void {
    switch (id) {
      case Setting.HeaderTableSize:
        if (value < TABLE_BYTES) this.hasShrunkTable = true
        break
      case Setting.EnablePush:
        if (value !== 0) throw new ConnectionError(ErrorCode.ProtocolError, 'SETTINGS_ENABLE_PUSH from a server')
        break
      case Setting.MaxConcurrentStreams:
        this.maxConcurrentStreams = value
        break
      case Setting.InitialWindowSize:
        if (value > MAX_WINDOW) throw new ConnectionError(ErrorCode.FlowControlError, 'an initial window too large')
        this.initialWindow = value
        break
      case Setting.MaxHeaderListSize:
        this.maxHeaderListBytes = value
        break
      case Setting.MaxFrameSize:
        if (value < MAX_FRAME_BYTES || value > MAX_FRAME_LIMIT) {
          throw new ConnectionError(ErrorCode.ProtocolError, 'SETTINGS_MAX_FRAME_SIZE out of its range')
        }
        break
    }
  }
}
