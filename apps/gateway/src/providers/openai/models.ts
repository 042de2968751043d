import { findTopLevel, wantMembers } from '../../wire/json-facts.js';

const MODELS = wantMembers('models');
const EMPTY_LIST = Buffer.from('"models":[],');

/**
 * Coding agents that name their `client_version` look for a member `models` and complain without it; an empty one is enough.
 * Everything else of the list stays as it came.
 */
export const listForAgents = (query: string): ((body: Buffer) => Buffer) | null =>
  new URLSearchParams(query).has('client_version') ? withModels : null;

const withModels = (body: Buffer): Buffer => {
  const found = findTopLevel(body, MODELS);
  if (found.problem !== null || found.spans[0]!.start >= 0) return body;
  // Before the first member; an object without any needs no comma.
  const isEmpty = body[found.firstMember] === 0x7d;
  return Buffer.concat([body.subarray(0, found.firstMember), isEmpty ? EMPTY_LIST.subarray(0, -1) : EMPTY_LIST, body.subarray(found.firstMember)]);
};
