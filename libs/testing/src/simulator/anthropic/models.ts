import type { Anthropic } from '@anthropic-ai/sdk';
import { jsonAnswer, modelInPath, type Route } from '../provider.js';

const LISTED = ['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-sonnet-4-5', 'claude-haiku-4-5'];

const toModel = (id: string) =>
  ({
    id,
    type: 'model',
    display_name: `${id} (simulated)`,
    created_at: '2026-01-01T00:00:00Z',
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    capabilities: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
  }) satisfies Anthropic.ModelInfo;

const list = { data: LISTED.map(toModel), has_more: false, first_id: LISTED[0], last_id: LISTED.at(-1) };

export const listModels: Route = { method: 'GET', path: '/v1/models', answer: () => jsonAnswer(list) };

/** Knows every model but one, as the other routes do. */
export const retrieveModel: Route = { method: 'GET', path: '/v1/models/', answer: ({ path }) => jsonAnswer(toModel(modelInPath(path, '/v1/models/'))) };
