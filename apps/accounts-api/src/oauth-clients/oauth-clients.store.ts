import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';
import { revocationKeys, SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { AccountsError } from '../accounts.errors.js';
import { Database } from '../database/database.js';
import type { OAuthClient, Prisma } from '../generated/client.js';
import type { Page } from '../http/paging.schema.js';
import { revokeWithin } from '../oauth/revocations.store.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { isUsable, type NewOAuthClient, type OAuthClientUpdate } from './oauth-clients.schema.js';

/** What is no client id is not in the database either, which could not even be asked for some texts. */
const CLIENT_ID = /^[A-Za-z0-9]{1,64}$/;

/** As the public id of the built-in client: letters and digits only. */
const newClientId = (): string => randomBytes(48).toString('base64').replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 32);

@Injectable()
export class OAuthClientsStore {
  constructor(
    private readonly database: Database,
    private readonly box: SecretBox,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /**
   * @returns the client and its secret, which is told this once; empty for a public client
   * @throws AccountsError `invalid_request`
   */
  async create(projectId: string, client: NewOAuthClient): Promise<{ client: OAuthClient; secret: string }> {
    const clientId = newClientId();
    const isPublic = client.metadata['token_endpoint_auth_method'] === 'none';
    const secret = isPublic ? '' : randomBytes(32).toString('base64url');
    const sealedSecret = isPublic ? null : this.box.seal(secret, sealedFor(projectId, clientId));
    const data = { clientId, projectId, sealedSecret, ...columnsOf(client) };
    if (!isUsable(data)) throw new AccountsError('invalid_request', 'redirect_uris: authorization_code needs at least one');
    if (isPublic && data.grantTypes.includes('client_credentials')) throw new AccountsError('invalid_request', 'grant_types: client_credentials needs a client with a secret');
    const created = await this.changeLog.commit(projectId, (transaction) => transaction.oAuthClient.create({ data }), (made) => ({
      action: 'oauth_client.created',
      target: targetOf(made),
      details: aboutOf(made),
    }));
    return { client: created, secret };
  }

  async list(projectId: string, page: Page): Promise<{ clients: OAuthClient[]; total: number }> {
    const where: Prisma.OAuthClientWhereInput = {
      projectId,
      ...(page.filter && { OR: [{ clientId: { contains: page.filter } }, { metadata: { path: ['name'], string_contains: page.filter } }] }),
    };
    const [clients, total] = await Promise.all([
      this.database.oAuthClient.findMany({ where, orderBy: [{ createdAt: 'asc' }, { clientId: 'asc' }], skip: page.skip, take: page.take }),
      this.database.oAuthClient.count({ where }),
    ]);
    return { clients, total };
  }

  /** @throws AccountsError `oauth_client_not_found` */
  async get(projectId: string, clientId: string): Promise<OAuthClient> {
    const client = CLIENT_ID.test(clientId) ? await this.database.oAuthClient.findFirst({ where: { projectId, clientId } }) : null;
    if (!client) throw new AccountsError('oauth_client_not_found');
    return client;
  }

  /** @throws AccountsError `oauth_client_not_found`, `invalid_request` */
  async update(projectId: string, clientId: string, update: OAuthClientUpdate): Promise<void> {
    const client = await this.get(projectId, clientId);
    const changed = columnsOf(update);
    const after = { ...client, ...changed };
    if (!isUsable(after)) throw new AccountsError('invalid_request', 'redirect_uris: authorization_code needs at least one');
    if (client.sealedSecret === null && after.grantTypes.includes('client_credentials')) {
      throw new AccountsError('invalid_request', 'grant_types: client_credentials needs a client with a secret');
    }
    await this.changeLog.commit(projectId, (transaction) => transaction.oAuthClient.updateMany({ where: { projectId, clientId }, data: changed }), {
      action: 'oauth_client.updated',
      target: targetOf(after),
      details: aboutOf(after),
    });
  }

  /**
   * What it was granted ends with it.
   * @throws AccountsError `oauth_client_not_found`
   */
  async remove(projectId: string, clientId: string): Promise<void> {
    const client = await this.get(projectId, clientId);
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const { count } = await transaction.oAuthClient.deleteMany({ where: { projectId, clientId } });
        if (count === 0) throw new AccountsError('oauth_client_not_found');
        await transaction.oAuthArtifact.deleteMany({ where: { clientId } });
        await revokeWithin(transaction, [revocationKeys.client(clientId)]);
      },
      { action: 'oauth_client.deleted', target: targetOf(client) },
    );
  }

  /** What the authorization server knows a client by. */
  async metadataOf(clientId: string): Promise<AdapterPayload | undefined> {
    const client = await this.database.oAuthClient.findUnique({ where: { clientId } });
    if (!client) return undefined;
    const { grantTypes, redirectUris, sealedSecret } = client;
    const usesCode = grantTypes.includes('authorization_code');
    return {
      client_id: clientId,
      client_name: nameOf(client),
      application_type: redirectUris.some(isNative) ? 'native' : 'web',
      grant_types: grantTypes,
      redirect_uris: usesCode ? redirectUris : [],
      response_types: usesCode ? ['code'] : [],
      project_id: client.projectId ?? undefined,
      allowed_scope: client.scope,
      ...(sealedSecret === null
        ? { token_endpoint_auth_method: 'none' }
        : { token_endpoint_auth_method: 'client_secret_post', client_secret: this.box.open(sealedSecret, sealedFor(client.projectId ?? '', clientId)) }),
    };
  }
}

const sealedFor = (projectId: string, clientId: string) => ({ projectId, field: sealedFields.oauthClientSecret(clientId) });

/** Programs on a device: they receive codes on a loopback address or a scheme of their own. */
const isNative = (uri: string): boolean => {
  const { protocol, hostname } = new URL(uri);
  return !/^https?:$/.test(protocol) || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
};

const targetOf = (client: Pick<OAuthClient, 'clientId' | 'metadata'>) => ({ type: 'oauth_client', id: client.clientId, name: nameOf(client) });

const aboutOf = ({ grantTypes, redirectUris, scope }: OAuthClient) => ({ grant_types: grantTypes, redirect_uris: redirectUris, scope });

const nameOf = ({ metadata, clientId }: Pick<OAuthClient, 'clientId' | 'metadata'>): string => {
  const name = (metadata as Record<string, unknown>)['name'];
  return typeof name === 'string' && name !== '' ? name : clientId;
};

const columnsOf = (client: OAuthClientUpdate) => ({
  ...(client.grant_types && { grantTypes: client.grant_types }),
  ...(client.response_types && { responseTypes: client.response_types }),
  ...(client.redirect_uris && { redirectUris: client.redirect_uris }),
  ...(client.scope !== undefined && { scope: client.scope }),
  ...(client.metadata && { metadata: client.metadata }),
}) as Partial<OAuthClient> & Pick<OAuthClient, 'grantTypes' | 'redirectUris'> & { metadata?: Prisma.InputJsonObject };
