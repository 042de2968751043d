import { simulatorHeaders } from '@llm-proxy/testing';
import OpenAI from 'openai';
import type { Served } from './served.js';

/** The program that calls, as reports name it. */
export const PROGRAM = 'nightly-job/1.0';

/** 10 × 2 $ + 1 × 8 $ a million = 0.000028 $; 5 % of it is 0.0000014 $. */
export const ONE_CALL: readonly string[] = ['gpt-4.1 input_tokens 10 20000', 'gpt-4.1 output_tokens 1 8000', 'gpt-4.1 llm_proxy_surcharge 1 1400'];

export interface CallOptions {
  headers?: Record<string, string>;
  /** Of the room-scoped URL. */
  room?: string;
}

/** A call of a model with the official client of OpenAI, which costs `ONE_CALL`. @returns what was answered */
export const callModel = async ({ system }: Served, credential: string, { headers, room }: CallOptions = {}): Promise<string | null> => {
  const baseURL = `${system.baseUrl}${room === undefined ? '' : `/rooms/${room}`}/openai/v1`;
  const answer = await new OpenAI({ baseURL, apiKey: credential, maxRetries: 0 }).chat.completions.create(
    { model: 'gpt-4.1', messages: [{ role: 'user', content: 'hello' }] },
    { headers: { ...simulatorHeaders({ usage: { prompt_tokens: 10, completion_tokens: 1 } }), 'user-agent': PROGRAM, ...headers } },
  );
  return answer.choices[0]!.message.content;
};
