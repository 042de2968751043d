import { createHash, randomBytes } from 'node:crypto';
import { type Browser, createBrowser } from '@llm-proxy/testing';
import type { RunningAccountsApi } from '../running-accounts-api.suite.js';

export const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
export const PUBLIC_URL = 'http://localhost:8080';

export interface Tokens {
  access_token: string;
  refresh_token: string;
}

export interface Person {
  email: string;
  password: string;
}

/** What a client asks for its user, until it has tokens. */
export const signIn = async ({ url }: Pick<RunningAccountsApi, 'url'>, person: Person, client = CLI, browser: Browser = createBrowser()): Promise<Tokens> => {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({ response_type: 'code', ...client, scope: 'profile llm_proxy', code_challenge: createHash('sha256').update(verifier).digest('base64url') });
  let page = await browser.open(`${url}/oauth/authorize?${query}`);
  if (page.html.includes('name="password"')) page = await browser.press(page, 'sign_in', { ...person });
  if (page.html.includes('value="allow"')) page = await browser.press(page, 'allow');
  const code = page.leftTo!.searchParams.get('code')!;
  const response = await fetch(`${url}/oauth/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: verifier, ...client }) });
  if (response.status !== 200) throw new Error(`no tokens: ${await response.text()}`);
  return (await response.json()) as Tokens;
};
