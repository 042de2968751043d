import type { OpenAI } from 'openai';
import { jsonAnswer, modelInPath, type Route } from '../provider.js';

const LISTED = ['gpt-5.4', 'gpt-5.4-mini', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4o', 'gpt-4o-mini', 'text-embedding-3-large', 'text-embedding-3-small'];

const CREATED_SECONDS = 1_767_225_600;

const toModel = (id: string) => ({ id, object: 'model', created: CREATED_SECONDS, owned_by: 'provider-simulator' }) satisfies OpenAI.Model;

const list = { object: 'list', data: LISTED.map(toModel) };

export const listModels: Route = { method: 'GET', path: '/v1/models', answer: () => jsonAnswer(list) };

/** Knows every model but one, as the other routes do. */
export const retrieveModel: Route = { method: 'GET', path: '/v1/models/', answer: ({ path }) => jsonAnswer(toModel(modelInPath(path, '/v1/models/'))) };
