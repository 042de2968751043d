import { isPublicAddress, lookupPublic, PrivateAddressError, problemOfForeignUrl } from './public-address.js';

describe('public addresses', () => {
  it.each(['1.1.1.1', '8.8.8.8', '104.18.6.192', '172.15.255.255', '172.32.0.1', '2606:4700::6810:7c0', '2a00:1450:4001::200e'])('%s is one', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1', '192.0.0.192', '198.18.0.1', '224.0.0.1', '255.255.255.255',
    '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', '2001::1', 'x', '', '127.1',
  ])('%j is none', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('base URLs that others chose', () => {
  const problem = (url: string, allowed: string[] = []) => problemOfForeignUrl(new URL(url), allowed);

  it.each(['https://api.openai.com/v1', 'https://my-gateway.example.com:8443', 'https://1.1.1.1/v1', 'https://[2606:4700::1]/'])('%s will do', (url) => expect(problem(url)).toBeNull());

  it.each([
    'https://127.0.0.1', 'https://2130706433', 'https://0x7f.1', 'https://017700000001', 'https://127.1', 'https://localhost', 'https://LOCALHOST.', 'https://foo.localhost', 'https://[::1]', 'https://[::ffff:7f00:1]',
    'https://169.254.169.254/latest', 'https://metadata.google.internal', 'https://metadata', 'https://printer.local', 'https://redis.default.svc.cluster.local', 'https://10.0.0.1', 'https://[fd00:ec2::254]',
  ])('%s is private', (url) => expect(problem(url)).toMatch(/private/));

  it.each(['http://api.openai.com', 'ftp://x.example', 'file:///etc/passwd'])('%s is not https', (url) => expect(problem(url)).toMatch(/https/));

  it('what the operator vouches for will do, with its port or with any', () => {
    expect(problem('http://127.0.0.1:8080/v1', ['127.0.0.1'])).toBeNull();
    expect(problem('http://127.0.0.1:8080/v1', ['127.0.0.1:8080'])).toBeNull();
    expect(problem('http://127.0.0.1:8081/v1', ['127.0.0.1:8080'])).toMatch(/https/);
    expect(problem('http://[::1]:8080', ['::1'])).toBeNull();
    expect(problem('https://llm.corp', ['LLM.corp'])).toBeNull();
  });
});

describe('looking a name up', () => {
  const ask = (name: string, all: boolean) =>
    new Promise<{ error: Error | null; address: unknown }>((resolve) => lookupPublic(name, { all }, (error, address) => resolve({ error, address })));

  it.each([true, false])('a name that leads home is refused (all: %s)', async (all) => {
    expect((await ask('localhost', all)).error).toBeInstanceOf(PrivateAddressError);
  });

  it('public addresses come back as they were looked at', async () => {
    expect(await ask('1.1.1.1', true)).toEqual({ error: null, address: [{ address: '1.1.1.1', family: 4 }] });
    expect(await ask('1.1.1.1', false)).toEqual({ error: null, address: '1.1.1.1' });
  });
});
