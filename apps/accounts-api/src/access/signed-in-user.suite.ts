import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createBrowser } from '@llm-proxy/testing';
import type { Ask, RunningAccountsApi } from '../running-accounts-api.suite.js';

const CLI = { client_id: 'p8xy1ZUi73jJUJbNfTg92HUSDpCSZJcc', redirect_uri: 'http://localhost:8765/callback' };
const PASSWORD = 'a password of the spec';

export interface TestUser {
  id: string;
  email: string;
}

export const newUser = async (api: RunningAccountsApi, email = `${randomUUID()}@example.com`): Promise<TestUser> => {
  const { body } = await api.operator('POST', '/accounts/users', { email, password: PASSWORD });
  return { id: String(body['id']), email };
};

/**
 * As a person signs in with the command line: pages, code, token. Needs a deployment that is reached without TLS, because of its cookies.
 * @returns a client with an access token for these scopes
 */
export const signIn = async (api: RunningAccountsApi, email: string, scope = 'admin'): Promise<Ask> => {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({ response_type: 'code', ...CLI, scope, code_challenge: createHash('sha256').update(verifier).digest('base64url') });
  const browser = createBrowser();
  const consent = await browser.press(await browser.open(`${api.url}/oauth/authorize?${query}`), 'sign_in', { email, password: PASSWORD });
  const { leftTo } = await browser.press(consent, 'allow');
  const code = leftTo!.searchParams.get('code');
  const { body } = await api.anonymous('POST', '/oauth/token', { grant_type: 'authorization_code', code, code_verifier: verifier, ...CLI });
  return api.as(body['access_token']!);
};
