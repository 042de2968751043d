import { type IncomingHttpHeaders, type Server, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadPriceBook } from '@llm-proxy/pricing';
import type { ProjectPolicy } from '@llm-proxy/shared-auth';
import type { UsageEvent } from '@llm-proxy/usage-schema';
import { CurrentPrices } from '../admission/prices.js';
import type { BatchDesk } from '../batches/batch-desk.js';
import { type ManagedProviders, startKnownProject } from '../credentials/known-project.suite.js';
import { providers } from '../providers/index.js';
import { Relay } from './relay.js';

export interface RelayGatewayOptions extends ManagedProviders {
  policy?: Partial<ProjectPolicy>;
  batches?: BatchDesk;
}

export const PRICE_RULES = { priceBook: loadPriceBook(), surchargeBasisPoints: 500 };

/** The relay on a real server, with a policy source in memory and the events at hand. */
export const startRelayGateway = async (options: RelayGatewayOptions) => {
  const project = startKnownProject(options);
  Object.assign(project.policy, options.policy);
  const events: UsageEvent[] = [];
  const { callers, policies, upstreams, logger } = project;
  const relay = new Relay({
    providers,
    callers,
    policies,
    keyUse: { note: () => undefined },
    admission: { prices: new CurrentPrices(PRICE_RULES.priceBook), canRecordUsage: () => true, allowsUnmetered: false },
    upstreams,
    usage: { emit: (event) => void events.push(event) },
    priceRules: PRICE_RULES,
    batches: options.batches ?? null,
    maxBodyBytes: 1_000_000,
    afterDisconnect: { maxMs: 5_000, maxBytes: 1_000_000 },
    logger,
  });
  const server = createServer((message, response) => void relay.handle(message, response));
  const url = await listening(server);
  return {
    url,
    apiKey: project.apiKey,
    events,
    close: async () => {
      await relay.drain(1_000);
      await project.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type RelayGateway = Awaited<ReturnType<typeof startRelayGateway>>;

/** @returns its URL */
export const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  trailers: Record<string, string | undefined>;
  body: Buffer;
}

/** POSTs JSON, and reads what no `fetch` shows: trailers. */
export const post = (url: string, headers: Record<string, string>, body: unknown, onChunk: (chunk: Buffer) => void = () => undefined): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        onChunk(chunk);
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, trailers: answer.trailers, body: Buffer.concat(chunks) }));
      answer.on('error', reject);
    });
    sent.on('error', reject).end(JSON.stringify(body));
  });
