import { Controller, Get, Param } from '@nestjs/common';
import { z } from 'zod';
import { Answers } from '../http/answers.js';
import { ProjectsStore } from '../projects/projects.store.js';

const sessionsSchema = z.object({ sessions: z.array(z.never()) });

/** Rooms hold no sessions in this deployment: they attribute usage. */
@Controller('accounts/projects/:projectId/sessions')
export class SessionsController {
  constructor(private readonly projects: ProjectsStore) {}

  @Get()
  @Answers(sessionsSchema)
  async list(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { sessions: [] };
  }

  @Get('active')
  @Answers(sessionsSchema)
  async active(@Param('projectId') projectId: string) {
    await this.projects.get(projectId);
    return { sessions: [] };
  }
}
