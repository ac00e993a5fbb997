import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startExampleGateway } from '../support/gateway.js'
import { hasPrometheus, Prometheus, type Sample } from '../support/prometheus.js'
import { callRest } from '../support/rest.js'

/* A real Prometheus scrapes `/metrics`, and answers what people ask it for. */

const suite = hasPrometheus() ? describe : describe.skip

suite('what Prometheus knows', () => {
  let gateway: Awaited<ReturnType<typeof startExampleGateway>>
  let prometheus: Prometheus
  let isLoaded = false
  let load: Promise<void>

  beforeAll(async () => {
    gateway = await startExampleGateway({ telemetry: { traces: 'none', metrics: 'prometheus', accessLog: 'none' } })
    prometheus = await Prometheus.start(new URL(gateway.admin).host)
    const call = async (): Promise<void> => {
      while (!isLoaded) {
        await callRest(gateway.port, 'GET', '/v1/shelves/1/books/2')
        await callRest(gateway.port, 'GET', '/v1/shelves/1/books/999')
      }
    }
    load = Promise.all([call(), call()]).then(() => undefined)
  }, 30_000)
  afterAll(async () => {
    isLoaded = true
    await load
    await prometheus.stop()
    await gateway.stop()
  })

  const ROUTE = '/v1/{name=shelves/*/books/*}'
  const ofRoute = (samples: readonly Sample[]): Sample | undefined =>
    samples.find(({ labels }) => labels['http_route'] === ROUTE)

  test('that the gateway is up, and tells nothing it cannot read', async () => {
    const up = await prometheus.queryUntil('up', (samples) => samples[0]?.value === 1)
    expect(up[0]?.value).toBe(1)
    const [told] = await prometheus.queryUntil('scrape_samples_scraped', ([one]) => one !== undefined && one.value > 0)
    expect(told!.value).toBeGreaterThan(50)
  }, 30_000)

  test('the requests per second of a route, by status', async () => {
    const query =
      'sum by (http_route, http_response_status_code) (rate(http_server_request_duration_seconds_count[30s]))'
    const both = (samples: readonly Sample[]): readonly Sample[] =>
      samples.filter(({ labels, value }) => labels['http_route'] === ROUTE && value > 0)
    const samples = await prometheus.queryUntil(query, (all) => both(all).length === 2)
    expect(
      both(samples)
        .map(({ labels }) => labels['http_response_status_code'])
        .sort(),
    ).toEqual(['200', '404'])
  }, 30_000)

  test('the time that 99 of 100 requests of a route take at most', async () => {
    const query =
      'histogram_quantile(0.99, sum by (http_route, le) (rate(http_server_request_duration_seconds_bucket[30s])))'
    const samples = await prometheus.queryUntil(query, (all) => (ofRoute(all)?.value ?? NaN) > 0)
    expect(ofRoute(samples)!.value).toBeGreaterThan(0)
    expect(ofRoute(samples)!.value).toBeLessThanOrEqual(10)
  }, 30_000)

  test('the calls of a method, and the state of its endpoints', async () => {
    const calls = await prometheus.queryUntil(
      'sum by (rpc_response_status_code) (rpc_client_call_duration_seconds_count{rpc_method="library.v1.LibraryService/GetBook"})',
      (all) => all.length === 2,
    )
    expect(calls.map(({ labels }) => labels['rpc_response_status_code']).sort()).toEqual(['NOT_FOUND', 'OK'])
    const query = 'protobridge_upstream_endpoints{protobridge_upstream="library",protobridge_endpoint_state="READY"}'
    const [ready] = await prometheus.queryUntil(query, ([one]) => one?.value === 1)
    expect(ready!.value).toBe(1)
  }, 30_000)

  test('who tells', async () => {
    const [target] = await prometheus.queryUntil('target_info', (all) => all.length === 1)
    expect(target!.labels).toMatchObject({ service_name: 'protobridge' })
  }, 30_000)
})
