import { Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { llmLoggerAnswerSchema, llmLoggersAnswerSchema, type LlmLoggerUpdate, llmLoggerUpdateSchema, type NewLlmLogger, newLlmLoggerSchema, toLlmLogger } from './llm-loggers.schema.js';
import { LlmLoggersStore } from './llm-loggers.store.js';

@Controller('accounts/projects/:projectId/llm-loggers')
export class LlmLoggersController {
  constructor(private readonly loggers: LlmLoggersStore) {}

  @Post()
  @HttpCode(200)
  @Answers(llmLoggerAnswerSchema)
  @Refuses('feed_not_found', 'too_many')
  async create(@Param('projectId') projectId: string, @ParsedBody(newLlmLoggerSchema) logger: NewLlmLogger) {
    return { logger: toLlmLogger(await this.loggers.create(projectId, logger)) };
  }

  @Get()
  @Answers(llmLoggersAnswerSchema)
  async list(@Param('projectId') projectId: string) {
    return { loggers: (await this.loggers.list(projectId)).map(toLlmLogger) };
  }

  @Get(':loggerId')
  @Answers(llmLoggerAnswerSchema)
  @Refuses('llm_logger_not_found')
  async get(@Param('projectId') projectId: string, @Param('loggerId') id: string) {
    return { logger: toLlmLogger(await this.loggers.get(projectId, id)) };
  }

  @Put(':loggerId')
  @Answers(llmLoggerAnswerSchema)
  @Refuses('llm_logger_not_found', 'feed_not_found')
  async update(@Param('projectId') projectId: string, @Param('loggerId') id: string, @ParsedBody(llmLoggerUpdateSchema) update: LlmLoggerUpdate) {
    return { logger: toLlmLogger(await this.loggers.update(projectId, id, update)) };
  }

  @Delete(':loggerId')
  @Answers(okSchema)
  @Refuses('llm_logger_not_found')
  async remove(@Param('projectId') projectId: string, @Param('loggerId') id: string) {
    await this.loggers.remove(projectId, id);
    return OK;
  }
}
