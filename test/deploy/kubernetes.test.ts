import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readdirSync } from 'node:fs'
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { openGateway, type OperatedGateway } from '../../src/gateway/index.js'
import { startExamples, type ExampleServers } from '../support/example-servers.js'
import { Project } from '../support/project.js'
import { readYaml, rootPath, type Mapping } from './files.js'

const FOLDER = 'deploy/kubernetes'
const MODELS = { Deployment, HorizontalPodAutoscaler, PodDisruptionBudget, ConfigMap, Service }
type Kind = keyof typeof MODELS

const manifests = readdirSync(rootPath(FOLDER))
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => readYaml(`${FOLDER}/${name}`).map((manifest) => ({ name, manifest })))

/** @throws where it is not what the API takes (the OpenAPI of Kubernetes, as kubernetes-models carries it) */
function validate(manifest: Mapping): void {
  const Model = MODELS[manifest['kind'] as Kind] as new (value: object) => { validate(): void }
  new Model(manifest).validate()
}

const find = <T>(kind: Kind): T => manifests.find(({ manifest }) => manifest['kind'] === kind)!.manifest as T

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly volumeMounts: readonly object[]
  readonly env: readonly { readonly name: string }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
}

interface DeploymentManifest {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly [Container] }
    }
  }
}

describe('the manifests', () => {
  test('are all there', () => {
    expect(manifests.map(({ manifest }) => manifest['kind']).sort()).toEqual(Object.keys(MODELS).sort())
  })

  test.each(manifests)('$name is what Kubernetes takes', ({ manifest }) => {
    expect(() => validate(manifest)).not.toThrow()
  })

  test('a wrong one would not pass', () => {
    const broken = structuredClone(find<Mapping>('Service'))
    Object.assign(broken['spec'] as object, { ports: [{ port: 'http' }] })
    expect(() => validate(broken)).toThrow()
  })

  test('probes and Service name ports that the container has', () => {
    const [container] = find<DeploymentManifest>('Deployment').spec.template.spec.containers
    const ports = container.ports.map(({ name }) => name)
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
      expect(ports).toContain(container[probe].httpGet.port)
    expect(container.readinessProbe.httpGet.path).toBe('/readyz')
    expect(container.livenessProbe.httpGet.path).toBe('/livez')
    const service = find<{ spec: { ports: { targetPort: string }[] } }>('Service')
    for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort)
  })

  test('selectors find the pods', () => {
    const { labels } = find<DeploymentManifest>('Deployment').spec.template.metadata
    const selectors = [
      find<{ spec: { selector: object } }>('Service').spec.selector,
      find<{ spec: { selector: { matchLabels: object } } }>('PodDisruptionBudget').spec.selector.matchLabels,
      find<{ spec: { selector: { matchLabels: object } } }>('Deployment').spec.selector.matchLabels,
    ]
    for (const selector of selectors) expect(labels).toMatchObject(selector)
  })
})

describe('the ConfigMap', () => {
  let servers: ExampleServers
  let gateway: OperatedGateway
  const project = new Project()

  beforeAll(async () => {
    servers = await startExamples()
    const { data } = find<{ data: Readonly<Record<string, string>> }>('ConfigMap')
    // Its addresses are those of a cluster.
    const here: readonly (readonly [string, string])[] = [
      ['dns:///library-headless:50051', `static:///${servers.library}`],
      ['host: 0.0.0.0, port: 9901', 'host: 127.0.0.1, port: 0'],
      ['host: 0.0.0.0, port: 9902', 'host: 127.0.0.1, port: 0'],
      ['{ port: 8080 }', '{ host: 127.0.0.1, port: 0 }'],
      ['delay: 10s', 'delay: 0s'],
      ['drain:', 'telemetry: { accessLog: none }\n\ndrain:'],
    ]
    for (const [name, text] of Object.entries(data))
      project.write(
        name,
        here.reduce((changed, [from, to]) => changed.replace(from, to), text),
      )
    gateway = await openGateway(
      { kind: 'file', path: `${project.path}/protobridge.yaml` },
      { env: { ADMIN_TOKEN: 't' } },
    )
  })
  afterAll(async () => {
    await gateway?.close()
    await servers.stop()
    project.remove()
  })

  test('is served, mapping files included', async () => {
    const { urls, admin, grpcHealth } = await gateway.listen()
    expect((await fetch(`${admin}/readyz`)).status).toBe(200)
    expect((await fetch(`${urls[0]!}/v1/all-shelves`)).status).toBe(200)
    expect((await fetch(`${urls[0]!}/v1/shelves/1`)).status).toBe(200)
    expect(grpcHealth).toBeDefined()
  })

  test('a pod has the time that a drain may take', () => {
    const { delayMs, timeoutMs } = gateway.snapshot.config.drain
    const seconds = find<DeploymentManifest>('Deployment').spec.template.spec.terminationGracePeriodSeconds
    expect(delayMs).toBe(0)
    expect(seconds * 1000).toBeGreaterThan(10_000 + timeoutMs)
  })
})
