import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Browser, type BrowserPage, createBrowser } from '@llm-proxy/testing';
import { openDatabase } from '../database/database.js';
import { type Ask, runAccountsApi, type RunningAccountsApi, runOn } from '../running-accounts-api.suite.js';
import { IdentitiesStore } from './identities.store.js';
import { type Person, runIdentityProvider, type RunningIdentityProvider } from './running-identity-provider.suite.js';

const PUBLIC_URL = 'http://localhost:8080';
const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

const newPerson = (more: Partial<Person> = {}): Person => ({ sub: randomUUID(), email: `${randomUUID()}@corp.example`, email_verified: true, ...more });

describe('sign-in with identity providers', () => {
  let api: RunningAccountsApi;
  let corp: RunningIdentityProvider;

  beforeAll(async () => {
    corp = await runIdentityProvider(`${PUBLIC_URL}/oauth/signed-in/corp`);
    const known = { issuer: corp.issuer, client_id: 'llm-proxy', client_secret: corp.clientSecret };
    const providers = [
      { ...known, id: 'corp', label: 'Corp <b>&', allowed_domains: ['corp.example', 'invited.example'] },
      { ...known, id: 'gone', label: 'Gone', issuer: 'http://127.0.0.1:1' },
    ];
    api = await runAccountsApi({ PUBLIC_URL, SIGN_IN_PROVIDERS: JSON.stringify(providers) });
  });
  beforeEach(() => Object.assign(corp, { person: null, tamper: null, hangs: false }));
  afterAll(async () => {
    await api.close();
    await corp.close();
  });

  const signInPage = (browser: Browser, more: Record<string, string> = {}, { url } = api) =>
    browser.open(`${url}/oauth/authorize?${new URLSearchParams({ response_type: 'code', ...CLI, scope: 'profile', state: 'st', code_challenge: challenge, ...more })}`);
  const linkTo = (page: BrowserPage, id: string) => new URL(new RegExp(`href="([^"]+/with/${id})"`).exec(page.html)![1]!, page.url).href;
  /** From the button to the address that the provider sends the browser to. */
  const throughProvider = async (browser: Browser, page: BrowserPage, change: (url: URL) => void = () => undefined): Promise<URL> => {
    const { leftTo } = await browser.open(linkTo(page, 'corp'));
    change(leftTo!);
    const back = (await createBrowser().open(leftTo!.href)).leftTo!;
    expect(back.href.startsWith(`${PUBLIC_URL}/oauth/signed-in/corp?`)).toBe(true);
    return back;
  };
  const comeBack = (browser: Browser, back: URL, { url } = api) => browser.open(url + back.pathname + back.search);
  const signInAs = async (person: Person | null, browser = createBrowser()) => {
    corp.person = person;
    return comeBack(browser, await throughProvider(browser, await signInPage(browser)));
  };
  const problemOf = ({ html }: BrowserPage) => /role="alert">([^<]*)</.exec(html)?.[1];
  const makeUser = async (email: string): Promise<string> => (await api.operator('POST', '/accounts/users', { email })).body['id']!;
  const profileBy = async (browser: Browser, consent: BrowserPage) => {
    const { leftTo } = await browser.press(consent, 'allow');
    const tokens = await api.anonymous('POST', '/oauth/token', { grant_type: 'authorization_code', code: leftTo!.searchParams.get('code'), code_verifier: verifier, ...CLI });
    return (await api.as(tokens.body['access_token']!)('GET', '/accounts/profiles/me')).body;
  };
  const invite = async (email: string): Promise<{ id: string; admin: Ask }> => {
    const project = await api.newProject();
    expect((await project.admin('POST', `${project.path}/users`, { email, is_admin: true })).status).toBeLessThan(300);
    return project;
  };

  it('a user is matched by the verified e-mail, in whatever case, and afterwards by who they are at the provider', async () => {
    const person = newPerson();
    const id = await makeUser(person.email!);
    const browser = createBrowser();
    const first = await signInAs({ ...person, email: person.email!.toUpperCase() }, browser);
    expect(first.html).toContain('Allow MeshAgent CLI?');
    expect(await profileBy(browser, first)).toMatchObject({ id, email: person.email });
    const renamed = createBrowser();
    expect(await profileBy(renamed, await signInAs({ ...person, email: 'renamed@corp.example' }, renamed))).toMatchObject({ id, email: person.email });
  });

  it('the first sign-in makes a user only when a project invited the e-mail, and makes a member', async () => {
    const person = newPerson({ given_name: 'Zoë' });
    expect(problemOf(await signInAs(person))).toContain('no project invited it');
    const project = await invite(person.email!);
    const browser = createBrowser();
    const profile = await profileBy(browser, await signInAs(person, browser));
    expect(profile).toMatchObject({ email: person.email, first_name: 'Zoë' });
    expect((await api.service('GET', `/internal/projects/${project.id}/policy`)).body['llmProxyUserIds']).toContain(profile['id']);
  });

  it('an invitation to an e-mail is for the user who has it, not for one who has it at the provider', async () => {
    const person = newPerson();
    const id = await makeUser(person.email!);
    await signInAs(person);
    const browser = createBrowser();
    expect(await profileBy(browser, await signInAs({ ...person, email: 'renamed-since@corp.example' }, browser))).toMatchObject({ id });
    const project = await invite('renamed-since@corp.example');
    await signInAs({ ...person, email: 'renamed-since@corp.example' });
    expect((await api.service('GET', `/internal/projects/${project.id}/policy`)).body['llmProxyUserIds']).toEqual([]);
  });

  it('everybody of the allowed domains, where the settings say so', async () => {
    const open = { id: 'corp', label: 'Corp', issuer: corp.issuer, client_id: 'llm-proxy', client_secret: corp.clientSecret, allowed_domains: ['corp.example'], new_users: 'allowed_domains' as const, scope: 'openid email' };
    const replica = await runOn({ ...api.config, PORT: 0, SIGN_IN_PROVIDERS: [open] });
    corp.person = newPerson();
    const attempts = await Promise.all(
      Array.from({ length: 6 }, createBrowser).map(async (browser) => comeBack(browser, await throughProvider(browser, await signInPage(browser, {}, replica)), replica)),
    );
    expect(attempts.map(({ status, html }) => [status, html.includes('Allow MeshAgent CLI?')])).toEqual(attempts.map(() => [200, true]));
    await replica.close();
  });

  it('whoever another sign-in of theirs overtakes between two questions is still themselves', async () => {
    const [database, rival] = [openDatabase(api.config.DATABASE_URL), openDatabase(api.config.DATABASE_URL)];
    const identity = { issuer: corp.issuer, subject: randomUUID(), verifiedEmail: `${randomUUID()}@corp.example`, firstName: null, lastName: null };
    let waiting: ReturnType<IdentitiesStore['recognise']> | undefined;
    const { id } = await rival.$transaction(async (transaction) => {
      await transaction.$executeRaw`LOCK TABLE accounts.users IN ACCESS EXCLUSIVE MODE`;
      waiting = new IdentitiesStore(database).recognise(identity, { new_users: 'invited' });
      const isWaiting = () => transaction.$queryRaw<object[]>`SELECT 1 AS x FROM pg_locks WHERE NOT granted AND relation = 'accounts.users'::regclass`;
      while ((await isWaiting()).length === 0);
      const user = await transaction.user.create({ data: { email: identity.verifiedEmail } });
      await transaction.userIdentity.create({ data: { issuer: identity.issuer, subject: identity.subject, userId: user.id } });
      return user;
    });
    expect(await waiting).toMatchObject({ ok: true, user: { id } });
    await Promise.all([database.$disconnect(), rival.$disconnect()]);
  });

  it.each<[string, Partial<Person>, number, string]>([
    ['not verified', { email_verified: false }, 403, 'has not verified your e-mail'],
    ['said to be verified in another way', { email_verified: 'true' as never }, 403, 'has not verified your e-mail'],
    ['not there', { email: undefined as never }, 403, 'has not verified your e-mail'],
    ['of another domain', { email: 'ann@elsewhere.example' }, 403, 'may not sign in with'],
    ['of a domain below', { email: 'ann@x.corp.example' }, 403, 'may not sign in with'],
    ['of a domain that only looks alike', { email: 'ann@сorp.example' }, 403, 'has not verified your e-mail'],
    ['of two domains', { email: 'ann@corp.example@elsewhere.example' }, 403, 'has not verified your e-mail'],
  ])('an e-mail %s opens nothing', async (_, person, status, says) => {
    const page = await signInAs(newPerson(person));
    expect([page.status, problemOf(page)]).toEqual([status, expect.stringContaining(says)]);
    expect(page.html).toContain('name="password"');
  });

  it('an e-mail that the provider gave to somebody else does not open the account of who had it', async () => {
    const person = newPerson();
    await makeUser(person.email!);
    expect((await signInAs(person)).status).toBe(200);
    expect(problemOf(await signInAs({ ...person, sub: randomUUID() }))).toContain('signs in with another');
  });

  it('whoever says no at the provider is back at the sign-in page', async () => {
    const page = await signInAs(null);
    expect([page.status, problemOf(page)]).toEqual([401, expect.stringContaining('you did not sign in there')]);
  });

  it('an ID token with another nonce is no proof', async () => {
    corp.person = newPerson();
    await makeUser(corp.person.email!);
    const browser = createBrowser();
    const back = await throughProvider(browser, await signInPage(browser), (url) => url.searchParams.set('nonce', 'of-somebody-else'));
    const page = await comeBack(browser, back);
    expect([page.status, problemOf(page)]).toEqual([401, expect.stringContaining('no valid proof')]);
  });

  it('nor is one that was tampered with, not signed, or for somebody else', async () => {
    const person = newPerson();
    const victim = newPerson();
    await Promise.all([makeUser(person.email!), makeUser(victim.email!)]);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const withIdToken = (change: (header: string, claims: object, signature: string) => string) => (answer: Record<string, unknown>) => {
      const [header, payload, signature] = String(answer['id_token']).split('.') as [string, string, string];
      return { ...answer, id_token: change(header, JSON.parse(Buffer.from(payload, 'base64url').toString()) as object, signature) };
    };
    const tampers = [
      withIdToken((header, claims, signature) => `${header}.${part({ ...claims, sub: victim.sub, email: victim.email })}.${signature}`),
      withIdToken((_, claims) => `${part({ alg: 'none' })}.${part({ ...claims, email: victim.email })}.`),
      withIdToken((header, claims, signature) => `${header}.${part({ ...claims, aud: 'another-client' })}.${signature}`),
      (answer: Record<string, unknown>) => ({ ...answer, id_token: undefined }),
    ];
    for (const tamper of tampers) {
      corp.tamper = tamper;
      const page = await signInAs(person);
      expect([page.status, problemOf(page)]).toEqual([401, expect.stringContaining('no valid proof')]);
    }
    corp.tamper = null;
    expect((await signInAs(person)).html).toContain('Allow MeshAgent CLI?');
  });

  it('a state that is invented, used, of another browser or another provider opens nothing', async () => {
    corp.person = newPerson();
    await makeUser(corp.person.email!);
    const [mine, theirs] = [createBrowser(), createBrowser()];
    const back = await throughProvider(mine, await signInPage(mine));
    await signInPage(theirs);
    expect((await comeBack(theirs, back)).status).toBe(400);
    const invented = new URL(back);
    invented.searchParams.set('state', `${back.searchParams.get('state')!.split('.')[0]}.${randomBytes(32).toString('base64url')}`);
    expect((await comeBack(mine, invented)).status).toBe(400);
    expect((await mine.open(`${api.url}/oauth/signed-in/gone${back.search}`)).status).toBe(400);
    expect((await comeBack(mine, back)).html).toContain('Allow MeshAgent CLI?');
    expect((await comeBack(mine, back)).html).not.toContain('name="password"');
    expect((await comeBack(createBrowser(), back)).status).toBe(400);
  });

  it('the address to come back to leads nowhere else', async () => {
    for (const state of ['', 'x', '../../evil.', `//evil.example.${'x'.repeat(43)}`, `%2f%2fevil.${'x'.repeat(43)}`, `a\r\nb.${'x'.repeat(43)}`]) {
      const response = await fetch(`${api.url}/oauth/signed-in/corp?${new URLSearchParams({ state })}`, { redirect: 'manual' });
      expect([state, response.status, response.headers.get('location')]).toEqual([state, 400, null]);
    }
    expect((await fetch(`${api.url}/oauth/signed-in/nobody?state=x`)).status).toBe(404);
  });

  it('a provider that is away, or silent, is said to be so, and the password still works', async () => {
    const { body } = await api.operator('POST', '/accounts/users', { email: `${randomUUID()}@corp.example` });
    const browser = createBrowser();
    const away = await browser.open(linkTo(await signInPage(browser), 'gone'));
    expect([away.status, problemOf(away)]).toEqual([503, expect.stringContaining('Gone does not answer')]);
    expect((await browser.press(away, 'sign_in', { email: body['email']!, password: body['password']! })).html).toContain('Allow MeshAgent CLI?');

    corp.person = newPerson();
    const other = createBrowser();
    const back = await throughProvider(other, await signInPage(other));
    corp.hangs = true;
    const silent = await comeBack(other, back);
    expect([silent.status, problemOf(silent)]).toEqual([503, expect.stringContaining('does not answer')]);
  }, 15_000);

  it('the page escapes what it shows, and keeps secrets to itself', async () => {
    const page = await signInPage(createBrowser());
    expect(page.html).toContain('Continue with Corp &lt;b&gt;&amp;</a>');
    expect(page.html).not.toContain(corp.clientSecret);
    const browser = createBrowser();
    const { leftTo } = await browser.open(linkTo(await signInPage(browser), 'corp'));
    expect(Object.fromEntries(leftTo!.searchParams)).toMatchObject({ code_challenge_method: 'S256', nonce: expect.any(String), state: expect.any(String), redirect_uri: `${PUBLIC_URL}/oauth/signed-in/corp` });
    expect(leftTo!.href).not.toContain('secret');
  });
});
