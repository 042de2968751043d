import { Controller, Get, Param } from '@nestjs/common';
import { ProjectsStore } from '../projects/projects.store.js';

/** Rooms hold no sessions in this deployment: they attribute usage. */
@Controller('accounts/projects/:projectId/sessions')
export class SessionsController {
  constructor(private readonly projects: ProjectsStore) {}

  @Get()
  async list(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { sessions: [] };
  }

  @Get('active')
  async active(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { sessions: [] };
  }
}
