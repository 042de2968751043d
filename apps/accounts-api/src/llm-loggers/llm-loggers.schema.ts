import { z } from 'zod';
import type { LlmLogger } from '../generated/client.js';
import { instantText } from '../http/answer.schema.js';
import { jsonObject, jsonObjectOrNone, text } from '../http/fields.schema.js';
import { MAX_FILTER_LENGTH, parseFilter } from './filter-expression.js';
import { FilterError } from './filter-tokens.js';

const filterExpression = () =>
  text(MAX_FILTER_LENGTH)
    .superRefine((source, context) => {
      try {
        parseFilter(source);
      } catch (error) {
        if (!(error instanceof FilterError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    })
    .describe("Part of JMESPath, over what a copied message says: `provider == 'openai' && cost > 0.01`, `annotations.team == 'search'`, `starts_with(model, 'gpt-')`.");

export const newLlmLoggerSchema = z.object({
  destination_feed_id: z.string().max(100),
  filter_expression: filterExpression(),
  paused: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  annotations: jsonObjectOrNone(),
});

/** Null and absent leave a field as it is. */
export const llmLoggerUpdateSchema = z.object({
  destination_feed_id: z.string().max(100).nullish(),
  filter_expression: filterExpression().nullish(),
  paused: z.boolean().nullish(),
  annotations: jsonObject().nullish(),
});

export type NewLlmLogger = z.infer<typeof newLlmLoggerSchema>;
export type LlmLoggerUpdate = z.infer<typeof llmLoggerUpdateSchema>;

const llmLoggerSchema = z
  .object({
    id: z.uuid(),
    project_id: z.uuid(),
    destination_feed_id: z.uuid(),
    filter_expression: z.string(),
    paused: z.boolean(),
    created_at: instantText(),
    annotations: z.record(z.string(), z.json()),
  })
  .meta({ id: 'LlmLogger' });

export const llmLoggerAnswerSchema = z.object({ logger: llmLoggerSchema });
export const llmLoggersAnswerSchema = z.object({ loggers: z.array(llmLoggerSchema) });

export const toLlmLogger = (logger: LlmLogger): z.infer<typeof llmLoggerSchema> => ({
  id: logger.id,
  project_id: logger.projectId,
  destination_feed_id: logger.destinationFeedId,
  filter_expression: logger.filterExpression,
  paused: logger.paused,
  created_at: logger.createdAt.toISOString(),
  annotations: logger.annotations as z.infer<typeof llmLoggerSchema>['annotations'],
});
