import { homedir } from 'node:os';
import path from 'node:path';

/** Where downloads are kept between runs: `LLM_PROXY_CACHE`, else a folder in the user's cache. */
export const cacheFolder = () =>
  process.env['LLM_PROXY_CACHE'] || path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'llm-proxy');
