import { isAllowedHost, lookupPublic, problemOfForeignUrl } from '@llm-proxy/platform-http';
import { type SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import type { KnownProject } from '../credentials/policy-cache.js';
import type { Provider } from '../providers/index.js';
import { type Refusal, refusals } from '../refusals.js';
import { KeyEcho } from './key-echo.js';
import { StreamedKey } from './key-filter.js';

/** Where a call goes and which key pays. */
export interface Upstream {
  pool: Pool;
  /** Scheme, host and port, e.g. `https://api.openai.com`. */
  origin: string;
  /** Path of the base URL without its trailing slash. */
  basePath: string;
  keyHeader: readonly [name: string, value: string];
  /** Finds the key in what the provider says. */
  keyEcho: KeyEcho;
  /** The same, in what is passed on while it comes. */
  streamedKey: StreamedKey;
  paidBy: 'managed' | 'project';
}

export interface UpstreamTimeouts {
  connectMs: number;
  /** From the request to the answer's headers. Models think for minutes. */
  firstByteMs: number;
  /** Between two pieces of an answer. */
  idleMs: number;
}

export interface ManagedProvider {
  baseUrl: string;
  /** Null: the deployment has no key of its own for this provider. */
  apiKey: string | null;
}

export interface UpstreamsOptions {
  managed: Readonly<Record<string, ManagedProvider>>;
  secretBox: SecretBox;
  /** `host` or `host:port` that projects may point their base URLs at although they are private. */
  allowPrivateUpstreams: readonly string[];
  timeouts: UpstreamTimeouts;
  connectionsPerOrigin: number;
  /** Resolves the names of addresses that projects chose. @default lookupPublic */
  lookup?: typeof lookupPublic;
}

const MAX_ORIGINS = 500;

/** Finds the upstream of a call: the project's own integration first, else the deployment's key. Keeps one connection pool an origin. */
export class Upstreams {
  private readonly pools = new LRUCache<string, Pool>({ max: MAX_ORIGINS, dispose: (pool) => void pool.close() });
  /** Falls away with the project object, so a changed integration is read anew. */
  private readonly ofProject = new WeakMap<KnownProject, Map<string, Upstream | Refusal>>();

  constructor(private readonly options: UpstreamsOptions) {}

  for(provider: Provider, project: KnownProject): Upstream | Refusal {
    let known = this.ofProject.get(project);
    if (known === undefined) this.ofProject.set(project, (known = new Map()));
    let upstream = known.get(provider.name);
    if (upstream === undefined) known.set(provider.name, (upstream = this.find(provider, project)));
    return upstream;
  }

  /** The deployment's own key, whatever the project has. */
  managed(provider: Provider): Upstream | Refusal {
    const managed = this.options.managed[provider.name];
    if (managed === undefined || managed.apiKey === null) return refusals.providerNotConfigured(provider.title);
    return this.upstream(provider, managed.baseUrl, managed.apiKey, 'managed');
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private find(provider: Provider, { policy }: KnownProject): Upstream | Refusal {
    const managed = this.options.managed[provider.name];
    const own = policy.integrations[provider.name];
    if (own !== undefined) {
      const apiKey = this.options.secretBox.open(own.sealedApiKey, { projectId: policy.projectId, field: sealedFields.integration(provider.name) });
      return own.baseUrl === null ? this.upstream(provider, managed!.baseUrl, apiKey, 'project') : this.foreign(provider, own.baseUrl, apiKey);
    }
    return this.managed(provider);
  }

  /** An address that a project chose: looked at now, and again at every connection. */
  private foreign(provider: Provider, baseUrl: string, apiKey: string): Upstream | Refusal {
    const url = new URL(baseUrl);
    const { allowPrivateUpstreams } = this.options;
    if (problemOfForeignUrl(url, allowPrivateUpstreams) !== null) return refusals.providerAddressForbidden(provider.title);
    return this.upstream(provider, baseUrl, apiKey, 'project', !isAllowedHost(url, allowPrivateUpstreams));
  }

  private upstream(provider: Provider, baseUrl: string, apiKey: string, paidBy: Upstream['paidBy'], publicOnly = false): Upstream {
    const url = new URL(baseUrl);
    return { pool: this.pool(url.origin, publicOnly), origin: url.origin, basePath: url.pathname.replace(/\/+$/, ''), keyHeader: provider.keyHeader(apiKey), keyEcho: new KeyEcho(apiKey), streamedKey: new StreamedKey(apiKey), paidBy };
  }

  private pool(origin: string, publicOnly: boolean): Pool {
    const name = publicOnly ? `public ${origin}` : origin;
    let pool = this.pools.get(name);
    if (pool === undefined) {
      const { timeouts, connectionsPerOrigin } = this.options;
      pool = new Pool(origin, {
        connections: connectionsPerOrigin,
        pipelining: 1,
        connect: { timeout: timeouts.connectMs, ...(publicOnly && { lookup: this.options.lookup ?? lookupPublic }) },
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: timeouts.idleMs,
      });
      this.pools.set(name, pool);
    }
    return pool;
  }
}
