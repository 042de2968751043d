import { Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { z } from 'zod';
import { AskedBy, type Caller } from '../access/caller.js';
import { mayDo, roleIn } from '../access/permissions.js';
import { AccountsError } from '../accounts.errors.js';
import { ParsedBody } from '../http/parse-with.js';
import { IntegrationsStore } from '../integrations/integrations.store.js';
import { fromLegacySettings, toLegacySettings } from '../integrations/legacy-settings.js';
import { toProjectRole } from './project-role.js';
import { isProjectKey, newProjectSchema, type ProjectInfo, projectStatusSchema, toProjectInfo } from './projects.schema.js';
import { ProjectsStore, type ProjectWithIntegrations } from './projects.store.js';

@Controller('accounts/projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsStore,
    private readonly integrations: IntegrationsStore,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@AskedBy() caller: Caller, @ParsedBody(newProjectSchema) body: z.infer<typeof newProjectSchema>): Promise<ProjectInfo> {
    // Checked first, so that bad settings leave no project behind.
    if (body.settings) fromLegacySettings(body.settings, []);
    const ownerUserId = caller.kind === 'user' ? caller.userId : null;
    const { id } = await this.projects.create({ name: body.name, projectKey: body.project_key, ownerUserId });
    if (body.settings) await this.integrations.replaceSettings(id, body.settings);
    return infoFor(asOwner(caller, id), await this.projects.get(id));
  }

  @Get()
  async list(@AskedBy() caller: Caller): Promise<{ projects: ProjectInfo[] }> {
    const projects = await this.projects.list(caller.kind === 'operator' ? undefined : caller.kind === 'user' ? [...caller.memberships.keys()] : [caller.projectId]);
    return { projects: projects.map((project) => infoFor(caller, project)) };
  }

  @Get('by-key/:key')
  async byKey(@AskedBy() caller: Caller, @Param('key') key: string): Promise<ProjectInfo> {
    const project = isProjectKey(key) ? await this.projects.findByKey(key) : null;
    if (!project || !roleIn(caller, project.id)) throw new AccountsError('project_not_found');
    return infoFor(caller, project);
  }

  @Get(':projectId')
  async get(@AskedBy() caller: Caller, @Param('projectId') id: string): Promise<ProjectInfo> {
    return infoFor(caller, await this.projects.get(id));
  }

  @Get(':projectId/status')
  async status(@Param('projectId') id: string): Promise<{ enabled: boolean }> {
    return { enabled: (await this.projects.get(id)).enabled };
  }

  @Put(':projectId/status')
  async setStatus(@Param('projectId') id: string, @ParsedBody(projectStatusSchema) body: z.infer<typeof projectStatusSchema>) {
    await this.projects.setEnabled(id, body.enabled);
    return { enabled: body.enabled };
  }

  @Get(':projectId/role')
  async role(@AskedBy() caller: Caller, @Param('projectId') id: string) {
    return toProjectRole(caller, (await this.projects.get(id)).id);
  }
}

/** The caller as they are once the project is theirs. */
const asOwner = (caller: Caller, projectId: string): Caller =>
  caller.kind === 'user' ? { ...caller, memberships: new Map([...caller.memberships, [projectId, ['owner']]]) } : caller;

const infoFor = (caller: Caller, project: ProjectWithIntegrations): ProjectInfo => {
  const role = roleIn(caller, project.id);
  const maySeeSettings = role !== null && mayDo(role, 'settings.manage');
  return toProjectInfo(project, maySeeSettings ? toLegacySettings(project.settings, project.integrations) : null);
};
