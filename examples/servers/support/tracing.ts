import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Span, TextMapGetter } from '@opentelemetry/api'
import { status } from '@grpc/grpc-js'
import type { Metadata, UntypedHandleCall, UntypedServiceImplementation } from '@grpc/grpc-js'

/** Ends tracing: what has not been sent goes out. */
export type StopTracing = () => Promise<void>

/** Traces this process with OpenTelemetry's SDK, as its variables say; does nothing where none of them says where to. */
export async function startTracing(name: string): Promise<StopTracing> {
  const isAsked = Object.keys(process.env).some((variable) => variable.startsWith('OTEL_EXPORTER_OTLP_'))
  if (!isAsked) return () => Promise.resolve()
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  // Traces alone: without these the SDK would send metrics and logs to the same place.
  process.env['OTEL_METRICS_EXPORTER'] ??= 'none'
  process.env['OTEL_LOGS_EXPORTER'] ??= 'none'
  const sdk = new NodeSDK({ serviceName: process.env['OTEL_SERVICE_NAME'] ?? name, autoDetectResources: false })
  sdk.start()
  return () => sdk.shutdown()
}

const getter: TextMapGetter<Metadata> = {
  keys: (metadata) => Object.keys(metadata.getMap()),
  get: (metadata, key) => metadata.get(key).map(String),
}

/** A handler of grpc-js as they all are: streams have no callback. */
type Handler = (
  call: { readonly metadata: Metadata; on(event: string, listener: (value: unknown) => void): unknown },
  callback?: (error: { readonly code?: number } | null, ...rest: unknown[]) => void,
) => void

/** The methods of a service, each call of which is a span of its own, in the trace that the caller sends. */
export function traced(service: string, methods: UntypedServiceImplementation): UntypedServiceImplementation {
  const entries = Object.entries(methods).map(([name, handler]) => [
    name,
    tracedMethod(`${service}/${name}`, handler as unknown as Handler),
  ])
  return Object.fromEntries(entries) as Record<string, UntypedHandleCall>
}

function tracedMethod(method: string, handler: Handler): Handler {
  const tracer = trace.getTracer('protobridge-examples')
  return (call, callback) => {
    const caller = propagation.extract(ROOT_CONTEXT, call.metadata, getter)
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method }
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, caller)
    call.on('cancelled', () => end(span, status.CANCELLED))
    context.with(trace.setSpan(caller, span), () => {
      if (callback === undefined) {
        call.on('error', (error) => end(span, (error as { code?: number }).code ?? status.UNKNOWN))
        call.on('finish', () => end(span, status.OK))
        handler(call)
      } else {
        handler(call, (error, ...rest) => {
          end(span, error === null ? status.OK : (error.code ?? status.UNKNOWN))
          callback(error, ...rest)
        })
      }
    })
  }
}

function end(span: Span, code: number): void {
  if (!span.isRecording()) return
  const name = status[code] ?? 'UNKNOWN'
  span.setAttribute('rpc.response.status_code', name)
  if (code !== status.OK) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', name)
  span.end()
}
