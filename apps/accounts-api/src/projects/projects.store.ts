import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { Database, type Transaction } from '../database/database.js';
import type { Integration, Project } from '../generated/client.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import { DEFAULT_SERVICE_ACCOUNT, type NewProject, withProjectKey } from './project-key.js';

export type ProjectWithIntegrations = Project & { integrations: Integration[] };

const withIntegrations = { include: { integrations: true } } as const;

@Injectable()
export class ProjectsStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /** @throws AccountsError `project_not_found` */
  async get(id: string): Promise<ProjectWithIntegrations> {
    const project = await this.database.project.findUnique({ where: { id }, ...withIntegrations });
    if (!project) throw new AccountsError('project_not_found');
    return project;
  }

  findByKey(projectKey: string): Promise<ProjectWithIntegrations | null> {
    return this.database.project.findUnique({ where: { projectKey }, ...withIntegrations });
  }

  /** Oldest first. Without ids: all. */
  list(ids?: string[]): Promise<ProjectWithIntegrations[]> {
    return this.database.project.findMany({ ...withIntegrations, ...(ids && { where: { id: { in: ids } } }), orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  }

  /** Names by id, of those that exist. */
  async namesOf(ids: string[]): Promise<Map<string, string>> {
    const projects = await this.database.project.findMany({ where: { id: { in: ids } }, select: { id: true, name: true } });
    return new Map(projects.map(({ id, name }) => [id, name]));
  }

  /** @throws AccountsError `project_exists` when the key asked for is taken */
  create(project: NewProject): Promise<Project> {
    return withProjectKey(project, (projectKey) => {
      const id = randomUUID();
      return this.changeLog.commit(id, (transaction) => insertProject(transaction, { id, projectKey, name: project.name, ownerUserId: project.ownerUserId }), {
        action: 'project.created',
        target: { type: 'project', id, name: project.name },
      });
    });
  }

  /** @throws AccountsError `project_not_found` */
  async setEnabled(id: string, enabled: boolean): Promise<void> {
    await this.changeLog.commit(
      id,
      async (transaction) => {
        const { count } = await transaction.project.updateMany({ where: { id }, data: { enabled } });
        if (count === 0) throw new AccountsError('project_not_found');
      },
      { action: enabled ? 'project.enabled' : 'project.disabled', target: { type: 'project', id } },
    );
  }
}

/** The project, and what every project has from its first moment. */
export const insertProject = (
  transaction: Transaction,
  project: Pick<Project, 'id' | 'name' | 'projectKey' | 'ownerUserId'>,
): Promise<Project> =>
  transaction.project.create({
    data: {
      ...project,
      serviceAccounts: { create: { key: DEFAULT_SERVICE_ACCOUNT, name: DEFAULT_SERVICE_ACCOUNT, roles: ['admin'] } },
      ...(project.ownerUserId !== null && { members: { create: { userId: project.ownerUserId, roles: ['owner'] } } }),
    },
  });
