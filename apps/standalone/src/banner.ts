import path from 'node:path';
import type { Standalone } from './standalone.js';

/** What a newcomer reads first: where it is, and a call that can be pasted. */
export const banner = (running: Standalone, dataDir: string): string => {
  const envFile = shown(path.join(dataDir, 'env'));
  return `
LLM proxy is ready.

  OpenAI base URL      ${running.publicUrl}/openai/v1
  Anthropic base URL   ${running.publicUrl}/anthropic
  Grok base URL        ${running.publicUrl}/grok/v1
  REST API             ${running.publicUrl}/accounts
  sign in              ${running.adminEmail}, password in ${shown(path.join(dataDir, 'operator.env'))}
  project              ${running.projectId}
  room                 ${running.room}
  engines              ${running.engines}
  providers            ${running.isSimulated ? 'SIMULATOR (no provider key is set; answers are made up)' : 'real'}

A first call, and what it cost (the settings of a client, API key included, are in ${envFile}):

  source ${envFile}
  curl "$OPENAI_BASE_URL/chat/completions" -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' \\
    -d '{"model":"gpt-5.4","messages":[{"role":"user","content":"Tell me a fun fact about AI."}]}'
  curl "$MESHAGENT_API_URL/accounts/projects/$MESHAGENT_PROJECT_ID/usage" -H "Authorization: Bearer $MESHAGENT_API_KEY"

Ctrl-C stops it. Data stay in ${shown(dataDir)}.
`;
};

/** Relative to where the reader is, unless that would lead out of there. */
const shown = (file: string): string => {
  const relative = path.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') ? file : relative;
};
