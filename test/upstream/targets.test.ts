import { describe, expect, test } from '@jest/globals'
import { createUpstream, grpcJsTransport, validateTarget, type Endpoint } from '../../src/upstream/index.js'
import { resolverOf, systemDependencies } from '../../src/upstream/resolvers/index.js'
import { CONNECTION } from './contract/context.js'

/** The endpoints of a target that needs no asking. */
function endpointsOf(target: string): readonly string[] {
  const found: Endpoint[] = []
  const { factory, rest } = resolverOf(target, systemDependencies)
  const resolver = factory.create(
    rest,
    {
      onEndpoints: (endpoints) => found.push(...endpoints),
      onError: (message) => {
        throw new Error(message)
      },
    },
    { token: undefined, emptyGraceMs: 0 },
  )
  resolver.refresh()
  resolver.close()
  return found.map(({ address }) => address)
}

describe('targets with their endpoints in them', () => {
  test.each([
    { target: 'static:///a:1,b:2', endpoints: ['a:1', 'b:2'] },
    { target: 'static:a:1', endpoints: ['a:1'] },
    { target: 'static:///10.0.0.1:1,[::1]:2, svc.internal:3', endpoints: ['10.0.0.1:1', '[::1]:2', 'svc.internal:3'] },
    { target: 'static:///a', endpoints: ['a:443'] },
    { target: 'ipv4:1.2.3.4:50051,5.6.7.8:1', endpoints: ['1.2.3.4:50051', '5.6.7.8:1'] },
    { target: 'ipv4:1.2.3.4', endpoints: ['1.2.3.4:443'] },
    { target: 'ipv6:[::1]:50051', endpoints: ['[::1]:50051'] },
    { target: 'ipv6:[::1]:1,[2001:db8::2]', endpoints: ['[::1]:1', '[2001:db8::2]:443'] },
    { target: 'ipv6:::1', endpoints: ['[::1]:443'] },
    { target: 'unix:run/x.sock', endpoints: ['unix:run/x.sock'] },
    { target: 'unix:/run/x.sock', endpoints: ['unix:/run/x.sock'] },
    { target: 'unix:///run/x.sock', endpoints: ['unix:/run/x.sock'] },
    { target: 'dns:///10.0.0.1:50051', endpoints: ['10.0.0.1:50051'] },
    { target: 'dns:[::1]:50051', endpoints: ['[::1]:50051'] },
    { target: 'DNS:///10.0.0.1', endpoints: ['10.0.0.1:443'] },
    { target: '10.0.0.1:50051', endpoints: ['10.0.0.1:50051'] },
    { target: '[::1]:50051', endpoints: ['[::1]:50051'] },
  ])('$target', ({ target, endpoints }) => {
    expect(validateTarget(target)).toBeUndefined()
    expect(endpointsOf(target)).toEqual(endpoints)
  })
})

describe('the authority of a target', () => {
  test.each([
    { target: 'dns:///library.internal:50051', authority: 'library.internal:50051' },
    { target: 'dns:///library.internal', authority: 'library.internal' },
    { target: 'dns://10.0.0.53/library.internal:1', authority: 'library.internal:1' },
    { target: 'localhost:50051', authority: 'localhost:50051' },
    { target: 'dns:///fqdn.example.:1', authority: 'fqdn.example:1' },
    { target: 'dns:///[2001:db8::1]:1', authority: '[2001:db8::1]:1' },
    { target: 'dns+srv:///_grpc._tcp.library.internal', authority: 'library.internal' },
    { target: 'dns+srv://10.0.0.53:5353/_grpc._tcp.library.internal.', authority: 'library.internal' },
    { target: 'dns+srv:///library.service.consul', authority: 'library.service.consul' },
    { target: 'dns+srv:///_grpc._tcp', authority: '_grpc._tcp' },
    { target: 'static:///a:1,b:2', authority: undefined },
    { target: 'unix:/run/x.sock', authority: undefined },
  ])('$target: $authority', ({ target, authority }) => {
    expect(resolverOf(target, systemDependencies).authority).toBe(authority)
  })
})

describe('names that need DNS are good targets', () => {
  test.each([
    'dns:library.internal:50051',
    'dns:///library.internal:50051',
    'dns:///library.internal',
    'dns://10.0.0.53/library.internal:50051',
    'dns://10.0.0.53:5353/library.internal',
    'dns://[::1]:53/library',
    'library.internal:50051',
    'library',
    'localhost:50051',
    'my-service:443',
    'under_score.svc:1',
    'dns:///fqdn.example.:1',
    'dns+srv:///_grpc._tcp.library.internal',
    'dns+srv:_grpc._tcp.library.internal.',
    'dns+srv://10.0.0.53:5353/_grpc._tcp.library.internal',
    'dns+srv://[::1]/library',
    'DNS+SRV:///library.service.consul',
  ])('%s', (target) => {
    expect(validateTarget(target)).toBeUndefined()
  })
})

describe('bad targets are refused, with advice', () => {
  test.each([
    { target: '', text: 'a target is a gRPC name such as dns:///host:port' },
    { target: ' a:1', text: 'a target is a gRPC name such as dns:///host:port' },
    {
      target: 'consul://agent:8500/x?tags=a',
      text: 'unknown parameter "tags": use one of tag, filter, dc, near, stale, consistent, cached, ns, partition, peer, passing, address, port, tls, wait',
    },
    { target: 'xds:///x', text: 'targets of scheme "xds" are not available in this version' },
    { target: 'dns+srv:', text: 'the name is missing: write dns+srv:///_grpc._tcp.name' },
    { target: 'dns+srv:///', text: 'the name is missing: write dns+srv:///_grpc._tcp.name' },
    { target: 'dns+srv:///_grpc._tcp.x:443', text: 'the SRV records of _grpc._tcp.x say the ports: leave ":443" out' },
    { target: 'dns+srv:///_grpc._tcp.x:0', text: '"0" is not a port: write a number from 1 to 65535' },
    {
      target: 'dns+srv:///10.0.0.1',
      text: '"10.0.0.1" is an address, and has no SRV records: write dns:///10.0.0.1',
    },
    { target: 'dns+srv:///_grpc..x', text: '"_grpc..x" is neither a host name nor an IP address' },
    {
      target: 'dns+srv://_grpc._tcp.x',
      text: 'write dns+srv:///_grpc._tcp.x: what stands between // and / is the DNS server to ask',
    },
    { target: 'dns+srv://ns.example/x', text: 'the DNS server "ns.example" is not an IP address' },
    { target: 'dns+srv://10.0.0.1:x/y', text: 'the DNS server: "x" is not a port: write a number from 1 to 65535' },
    {
      target: 'http://host:80',
      text: 'unknown scheme "http": use one of static, ipv4, ipv6, unix, dns, dns+srv, consul, for instance dns:///host:port',
    },
    {
      target: 'constructor:x',
      text: 'unknown scheme "constructor": use one of static, ipv4, ipv6, unix, dns, dns+srv, consul, for instance dns:///host:port',
    },
    { target: 'dns:', text: 'the host is missing: write host:port' },
    { target: 'dns:///', text: 'the host is missing: write host:port' },
    { target: 'dns:///:50051', text: 'the host is missing: write host:port' },
    { target: 'dns:///host:0', text: '"0" is not a port: write a number from 1 to 65535' },
    { target: 'dns:///host:65536', text: '"65536" is not a port: write a number from 1 to 65535' },
    { target: 'dns:///host:http', text: '"http" is not a port: write a number from 1 to 65535' },
    { target: 'dns:///host:', text: '"" is not a port: write a number from 1 to 65535' },
    { target: 'dns:///a b:1', text: '"a b" is neither a host name nor an IP address' },
    { target: 'dns:///1.2.3:1', text: '"1.2.3" is neither a host name nor an IP address' },
    { target: 'dns:///a/b:1', text: '"a/b" is neither a host name nor an IP address' },
    { target: 'dns:///::1:g', text: '"::1:g" has too many colons: write an IPv6 address as [address]:port' },
    { target: 'dns:///[::g]:1', text: '"::g" is not an IPv6 address' },
    { target: 'dns://host:1', text: 'write dns:///host:1: what stands between // and / is the DNS server to ask' },
    { target: 'dns://ns.example/host:1', text: 'the DNS server "ns.example" is not an IP address' },
    { target: 'dns://10.0.0.1:x/host:1', text: 'the DNS server: "x" is not a port: write a number from 1 to 65535' },
    { target: 'ipv4:host:1', text: '"host" is not an IPv4 address' },
    { target: 'ipv4:[::1]:1', text: '"::1" is not an IPv4 address' },
    { target: 'ipv6:1.2.3.4:1', text: '"1.2.3.4" is not an IPv6 address' },
    { target: 'ipv4:1.2.3.4:1,', text: 'the host is missing: write host:port' },
    { target: 'static:///a:1,a:1', text: 'a:1 is listed twice' },
    { target: 'static:///', text: 'the host is missing: write host:port' },
    { target: 'unix:', text: 'the path of the socket is missing: write unix:///path or unix:path' },
    { target: 'unix:///', text: 'the path of the socket is missing: write unix:///path or unix:path' },
    {
      target: 'unix://run/x',
      text: 'a socket path after unix:// is absolute: write unix:///path or unix:path',
    },
    { target: `unix:/${'x'.repeat(107)}`, text: 'the path of the socket is longer than 107 bytes' },
  ])('"$target"', ({ target, text }) => {
    expect(validateTarget(target)).toBe(text)
    const options = { name: 'x', target, connection: CONNECTION, eager: false, transport: grpcJsTransport }
    expect(() => createUpstream(options)).toThrow(text)
  })
})
