import type { Socket } from 'node:net'
import type { CallStatus } from '../../types.js'
import { Code } from '../../../status/index.js'
import { headersTooLargeStatus, localStatus } from '../../protocol/call-status.js'
import { brokenProtocolStatus, lostConnectionStatus, refusedStatus } from '../../protocol/reset-status.js'
import type { Http2Call } from './call.js'
import { BlockAssembly, type EncodedBlock } from './block-assembly.js'
import { FloodGuard } from './flood-guard.js'
import { FrameReader, type FrameSink } from './frame-reader.js'
import * as framesModule from './frames.js'
import { ConnectionError, ErrorCode, Flag, FrameType, MAX_STREAM_ID, Setting } from './frames.js'
import { HpackDecoder } from './hpack/decoder.js'
import { Liveness, type Living } from './liveness.js'
import { PeerSettings } from './peer-settings.js'
import type { RequestBlocks } from './request-block.js'
import { SessionOutput } from './session-output.js'
import { StreamTable } from './stream-table.js'

// Own: V8 folds constants of a module itself, and loads those of another at each use.
const { Ack, EndStream } = Flag
const { Continuation, Goaway, Headers, Ping, Priority, PushPromise, RstStream, Settings, WindowUpdate } = FrameType
const { DEFAULT_WINDOW, MAX_WINDOW } = framesModule

/** What a session tells the connection it belongs to. */
export interface SessionOwner {
  /** The server's SETTINGS have come: calls may go. */
  onReady(session: Http2Session): void
  /** It takes no new calls, or is over; calls under way may go on. */
  onRetired(session: Http2Session): void
  /** It takes calls again, after it was full. */
  onRoom(): void
  /** It is over. @param reason for a person */
  onClosed(session: Http2Session, reason: string): void
  /** The server counts our PINGs as abuse (gRPC proposal A8). */
  onTooManyPings(): void
}

export interface SessionOptions {
  readonly blocks: RequestBlocks
  readonly keepalive: { readonly timeMs: number; readonly timeoutMs: number } | undefined
}

/** What a response may hold of header fields: name, value and 32 each. */
const MAX_HEADER_LIST_BYTES = 16 * 1024
/** What a stream may send before its reader has taken any of it: what a paused call holds at most. */
const STREAM_WINDOW = 128 * 1024
/** Given back as it comes, so that a paused call does not hold up the others. */
const CONNECTION_WINDOW = 4 * 1024 * 1024
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** One HTTP/2 connection, as a client that only ever makes gRPC calls needs it (RFC 9113). */
export class Http2Session implements FrameSink, Living {
  framesRead = 0
  lastReadMs = Date.now()
  isReady = false
  /** No new calls: GOAWAY has come, ids are used up, or it is closing. */
  isRetired = false

  private readonly socket: Socket
  private readonly owner: SessionOwner
  private readonly blocks: RequestBlocks
  private readonly output: SessionOutput
  private readonly reader = new FrameReader(this)
  private readonly hpack = new HpackDecoder(MAX_HEADER_LIST_BYTES)
  private readonly assembly = new BlockAssembly()
  private readonly peer = new PeerSettings()
  private readonly guard = new FloodGuard(Date.now)
  private readonly liveness: Liveness
  private readonly streams = new StreamTable<Http2Call>()
  private nextId = 1
  private sendWindow = DEFAULT_WINDOW
  private receiveWindow = CONNECTION_WINDOW
  private hasEmptiedTable = false
  private dataCall: Http2Call | undefined
  /** What streams we have reset may yet send: DATA beyond it is on streams that have ended. */
  private lateBytes = 0
  /** Calls whose messages wait for the connection's window, or for the socket. */
  private readonly blocked = new Set<Http2Call>()
  /** Calls that keep the process alive: all but background ones. */
  private foreground = 0
  private isOver = false
  /** When the last call ended, ms. */
  idleSinceMs = Date.now()

  constructor(socket: Socket, owner: SessionOwner, { blocks, keepalive }: SessionOptions) {
    this.socket = socket
    this.owner = owner
    this.blocks = blocks
    this.liveness = new Liveness(this, keepalive)
    this.output = new SessionOutput(socket, () => this.onDrain())
    const { writer } = this.output
    writer.bytes(PREFACE)
    writer.settings([
      Setting.EnablePush,
      0,
      Setting.InitialWindowSize,
      STREAM_WINDOW,
      Setting.MaxHeaderListSize,
      MAX_HEADER_LIST_BYTES,
    ])
    writer.windowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW)
    this.output.flush()
  }

  get openStreams(): number {
    return this.streams.size
  }

  /** As many calls as the server allows are open. */
  get isFull(): boolean {
    return this.streams.size >= this.peer.maxConcurrentStreams
  }

  get hasRoom(): boolean {
    return this.isReady && !this.isRetired && !this.isFull && !this.output.isCongested
  }

  /** Opens a call's stream and sends what it has. Only where {@link hasRoom}. @param now as Date.now() */
  open(call: Http2Call, now: number): void {
    const { maxHeaderListBytes } = this.peer
    if (maxHeaderListBytes !== Infinity && this.blocks.exceeds(maxHeaderListBytes, call.options)) {
      return call.refuse(headersTooLargeStatus(maxHeaderListBytes))
    }
    const { path, metadata, deadlineMs } = call.options
    const mustEmptyTable = this.peer.hasShrunkTable && !this.hasEmptiedTable
    const block = this.blocks.write(path, Math.max(1, deadlineMs - now), metadata, mustEmptyTable)
    if (typeof block === 'string') return call.refuse(localStatus(Code.Internal, block, true))
    if (mustEmptyTable) this.hasEmptiedTable = true
    const id = this.nextId
    this.nextId += 2
    call.attach(this, id, this.peer.initialWindow, STREAM_WINDOW)
    this.streams.add(call)
    if (call.options.isBackground !== true && this.foreground++ === 0) this.socket.ref()
    this.guard.earn(8)
    this.liveness.beforeStream(now)
    this.output.writer.headers(id, block.buffer, block.length)
    this.output.lastIdWritten = id
    this.pump(call)
    this.output.schedule()
    if (this.nextId > MAX_STREAM_ID) this.retire()
  }

  /** Sends as much of a call's messages as the windows and the socket take; the rest waits its turn. */
  pump(call: Http2Call): void {
    while (call.hasToSend) {
      if (this.output.isCongested || (call.queuedBytes > 0 && this.sendWindow <= 0)) {
        this.blocked.add(call)
        return
      }
      const sent = call.sendData(this.output.writer, this.sendWindow)
      if (sent === -1) return
      this.sendWindow -= sent
      this.guard.earn(4)
      this.output.schedule()
    }
  }

  /** A call is over from our side: the server is told, unless it has ended the stream itself. */
  reset(call: Http2Call, code: ErrorCode): void {
    if (!this.remove(call)) return
    this.lateBytes += Math.max(0, call.receiveWindow)
    this.output.writer.rstStream(call.id, code)
    this.output.schedule()
    this.afterRemoval()
  }

  /** The server has ended a stream. @param hasSentEnd that we have */
  release(call: Http2Call, hasSentEnd: boolean): void {
    if (!this.remove(call)) return
    if (!hasSentEnd) {
      // PROTOCOL-HTTP2.md, "Responses": a status before our END_STREAM is answered so.
      this.output.writer.rstStream(call.id, ErrorCode.NoError)
      this.output.schedule()
    }
    this.afterRemoval()
  }

  /** Gives a call's bytes back to its window, half a window at a time. */
  giveBack(call: Http2Call): void {
    if (call.takenBytes < STREAM_WINDOW / 2) return
    this.output.writer.windowUpdate(call.id, call.takenBytes)
    call.receiveWindow += call.takenBytes
    call.takenBytes = 0
    this.output.schedule()
  }

  /** A call has expired on it. */
  onExpired(call: Http2Call): void {
    this.liveness.onExpired(call.framesAtStart)
  }

  /** Bytes from the socket, lent. */
  read(bytes: Buffer, length: number): void {
    if (this.isOver) return
    this.lastReadMs = Date.now()
    try {
      this.reader.push(bytes, 0, length)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      this.break(error)
    }
  }

  /** Takes no new calls, and ends when those under way have. */
  endGently(): void {
    this.retire()
    if (this.streams.size === 0) this.close(ErrorCode.NoError, 'closed', lostConnectionStatus(true))
  }

  /** Ends it and all calls on it. @param status of the calls; those of which nothing has left are unprocessed */
  close(code: ErrorCode, reason: string, status: CallStatus): void {
    if (this.isOver) return
    this.output.end(code)
    this.finish(reason, status)
  }

  /** The socket is gone. */
  lose(reason: string): void {
    this.finish(reason, lostConnectionStatus(true))
  }

  sendPing(): void {
    this.output.writer.ping(undefined, 0)
    this.output.schedule()
  }

  sendProbe(): void {
    this.output.writer.settings([])
    this.output.schedule()
  }

  onDead(reason: string): void {
    this.output.destroy()
    this.lose(reason)
  }

  onDataStart(streamId: number, length: number, flags: number): void {
    this.expectNoBlock()
    this.framesRead += 1
    if (length > this.receiveWindow) throw new ConnectionError(ErrorCode.FlowControlError, 'DATA over the window')
    this.giveBackConnection(length)
    const call = this.find(streamId)
    this.dataCall = call
    if (call === undefined) {
      this.lateBytes -= length
      if (this.lateBytes < 0) throw new ConnectionError(ErrorCode.StreamClosed, 'DATA on a stream that has ended')
    } else {
      call.receiveWindow -= length
      if (call.receiveWindow < 0) throw new ConnectionError(ErrorCode.FlowControlError, 'DATA over its window')
      call.takenBytes += length
    }
    if (call === undefined || (length === 0 && (flags & EndStream) === 0)) this.guard.spend()
  }

  onDataBytes(bytes: Buffer, from: number, to: number): void {
    const call = this.dataCall
    if (call?.session === this) call.onData(bytes, from, to)
  }

  onDataEnd(flags: number): void {
    const call = this.dataCall
    this.dataCall = undefined
    if (call?.session !== this) return
    if ((flags & EndStream) !== 0) call.onEndOfData()
    else call.giveBack()
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, from: number, to: number): void {
    this.framesRead += 1
    if (!this.isReady && (type !== Settings || (flags & Ack) !== 0)) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'the server does not begin with SETTINGS')
    }
    if (type !== Continuation) this.expectNoBlock()
    switch (type) {
      case Headers: {
        this.find(streamId)
        const block = this.assembly.begin(flags, streamId, bytes, from, to)
        if (block !== undefined) this.onBlock(block)
        return
      }
      case Continuation: {
        const block = this.assembly.continue(flags, streamId, bytes, from, to)
        if (block !== undefined) this.onBlock(block)
        return
      }
      case RstStream:
        return this.onRstStream(streamId, bytes, from, to)
      case Settings:
        return this.onSettings(flags, streamId, bytes, from, to)
      case Ping:
        return this.onPing(flags, streamId, bytes, from, to)
      case Goaway:
        return this.onGoaway(streamId, bytes, from, to)
      case WindowUpdate:
        return this.onWindowUpdate(streamId, bytes, from, to)
      case PushPromise:
        throw new ConnectionError(ErrorCode.ProtocolError, 'PUSH_PROMISE, which we have switched off')
      case Priority:
        if (streamId === 0) throw new ConnectionError(ErrorCode.ProtocolError, 'PRIORITY on stream 0')
        this.expectLength(to - from, 5)
    }
    // PRIORITY, and types this version does not know, are ignored (RFC 9113 §4.1).
    this.guard.spend()
  }

  private onBlock(block: EncodedBlock): void {
    const decoded = this.hpack.decode(block.bytes, block.from, block.to)
    const call = this.streams.get(this.assembly.streamId)
    // Every block is decoded, wanted or not: the next one may refer to it.
    if (call?.onBlock(decoded, this.assembly.isEndOfStream) !== true) this.guard.spend()
  }

  private onRstStream(streamId: number, bytes: Buffer, from: number, to: number): void {
    this.expectLength(to - from, 4)
    const call = this.find(streamId)
    if (call === undefined) return this.guard.spend()
    this.remove(call)
    call.onReset(bytes.readUInt32BE(from))
    this.afterRemoval()
  }

  private onSettings(flags: number, streamId: number, bytes: Buffer, from: number, to: number): void {
    if (streamId !== 0) throw new ConnectionError(ErrorCode.ProtocolError, 'SETTINGS on a stream')
    if ((flags & Ack) !== 0) return this.expectLength(to - from, 0)
    this.guard.spend()
    const { peer } = this
    const windowBefore = peer.initialWindow
    peer.take(bytes, from, to)
    this.output.writer.settingsAck()
    this.output.schedule()
    if (!this.isReady) {
      this.isReady = true
      this.liveness.start()
      this.owner.onReady(this)
      // Without calls a connection is no reason to keep the process alive; until here one may have waited for it.
      if (this.foreground === 0) this.socket.unref()
      return
    }
    const change = peer.initialWindow - windowBefore
    if (change !== 0) {
      // RFC 9113 §6.9.2: it applies to open streams, and may leave a window below zero.
      for (const call of this.streams.values()) {
        call.sendWindow += change
        if (call.sendWindow > MAX_WINDOW) throw new ConnectionError(ErrorCode.FlowControlError, 'a window too large')
        this.pump(call)
      }
    }
    if (this.hasRoom) this.owner.onRoom()
  }

  private onPing(flags: number, streamId: number, bytes: Buffer, from: number, to: number): void {
    this.expectLength(to - from, 8)
    if (streamId !== 0) throw new ConnectionError(ErrorCode.ProtocolError, 'PING on a stream')
    this.guard.spend()
    if ((flags & Ack) !== 0) return
    this.output.writer.ping(bytes, from)
    this.output.schedule()
  }

  private onGoaway(streamId: number, bytes: Buffer, from: number, to: number): void {
    if (streamId !== 0) throw new ConnectionError(ErrorCode.ProtocolError, 'GOAWAY on a stream')
    if (to - from < 8) throw new ConnectionError(ErrorCode.FrameSizeError, 'GOAWAY shorter than 8 octets')
    this.guard.spend()
    const lastId = bytes.readUInt32BE(from) & MAX_STREAM_ID
    const code = bytes.readUInt32BE(from + 4)
    const text = bytes.toString('latin1', from + 8, Math.min(to, from + 264))
    if (code === ErrorCode.EnhanceYourCalm && text === 'too_many_pings') this.owner.onTooManyPings()
    this.retire()
    for (const call of this.streams.values()) {
      if (call.id <= lastId) continue
      this.remove(call)
      call.onConnectionEnd(refusedStatus())
    }
    // After an error the server will not go on with what it has begun.
    if (code !== ErrorCode.NoError)
      this.close(ErrorCode.NoError, `GOAWAY with error ${code}`, lostConnectionStatus(true))
    else this.afterRemoval()
  }

  private onWindowUpdate(streamId: number, bytes: Buffer, from: number, to: number): void {
    this.expectLength(to - from, 4)
    const increment = bytes.readUInt32BE(from) & MAX_WINDOW
    if (increment === 0) throw new ConnectionError(ErrorCode.ProtocolError, 'WINDOW_UPDATE by 0')
    this.guard.spend()
    if (streamId === 0) {
      this.sendWindow += increment
      if (this.sendWindow > MAX_WINDOW) throw new ConnectionError(ErrorCode.FlowControlError, 'a window too large')
      return this.pumpBlocked()
    }
    const call = this.find(streamId)
    if (call === undefined) return
    call.sendWindow += increment
    if (call.sendWindow > MAX_WINDOW) throw new ConnectionError(ErrorCode.FlowControlError, 'a window too large')
    this.pump(call)
  }

  /** The call of a stream; undefined: it has ended. @throws ConnectionError where there never was one */
  private find(streamId: number): Http2Call | undefined {
    const call = this.streams.get(streamId)
    if (call === undefined && (streamId >= this.nextId || (streamId & 1) === 0)) {
      throw new ConnectionError(ErrorCode.ProtocolError, 'a frame on a stream that was never opened')
    }
    return call
  }

  private giveBackConnection(length: number): void {
    this.receiveWindow -= length
    if (this.receiveWindow > CONNECTION_WINDOW / 2) return
    this.output.writer.windowUpdate(0, CONNECTION_WINDOW - this.receiveWindow)
    this.receiveWindow = CONNECTION_WINDOW
    this.output.schedule()
  }

  private expectNoBlock(): void {
    if (this.assembly.isOpen) throw new ConnectionError(ErrorCode.ProtocolError, 'a frame within a header block')
  }

  private expectLength(length: number, expected: number): void {
    if (length !== expected) throw new ConnectionError(ErrorCode.FrameSizeError, `a frame of ${length} octets`)
  }

  private remove(call: Http2Call): boolean {
    if (!this.streams.delete(call.id)) return false
    call.session = undefined
    if (this.blocked.size > 0) this.blocked.delete(call)
    if (call.options.isBackground !== true && --this.foreground === 0) this.socket.unref()
    return true
  }

  private afterRemoval(): void {
    if (this.streams.size === 0) {
      this.idleSinceMs = Date.now()
      if (this.isRetired && !this.isOver) return this.endGently()
    }
    if (this.hasRoom) this.owner.onRoom()
  }

  private onDrain(): void {
    if (this.isOver) return
    this.pumpBlocked()
    if (this.hasRoom) this.owner.onRoom()
  }

  /** In turn, so that no call has the window to itself. */
  private pumpBlocked(): void {
    for (const call of [...this.blocked]) {
      this.blocked.delete(call)
      if (call.session === this) this.pump(call)
    }
  }

  private retire(): void {
    if (this.isRetired) return
    this.isRetired = true
    this.owner.onRetired(this)
  }

  private break(error: ConnectionError): void {
    const reason = this.isReady ? error.message : `the server does not speak HTTP/2 (${error.message})`
    this.close(error.code, reason, brokenProtocolStatus())
  }

  private finish(reason: string, status: CallStatus): void {
    if (this.isOver) return
    this.isOver = true
    this.isReady = false
    this.reader.stop()
    this.liveness.stop()
    this.output.stop()
    this.retire()
    const calls = this.streams.values()
    this.streams.clear()
    this.blocked.clear()
    for (const call of calls) {
      call.session = undefined
      call.onConnectionEnd(call.id > this.output.lastIdSent ? lostConnectionStatus(false) : status)
    }
    this.owner.onClosed(this, reason)
  }
}
