import { beforeAll, describe, expect, test } from '@jest/globals'
import { agentSettings, parseAgentAddress, printAgentAddress, type AgentFiles } from '../../src/consul/index.js'
import type { WrittenAgent } from '../../src/consul/index.js'
import { CertificateAuthority, type Certificate } from '../support/certificates.js'

const PLAIN = { scheme: 'http', socketPath: undefined, pathPrefix: '' }

describe('addresses of an agent', () => {
  test.each([
    { text: '10.0.0.1:8500', address: { ...PLAIN, host: '10.0.0.1', port: 8500 }, shown: '10.0.0.1:8500' },
    { text: 'agent', address: { ...PLAIN, host: 'agent', port: 8500 }, shown: 'agent:8500' },
    { text: 'agent:80', address: { ...PLAIN, host: 'agent', port: 80 }, shown: 'agent:80' },
    { text: '[::1]:8500', address: { ...PLAIN, host: '::1', port: 8500 }, shown: '[::1]:8500' },
    { text: '[fe80::1]', address: { ...PLAIN, host: 'fe80::1', port: 8500 }, shown: '[fe80::1]:8500' },
    { text: 'http://agent', address: { ...PLAIN, host: 'agent', port: 80 }, shown: 'agent:80' },
    { text: 'HTTPS://agent', address: { ...PLAIN, scheme: 'https', host: 'agent', port: 443 }, shown: 'agent:443' },
    {
      text: 'https://proxy:8501/consul/',
      address: { ...PLAIN, scheme: 'https', host: 'proxy', port: 8501, pathPrefix: '/consul' },
      shown: 'proxy:8501',
    },
    {
      text: 'unix:///run/consul.sock',
      address: { ...PLAIN, host: 'localhost', port: 0, socketPath: '/run/consul.sock' },
      shown: 'unix:/run/consul.sock',
    },
  ])('$text', ({ text, address, shown }) => {
    const parsed = parseAgentAddress(text, false)
    expect(parsed).toEqual(address)
    if (typeof parsed !== 'string') expect(printAgentAddress(parsed)).toBe(shown)
  })

  test('without a scheme it is as the settings say', () => {
    expect(parseAgentAddress('agent:8501', true)).toMatchObject({ scheme: 'https' })
    expect(parseAgentAddress('http://agent:8501', true)).toMatchObject({ scheme: 'http' })
  })

  test.each([
    { text: '', wrong: 'the host of the agent is missing: write host:port' },
    { text: ':8500', wrong: 'the host of the agent is missing: write host:port' },
    { text: 'agent:0', wrong: '"0" is not a port: write a number from 1 to 65535' },
    { text: 'agent:65536', wrong: '"65536" is not a port: write a number from 1 to 65535' },
    { text: 'agent:x', wrong: '"agent:x" is not the address of an agent: write host:port or [IPv6]:port' },
    { text: '::1', wrong: '"::1" is not the address of an agent: write host:port or [IPv6]:port' },
    { text: '[::x]:1', wrong: '"::x" is neither a host name nor an IP address' },
    { text: 'a b:1', wrong: '"a b" is neither a host name nor an IP address' },
    {
      text: 'user:pass@agent',
      wrong: '"user:pass@agent" is not the address of an agent: write host:port or [IPv6]:port',
    },
    { text: 'http://agent/a?b', wrong: '"/a?b" is not a path that can stand before /v1' },
    { text: 'ftp://agent', wrong: '"ftp" is no scheme of an agent: write host:port, http://, https:// or unix://' },
    { text: 'unix://', wrong: '"unix://" names no socket: write unix:///path' },
  ])('"$text" is refused', ({ text, wrong }) => {
    expect(parseAgentAddress(text, false)).toBe(wrong)
  })
})

describe('CONSUL_* variables', () => {
  let client: Certificate
  let files: AgentFiles
  const contents = new Map<string, Buffer>()
  beforeAll(async () => {
    const authority = await CertificateAuthority.create()
    client = await authority.issue({ name: 'gateway', use: 'client' })
    contents.set('/ca.pem', authority.cert)
    contents.set('/cas/a.pem', authority.cert)
    contents.set('/cas/b.pem', authority.cert)
    contents.set('/c.pem', client.cert)
    contents.set('/k.pem', client.key)
    contents.set('/bad.pem', Buffer.from('no certificate'))
    contents.set('/token', Buffer.from('  from-file\n'))
    contents.set('/empty', Buffer.from('\n'))
    contents.set('/blank', Buffer.from('two words'))
    const missing = (): never => {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    }
    files = {
      read: (path) => contents.get(path) ?? missing(),
      list: (folder) => (folder === '/cas' ? ['a.pem', 'b.pem'] : missing()),
    }
  })

  const settled = (written: WrittenAgent, env: Record<string, string>) => {
    const settings = agentSettings(written, env, files)
    if (typeof settings === 'string') throw new Error(settings)
    return { ...settings, token: settings.token() }
  }

  test.each<{ name: string; written?: WrittenAgent; env?: Record<string, string>; expected: object }>([
    { name: 'nothing: 127.0.0.1:8500', expected: { address: { ...PLAIN, host: '127.0.0.1', port: 8500 } } },
    {
      name: 'an empty variable is unset',
      env: { CONSUL_HTTP_ADDR: '' },
      expected: { address: { ...PLAIN, host: '127.0.0.1', port: 8500 } },
    },
    { name: 'ADDR', env: { CONSUL_HTTP_ADDR: 'agent:1' }, expected: { address: { ...PLAIN, host: 'agent', port: 1 } } },
    {
      name: 'ADDR with a scheme wins over SSL',
      env: { CONSUL_HTTP_ADDR: 'http://agent:1', CONSUL_HTTP_SSL: 'true' },
      expected: { address: { ...PLAIN, host: 'agent', port: 1 } },
    },
    {
      name: 'what is written wins over ADDR',
      written: { address: 'b:2' },
      env: { CONSUL_HTTP_ADDR: 'agent:1' },
      expected: { address: { ...PLAIN, host: 'b', port: 2 } },
    },
    {
      name: 'SSL holds for a written address too',
      written: { address: 'b:2' },
      env: { CONSUL_HTTP_SSL: '1' },
      expected: { address: { ...PLAIN, scheme: 'https', host: 'b', port: 2 } },
    },
    {
      name: 'but tls=false wins',
      written: { address: 'b:2', tls: false },
      env: { CONSUL_HTTP_SSL: 'true' },
      expected: { address: { ...PLAIN, host: 'b', port: 2 } },
    },
    { name: 'TOKEN', env: { CONSUL_HTTP_TOKEN: 't' }, expected: { token: 't' } },
    {
      name: 'a written token wins',
      written: { token: 'w' },
      env: { CONSUL_HTTP_TOKEN: 't', CONSUL_HTTP_TOKEN_FILE: '/token' },
      expected: { token: 'w' },
    },
    {
      name: 'TOKEN_FILE wins over TOKEN',
      env: { CONSUL_HTTP_TOKEN: 't', CONSUL_HTTP_TOKEN_FILE: '/token' },
      expected: { token: 'from-file' },
    },
    {
      name: 'an empty token file does not',
      env: { CONSUL_HTTP_TOKEN: 't', CONSUL_HTTP_TOKEN_FILE: '/empty' },
      expected: { token: 't' },
    },
    { name: 'no token', expected: { token: undefined } },
    { name: 'AUTH', env: { CONSUL_HTTP_AUTH: 'u:p' }, expected: { basicAuth: 'u:p' } },
    {
      name: 'NAMESPACE and PARTITION',
      env: { CONSUL_NAMESPACE: 'n', CONSUL_PARTITION: 'p' },
      expected: { namespace: 'n', partition: 'p' },
    },
    {
      name: 'written ones win',
      written: { namespace: 'x', partition: 'y', datacenter: 'd' },
      env: { CONSUL_NAMESPACE: 'n', CONSUL_PARTITION: 'p' },
      expected: { namespace: 'x', partition: 'y', datacenter: 'd' },
    },
    { name: 'none unless configured', expected: { namespace: undefined, partition: undefined, datacenter: undefined } },
    {
      name: 'SSL_VERIFY',
      env: { CONSUL_HTTP_SSL: 'true', CONSUL_HTTP_SSL_VERIFY: 'false' },
      expected: { tls: { isVerified: false, ca: undefined, cert: undefined, key: undefined, serverName: undefined } },
    },
    {
      name: 'TLS_SERVER_NAME',
      env: { CONSUL_HTTP_SSL: 'true', CONSUL_TLS_SERVER_NAME: 'consul' },
      expected: { tls: { isVerified: true, ca: undefined, cert: undefined, key: undefined, serverName: 'consul' } },
    },
    {
      name: 'files are not read without TLS',
      env: { CONSUL_CACERT: '/nowhere' },
      expected: { address: { ...PLAIN, host: '127.0.0.1', port: 8500 } },
    },
  ])('$name', ({ written = {}, env = {}, expected }) => {
    const settings = settled(written, env)
    for (const [key, value] of Object.entries(expected)) expect(settings[key as keyof typeof settings]).toEqual(value)
  })

  test('CACERT, CAPATH, CLIENT_CERT and CLIENT_KEY', () => {
    const pair = { CONSUL_CLIENT_CERT: '/c.pem', CONSUL_CLIENT_KEY: '/k.pem' }
    const one = settled({ tls: true }, { CONSUL_CACERT: '/ca.pem', CONSUL_CAPATH: '/cas', ...pair })
    expect(one.tls.ca).toHaveLength(1)
    expect(one.tls.cert).toEqual(client.cert)
    expect(one.tls.key).toEqual(client.key)
    expect(settled({ tls: true }, { CONSUL_CAPATH: '/cas' }).tls.ca).toHaveLength(2)
  })

  test('a token file that is rotated is read again; while it is away or torn the last token stays', () => {
    const settings = agentSettings({}, { CONSUL_HTTP_TOKEN_FILE: '/rotated' }, files)
    expect(settings).toBe('CONSUL_HTTP_TOKEN_FILE: cannot read /rotated (ENOENT)')
    contents.set('/rotated', Buffer.from('one'))
    const good = agentSettings({}, { CONSUL_HTTP_TOKEN_FILE: '/rotated' }, files)
    if (typeof good === 'string') throw new Error(good)
    contents.set('/rotated', Buffer.from('two\n'))
    expect(good.token()).toBe('two')
    contents.delete('/rotated')
    expect(good.token()).toBe('two')
    contents.set('/rotated', Buffer.from('a b'))
    expect(good.token()).toBe('two')
  })

  test.each<{ written?: WrittenAgent; env: Record<string, string>; text: string }>([
    { env: { CONSUL_HTTP_ADDR: 'agent:x' }, text: 'CONSUL_HTTP_ADDR: "agent:x" is not the address of an agent' },
    { env: { CONSUL_HTTP_SSL: 'yes' }, text: 'CONSUL_HTTP_SSL: "yes" is not a boolean: write true or false' },
    {
      env: { CONSUL_HTTP_SSL_VERIFY: 'no' },
      text: 'CONSUL_HTTP_SSL_VERIFY: "no" is not a boolean: write true or false',
    },
    { env: { CONSUL_HTTP_TOKEN: 'a\nb' }, text: 'CONSUL_HTTP_TOKEN cannot be sent in a header' },
    { env: { CONSUL_HTTP_TOKEN_FILE: '/blank' }, text: 'CONSUL_HTTP_TOKEN_FILE cannot be sent in a header' },
    { written: { token: 'ü' }, env: {}, text: 'the token cannot be sent in a header' },
    {
      written: { tls: true },
      env: { CONSUL_CACERT: '/nowhere' },
      text: 'CONSUL_CACERT: cannot read /nowhere (ENOENT)',
    },
    {
      written: { tls: true },
      env: { CONSUL_CAPATH: '/nowhere' },
      text: 'CONSUL_CAPATH: cannot read /nowhere (ENOENT)',
    },
    {
      written: { tls: true },
      env: { CONSUL_CLIENT_CERT: '/c.pem' },
      text: 'CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY belong together',
    },
    {
      written: { tls: true },
      env: { CONSUL_CLIENT_CERT: '/c.pem', CONSUL_CLIENT_KEY: '/bad.pem' },
      text: 'are not usable',
    },
    { written: { address: 'http://a:1', tls: true }, env: {}, text: 'but TLS is asked for' },
  ])('$env $written is refused', ({ written = {}, env, text }) => {
    expect(agentSettings(written, env, files)).toContain(text)
  })
})
