import { Injectable } from '@nestjs/common';
import type { ProjectPolicy, RoomPolicy } from '@llm-proxy/shared-auth';
import { isLlmProxyMember } from '../access/memberships.store.js';
import { Database } from '../database/database.js';

/** What gateways may know of a project. Secrets stay sealed. */
@Injectable()
export class PolicyStore {
  constructor(private readonly database: Database) {}

  async ofProject(projectId: string): Promise<ProjectPolicy | null> {
    const project = await this.database.project.findUnique({
      where: { id: projectId },
      select: { id: true, enabled: true, apiKeys: { select: { id: true, serviceAccountId: true, sealedSecret: true } }, integrations: true, ownerUserId: true, members: true, oauthClients: { select: { clientId: true, grantTypes: true } } },
    });
    return (
      project && {
        projectId: project.id,
        enabled: project.enabled,
        apiKeys: project.apiKeys,
        integrations: Object.fromEntries(
          project.integrations.map(({ provider, sealedApiKey, baseUrl }) => [provider, { sealedApiKey, baseUrl }]),
        ),
        llmProxyUserIds: [...new Set([...(project.ownerUserId === null ? [] : [project.ownerUserId]), ...project.members.filter(({ roles }) => isLlmProxyMember(roles)).map(({ userId }) => userId)])],
        llmProxyClientIds: project.oauthClients.filter(({ grantTypes }) => grantTypes.includes('client_credentials')).map(({ clientId }) => clientId),
      }
    );
  }

  ofRoom(projectId: string, name: string): Promise<RoomPolicy | null> {
    return this.database.room.findUnique({ where: { projectId_name: { projectId, name } }, select: { id: true, name: true, enabled: true } });
  }
}
