import { createHash, randomBytes } from 'node:crypto';
import { createBrowser } from '@llm-proxy/testing';
import type { System } from './system.js';

/** The command line client, which every deployment knows. */
export const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
/** As the client of the older release asks. */
const SCOPE = 'profile project/* room/* create_users create_rooms llm_proxy admin developer connect_room delete_room update_room';

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

export interface Person {
  email: string;
  password: string;
}

/** The first user, whom the product made. */
export const firstUser = async (system: System): Promise<Person> => {
  const { ADMIN_EMAIL, ADMIN_PASSWORD } = await system.variables('operator.env');
  return { email: ADMIN_EMAIL!, password: ADMIN_PASSWORD! };
};

/** As a form or as JSON; clients send both. */
export const postTo = (system: System, path: string, body: URLSearchParams | object): Promise<Response> =>
  fetch(`${system.baseUrl}${path}`, {
    method: 'POST',
    headers: { accept: 'application/json', ...(body instanceof URLSearchParams ? {} : { 'content-type': 'application/json' }) },
    body: body instanceof URLSearchParams ? body : JSON.stringify(body),
  });

export const tokensIn = async (response: Response): Promise<Tokens> => {
  expect(response.status).toBe(200);
  return (await response.json()) as Tokens;
};

/** What `meshagent auth login` does, with a browser that is driven. */
export const signIn = async (system: System, person: Person, scope = SCOPE): Promise<Tokens> => {
  const browser = createBrowser();
  const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(16).toString('base64url')];
  const query = new URLSearchParams({ response_type: 'code', ...CLI, scope, state, code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' });
  const page = await browser.open(`${system.baseUrl}/oauth/authorize?${query}`);
  const consent = await browser.press(page, 'sign_in', { ...person });
  const { leftTo } = await browser.press(consent, 'allow');
  expect(leftTo!.origin + leftTo!.pathname).toBe(CLI.redirect_uri);
  expect(leftTo!.searchParams.get('state')).toBe(state);
  return tokensIn(await postTo(system, '/oauth/token', new URLSearchParams({ grant_type: 'authorization_code', code: leftTo!.searchParams.get('code')!, ...CLI, code_verifier: verifier })));
};

/** A program signs in as itself. */
export const signInAsClient = async (system: System, client: { client_id: string; client_secret: string }, scope = 'llm_proxy'): Promise<Tokens> =>
  tokensIn(await postTo(system, '/oauth/token', new URLSearchParams({ grant_type: 'client_credentials', scope, ...client })));
