import { anthropic } from './anthropic/index.js';
import { grok } from './grok/index.js';
import { openai } from './openai/index.js';
import type { Provider } from './provider.js';

/** Every provider the gateway serves. A new one is a folder and a line here. */
export const providers: readonly Provider[] = [openai, anthropic, grok];

export type { BatchRules, Endpoint, Estimate, FieldText, Provider, RequestFactsOfPrice, UsageReader, UsageReading } from './provider.js';
export type { Asked, Conversation, Heard, HeardUsage, TurnStep, WebSocketEndpoint, WebSockets } from './web-socket.js';
