import { randomBytes } from 'node:crypto';
import { engines } from '@llm-proxy/testing';
import { createLogger } from '@llm-proxy/platform-logging';
import type { Metrics } from '@llm-proxy/platform-telemetry';
import { type AccountsApiConfig, readAccountsApiConfig } from './accounts-api.config.js';
import { startAccountsApi } from './accounts-api.js';
import { AnswerCheck } from './http/checked-answer.suite.js';
import type { OpenApiDocument } from './openapi/openapi-document.js';

export interface Answer {
  status: number;
  headers: Headers;
  // Specs look into answers freely; each says by its expectations what it needs.
  body: Record<string, never> & { error?: { code: string; message: string } };
}

export type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Of this file's specs. A test that fails closes nothing itself, and jest would wait for what it left open. */
const leftOpen = new Set<() => Promise<void>>();

afterAll(async () => {
  for (const close of [...leftOpen].reverse()) await close();
});

/** Closes it after all specs of the file, unless they did so themselves, by what this returns. */
export const closedAfterwards = (close: () => Promise<void>): (() => Promise<void>) => {
  const closeNow = (): Promise<void> => {
    leftOpen.delete(closeNow);
    return close();
  };
  leftOpen.add(closeNow);
  return closeNow;
};

/** The document is the same wherever it is served. */
let check: Promise<AnswerCheck> | undefined;

const checkFor = (url: string): Promise<AnswerCheck> =>
  (check ??= fetch(`${url}/openapi.json`).then(async (response) => new AnswerCheck((await response.json()) as OpenApiDocument)));

/** A client with one credential, or none. Every answer is held to what the API's description says of it. */
export const clientOf =
  (url: string, token: string | null): Ask =>
  async (method, path, body) => {
    const headers = { ...(token !== null && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && method !== 'GET' && { body: JSON.stringify(body) }) });
    const text = await response.text();
    const problem = (await checkFor(url)).problemWith({ method, path, status: response.status, contentType: response.headers.get('content-type'), text });
    if (problem !== null) throw new Error(problem);
    return { status: response.status, headers: response.headers, body: response.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : {} };
  };

export interface RunningAccountsApi {
  url: string;
  config: AccountsApiConfig;
  operator: Ask;
  service: Ask;
  anonymous: Ask;
  as(token: string): Ask;
  /** A project with an API key. */
  newProject(): Promise<TestProject>;
  close(): Promise<void>;
}

export interface TestProject {
  id: string;
  path: string;
  apiKey: string;
  apiKeyId: string;
  admin: Ask;
}

const silent = createLogger('accounts-api', 'silent');

export const configFor = (databaseUrl: string, env: Record<string, string> = {}): AccountsApiConfig =>
  readAccountsApiConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    MESHAGENT_SECRET: 'secret-of-the-deployment',
    OPERATOR_TOKEN: 'token-of-the-operator-0123456789abcdef',
    SERVICE_CREDENTIAL: 'credential-of-the-services-0123456789',
    // Nobody listens there; specs that need billing bring one.
    BILLING_URL: 'http://127.0.0.1:1',
    PUBLIC_URL: 'https://llm.example.com/',
    ...env,
  });

/** The real service on a fresh database. */
export const runAccountsApi = async (env: Record<string, string> = {}): Promise<RunningAccountsApi> => {
  const database = await engines.postgresDatabase('accounts');
  const drop = closedAfterwards(() => database.drop());
  const running = await runOn(configFor(database.url, env));
  return { ...running, close: () => running.close().finally(drop) };
};

/** A replica with these settings. */
export const runOn = async (config: AccountsApiConfig, metrics?: Metrics): Promise<RunningAccountsApi> => {
  const { url, close } = await startAccountsApi(config, { logger: silent, metrics });
  const operator = clientOf(url, config.OPERATOR_TOKEN ?? '');
  return {
    url,
    config,
    operator,
    service: clientOf(url, config.SERVICE_CREDENTIAL),
    anonymous: clientOf(url, null),
    as: (token) => clientOf(url, token),
    newProject: () => newProject(url, operator),
    close: closedAfterwards(close),
  };
};

const newProject = async (url: string, operator: Ask): Promise<TestProject> => {
  const project = await operator('POST', '/accounts/projects', { name: `Project ${randomBytes(6).toString('hex')}` });
  const id: string = project.body['id']!;
  const path = `/accounts/projects/${id}`;
  const key = await operator('POST', `${path}/api-keys`, { name: 'test' });
  const apiKey: string = key.body['value']!;
  return { id, path, apiKey, apiKeyId: key.body['id']!, admin: clientOf(url, apiKey) };
};
