import { randomUUID } from 'node:crypto';
import { USAGE_TOPIC } from '@llm-proxy/usage-schema';

const MODELS = [
  { provider: 'openai', endpoint: '/v1/responses', model: 'gpt-5.4', responseModel: 'gpt-5.4-2026-03-05' },
  { provider: 'openai', endpoint: '/v1/chat/completions', model: 'gpt-4.1', responseModel: 'gpt-4.1-2025-04-14' },
  { provider: 'anthropic', endpoint: '/v1/messages', model: 'claude-sonnet-4-6', responseModel: 'claude-sonnet-4-6' },
];
const PROJECTS = 200;
const KEYS_PER_PROJECT = 5;
const CLIENTS = ['OpenAI/JS 7.57.0', 'OpenAI/Python 2.9.0', 'Anthropic/JS 1.12.0', 'curl/8.5.0'];

const any = (/** @type {number} */ count) => Math.floor(Math.random() * count);

const usageOf = (/** @type {string} */ endpoint) => {
  const [input, cached, output] = [1_000 + any(40_000), any(1_000), 1 + any(4_000)];
  if (endpoint === '/v1/messages') {
    return { input_tokens: input, cache_read_input_tokens: cached, cache_creation_input_tokens: any(500), output_tokens: output, service_tier: 'standard' };
  }
  if (endpoint === '/v1/responses') {
    return { input_tokens: input, input_tokens_details: { cached_tokens: cached }, output_tokens: output, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: input + output };
  }
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output, prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 } };
};

/** Makes usage events of some hundred projects, as gateways would send them. */
export const createEventMaker = () => {
  const projects = Array.from({ length: PROJECTS }, () => ({
    projectId: randomUUID(),
    apiKeyIds: Array.from({ length: KEYS_PER_PROJECT }, () => randomUUID()),
  }));
  return (/** @type {string} */ time) => {
    const { provider, endpoint, model, responseModel } = /** @type {(typeof MODELS)[number]} */ (MODELS[any(MODELS.length)]);
    const { projectId, apiKeyIds } = /** @type {(typeof projects)[number]} */ (projects[any(PROJECTS)]);
    const event = {
      specversion: '1.0',
      id: randomUUID(),
      source: '/gateway',
      type: USAGE_TOPIC,
      subject: projectId,
      time,
      datacontenttype: 'application/json',
      data: {
        provider,
        endpoint,
        transport: any(2) === 0 ? 'http' : 'sse',
        requestModel: model,
        responseModel,
        requestServiceTier: null,
        responseServiceTier: null,
        usage: usageOf(endpoint),
        requestFacts: {},
        providerKey: any(10) === 0 ? 'project' : 'managed',
        measurement: 'exact',
        outcome: 'completed',
        status: 200,
        providerRequestId: `req_${randomUUID().replaceAll('-', '')}`,
        attribution: {
          projectId,
          credential: 'api_key',
          apiKeyId: apiKeyIds[any(KEYS_PER_PROJECT)],
          serviceAccountId: null,
          userId: null,
          participant: any(3) === 0 ? `agent-${any(20)}` : null,
          onBehalfOf: null,
          room: any(2) === 0 ? `room-${any(20)}` : null,
          client: CLIENTS[any(CLIENTS.length)] ?? null,
          annotations: any(4) === 0 ? { team: `team-${any(8)}` } : {},
        },
        timings: { startedAt: time, firstByteMs: 100 + any(900), durationMs: 1_000 + any(9_000) },
      },
    };
    return { id: event.id, key: projectId, value: Buffer.from(JSON.stringify(event)) };
  };
};
