import type { IncomingMessage } from 'node:http';
import type { Endpoint } from '../providers/index.js';
import { Refusal } from '../refusals.js';
import { FormBody } from './form-body.js';
import type { RequestFacts } from './request-facts.js';
import type { RequestHead } from './request-head.js';

const FORM = /^multipart\/form-data\s*;.*boundary=/i;

export const isForm = (head: RequestHead): boolean => head.contentType !== null && FORM.test(head.contentType);

/** The facts of a multipart form, as soon as its model is known; the rest is read while it goes upstream, and may still refuse it there. */
export const readFormFacts = async (request: IncomingMessage, head: RequestHead, endpoint: Endpoint, maxBytes: number): Promise<RequestFacts | Refusal> => {
  const rule = endpoint.fields;
  const priceFacts: RequestFacts['priceFacts'] = {};
  const body = new FormBody({
    contentType: head.contentType!,
    wanted: new Set(['model', 'stream', ...(rule?.wanted.names ?? [])]),
    maxBytes,
    problem: (field) => {
      Object.assign(priceFacts, rule?.facts?.(field));
      return rule?.problem?.(field) ?? null;
    },
  });
  const refusal = await body.start(request);
  if (refusal !== null) return refusal;
  const model = body.field('model');
  return { model, models: [], stream: body.field('stream') === 'true', serviceTier: null, priceFacts, body, hideUsage: false };
};
