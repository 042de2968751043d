import { isAllowedHost, lookupPublic, PrivateAddressError, problemOfForeignUrl } from '@llm-proxy/platform-http';
import { Agent, errors, request } from 'undici';
import type { z } from 'zod';
import type { IntegrationProvider, probeResultSchema } from './integrations.schema.js';

const TIMEOUT_MS = 10_000;

export interface ProbeTarget {
  provider: IntegrationProvider;
  apiKey: string;
  baseUrl: string;
  /** Did the project choose the address? Then it has to be a public one. */
  isForeign: boolean;
  allowPrivateUpstreams: readonly string[];
}

export type ProbeResult = z.infer<typeof probeResultSchema>;

/** One cheap call, which costs nothing: the list of models. Follows no redirect, keeps nothing of the answer. */
export const probeProvider = async (target: ProbeTarget): Promise<ProbeResult> => {
  const url = new URL(target.baseUrl);
  const problem = target.isForeign ? problemOfForeignUrl(url, target.allowPrivateUpstreams) : null;
  if (problem !== null) return { ok: false, status: null, message: `The base URL ${problem}.` };
  const publicOnly = target.isForeign && !isAllowedHost(url, target.allowPrivateUpstreams);
  const dispatcher = new Agent({ connect: { timeout: TIMEOUT_MS, ...(publicOnly && { lookup: lookupPublic }) } });
  try {
    const { statusCode, body } = await request(`${target.baseUrl}${modelsPath[target.provider]}`, {
      dispatcher,
      headers: keyHeaders(target),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body.on('error', () => undefined).destroy();
    return { ok: statusCode >= 200 && statusCode < 300, status: statusCode, message: messageFor(statusCode) };
  } catch (error) {
    return { ok: false, status: null, message: failureOf(error) };
  } finally {
    await dispatcher.destroy();
  }
};

/** Below the base URL, which by the convention of the official SDKs ends in `/v1` for all but Anthropic. */
const modelsPath: Readonly<Record<IntegrationProvider, string>> = { openai: '/models', anthropic: '/v1/models', grok: '/models' };

const keyHeaders = ({ provider, apiKey }: ProbeTarget): Record<string, string> =>
  provider === 'anthropic' ? { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' } : { authorization: `Bearer ${apiKey}` };

const messageFor = (status: number): string => {
  if (status >= 200 && status < 300) return 'The provider accepted the key.';
  if (status === 401 || status === 403) return 'The provider refused the key.';
  return `The provider answered ${status}.`;
};

const failureOf = (error: unknown): string => {
  if (error instanceof PrivateAddressError) return 'The base URL leads to a private address, which this deployment does not allow.';
  const isLate = error instanceof errors.ConnectTimeoutError || (error as { name?: unknown } | null)?.name === 'TimeoutError';
  return isLate ? 'The provider did not answer in time.' : 'The provider could not be reached.';
};
