import { Injectable } from '@nestjs/common';
import { expandRoles, modelPolicySchema, type ProjectPolicy, type RoomPolicy } from '@llm-proxy/shared-auth';
import { Database } from '../database/database.js';
import { adjustmentsDocumentSchema, PRICE_ADJUSTMENTS } from '../pricing/price-adjustments.schema.js';

const mayUseLlm = (roles: readonly string[]): boolean => expandRoles(roles).has('llm_proxy_user');

/** What gateways may know of a project. Secrets stay sealed. */
@Injectable()
export class PolicyStore {
  constructor(private readonly database: Database) {}

  async ofProject(projectId: string): Promise<ProjectPolicy | null> {
    const project = await this.database.project.findUnique({
      where: { id: projectId },
      select: {
        id: true,
        enabled: true,
        apiKeys: {
          where: { OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] },
          select: { id: true, serviceAccountId: true, sealedSecret: true, expiresAt: true, serviceAccount: { select: { roles: true } } },
        },
        integrations: true,
        documents: { where: { name: { in: ['router', PRICE_ADJUSTMENTS] } } },
        members: { select: { userId: true, roles: true } },
        oauthClients: { where: { grantTypes: { has: 'client_credentials' } }, select: { clientId: true } },
      },
    });
    if (project === null) return null;
    const documentOf = (name: string) => project.documents.find((document) => document.name === name)?.document;
    const router = documentOf('router');
    const priceAdjustments = documentOf(PRICE_ADJUSTMENTS);
    return {
      projectId: project.id,
      enabled: project.enabled,
      apiKeys: project.apiKeys.map(({ expiresAt, serviceAccount, ...key }) => ({
        ...key,
        mayUseLlm: mayUseLlm(serviceAccount.roles),
        expiresAtMs: expiresAt?.getTime() ?? null,
      })),
      integrations: Object.fromEntries(
        project.integrations.map(({ provider, sealedApiKey, baseUrl }) => [provider, { sealedApiKey, baseUrl }]),
      ),
      router: router === undefined ? null : modelPolicySchema.parse(router),
      ...(priceAdjustments !== undefined && { priceAdjustments: adjustmentsDocumentSchema.parse(priceAdjustments).adjustments }),
      llmProxyUserIds: project.members.filter(({ roles }) => mayUseLlm(roles)).map(({ userId }) => userId),
      llmProxyClientIds: project.oauthClients.map(({ clientId }) => clientId),
    };
  }

  /** Those of the ids that are projects. */
  async existing(projectIds: string[]): Promise<string[]> {
    const projects = await this.database.project.findMany({ where: { id: { in: projectIds } }, select: { id: true } });
    return projects.map(({ id }) => id);
  }

  ofRoom(projectId: string, name: string): Promise<RoomPolicy | null> {
    return this.database.room.findUnique({ where: { projectId_name: { projectId, name } }, select: { id: true, name: true, enabled: true } });
  }
}
