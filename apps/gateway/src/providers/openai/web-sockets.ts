import type { Refusal } from '../../refusals.js';
import type { WebSockets } from '../web-socket.js';
import { openAiErrorBody } from './errors.js';
import { RealtimeConversation, realtimeModelOf } from './realtime-socket.js';
import { ResponsesConversation } from './responses-socket.js';

/** Members that say nothing are left out: clients compare the out-of-credits frame as a whole. */
const errorFrame = (refusal: Refusal): unknown => {
  const { error } = openAiErrorBody(refusal) as { error: Record<string, unknown> };
  return { type: 'error', error: Object.fromEntries(Object.entries(error).filter(([, value]) => value !== null)), status: refusal.status };
};

export const openAiWebSockets: WebSockets = {
  endpoints: [
    { path: '/v1/realtime', billable: true, startsTurnsItself: true, modelOf: realtimeModelOf, conversation: (model) => new RealtimeConversation(model) },
    { path: '/v1/responses', billable: true, startsTurnsItself: false, modelOf: () => null, conversation: () => new ResponsesConversation() },
  ],
  credentialProtocols: ['openai-insecure-api-key.'],
  droppedProtocols: ['openai-organization.', 'openai-project.'],
  errorFrame,
};
