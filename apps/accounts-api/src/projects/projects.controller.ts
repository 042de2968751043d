import { Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { z } from 'zod';
import { AskedBy, type Caller, StandingHere, userIdOf } from '../access/caller.js';
import { mayDo, type Standing } from '../access/permissions.js';
import { Standings } from '../access/standings.js';
import { AccountsError } from '../accounts.errors.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { IntegrationsStore } from '../integrations/integrations.store.js';
import { toLegacySettings } from '../integrations/legacy-settings.js';
import { toProjectRole } from './project-role.js';
import { isProjectKey, newProjectSchema, type ProjectInfo, projectInfoSchema, projectRoleSchema, projectsSchema, projectStatusSchema, toProjectInfo } from './projects.schema.js';
import { ProjectsStore, type ProjectWithIntegrations } from './projects.store.js';

@Controller('accounts/projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsStore,
    private readonly integrations: IntegrationsStore,
    private readonly standings: Standings,
  ) {}

  @Post()
  @HttpCode(200)
  @Answers(projectInfoSchema)
  @Refuses('project_exists')
  async create(@AskedBy() caller: Caller, @ParsedBody(newProjectSchema) body: z.infer<typeof newProjectSchema>): Promise<ProjectInfo> {
    // Checked first, so that bad settings leave no project behind.
    if (body.settings) this.integrations.check(body.settings);
    const { id } = await this.projects.create({ name: body.name, projectKey: body.project_key, ownerUserId: userIdOf(caller) });
    if (body.settings) await this.integrations.replaceSettings(id, body.settings);
    return this.infoFor(caller, await this.projects.get(id));
  }

  @Get()
  @Answers(projectsSchema)
  async list(@AskedBy() caller: Caller): Promise<{ projects: ProjectInfo[] }> {
    const projects = await this.projects.list(await this.standings.projectIdsOf(caller));
    return { projects: await Promise.all(projects.map((project) => this.infoFor(caller, project))) };
  }

  @Get('by-key/:key')
  @Answers(projectInfoSchema)
  @Refuses('project_not_found')
  async byKey(@AskedBy() caller: Caller, @Param('key') key: string): Promise<ProjectInfo> {
    const project = isProjectKey(key) ? await this.projects.findByKey(key) : null;
    const standing = project && (await this.standings.of(caller, project.id));
    if (!standing) throw new AccountsError('project_not_found');
    return infoFor(standing, project);
  }

  @Get(':projectId')
  @Answers(projectInfoSchema)
  async get(@StandingHere() standing: Standing, @Param('projectId') id: string): Promise<ProjectInfo> {
    return infoFor(standing, await this.projects.get(id));
  }

  @Get(':projectId/status')
  @Answers(projectStatusSchema)
  async status(@Param('projectId') id: string): Promise<{ enabled: boolean }> {
    return { enabled: (await this.projects.get(id)).enabled };
  }

  @Put(':projectId/status')
  @Answers(projectStatusSchema)
  async setStatus(@Param('projectId') id: string, @ParsedBody(projectStatusSchema) body: z.infer<typeof projectStatusSchema>) {
    await this.projects.setEnabled(id, body.enabled);
    return { enabled: body.enabled };
  }

  @Get(':projectId/role')
  @Answers(projectRoleSchema)
  async role(@StandingHere() standing: Standing, @Param('projectId') id: string) {
    await this.projects.get(id);
    return toProjectRole(standing);
  }

  private async infoFor(caller: Caller, project: ProjectWithIntegrations): Promise<ProjectInfo> {
    return infoFor(await this.standings.of(caller, project.id), project);
  }
}

const infoFor = (standing: Standing | null, project: ProjectWithIntegrations): ProjectInfo => {
  const maySeeSettings = standing !== null && mayDo(standing, 'settings.manage');
  return toProjectInfo(project, maySeeSettings ? toLegacySettings(project.settings, project.integrations) : null);
};
