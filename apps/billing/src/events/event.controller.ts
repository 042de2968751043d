import { ServiceCredentialGuard } from '@llm-proxy/platform-http';
import { Controller, Get, Inject, NotFoundException, Param, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { READING, type Database } from '../database/database.js';
import { toEventAnswer } from './event-answer.js';
import { findEvent } from './event.store.js';

const idsSchema = z.object({ projectId: z.uuid(), eventId: z.uuid() });

/** One event and its lines. */
@Controller('internal/projects/:projectId/events')
@UseGuards(ServiceCredentialGuard)
export class EventController {
  constructor(@Inject(READING) private readonly database: Database) {}

  @Get(':eventId')
  async event(@Param() params: unknown) {
    const ids = idsSchema.safeParse(params);
    const found = ids.success ? await findEvent(this.database, ids.data.projectId, ids.data.eventId) : null;
    if (found === null) throw new NotFoundException('The project has no such event.');
    return toEventAnswer(found);
  }
}
