import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ParsedBody } from '../http/parse-with.js';
import { type LlmLoggerUpdate, llmLoggerUpdateSchema, type NewLlmLogger, newLlmLoggerSchema, toLlmLogger } from './llm-loggers.schema.js';
import { LlmLoggersStore } from './llm-loggers.store.js';

@Controller('accounts/projects/:projectId/llm-loggers')
export class LlmLoggersController {
  constructor(private readonly loggers: LlmLoggersStore) {}

  @Post()
  @HttpCode(200)
  async create(@Param('projectId') projectId: string, @ParsedBody(newLlmLoggerSchema) logger: NewLlmLogger) {
    return { logger: toLlmLogger(await this.loggers.create(projectId, logger)) };
  }

  @Get()
  async list(@Param('projectId') projectId: string) {
    return { loggers: (await this.loggers.list(projectId)).map(toLlmLogger) };
  }

  @Get(':loggerId')
  async get(@Param('projectId') projectId: string, @Param('loggerId') id: string) {
    return { logger: toLlmLogger(await this.loggers.get(projectId, id)) };
  }

  @Put(':loggerId')
  async update(@Param('projectId') projectId: string, @Param('loggerId') id: string, @ParsedBody(llmLoggerUpdateSchema) update: LlmLoggerUpdate) {
    return { logger: toLlmLogger(await this.loggers.update(projectId, id, update)) };
  }

  @Delete(':loggerId')
  async remove(@Param('projectId') projectId: string, @Param('loggerId') id: string) {
    await this.loggers.remove(projectId, id);
    return { ok: true };
  }
}
