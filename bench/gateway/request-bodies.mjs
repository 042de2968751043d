/** A file as an agent reads it: quotes, escapes, tabs and characters beyond ASCII. */
const sourceFile = (/** @type {number} */ number) =>
  [
    `// step-${number}.ts — "quoted", \\ escaped, Größe µ 漢字`,
    'import { readFile } from "node:fs/promises";',
    '',
    '/** Splits the input into words and numbers them. An empty input has no words, not one empty word. */',
    `export const step${number} = async (file: string, separator = /\\s+/): Promise<string[]> => {`,
    '\tconst input = await readFile(file, "utf8");',
    '\tif (input === "") return ["{\\"model\\": \\"not this one\\"}"];',
    '\tconst parts = input.split(separator).map((part, index) => index + ":" + part.replace(/"/g, \'\\\\"\'));',
    '\tfor (const part of parts) {',
    '\t\tif (part.length > 1_000) throw new RangeError("a word of " + file + " is too long: " + part.slice(0, 20) + "…");',
    '\t}',
    '\treturn parts;',
    '};',
    '',
    '/** Joins what the step above took apart; the separator itself is lost and becomes one space. */',
    `export const back${number} = (parts: readonly string[]): string => parts.map((part) => part.slice(part.indexOf(":") + 1)).join(" ");`,
    '',
  ].join('\n');

/** One turn of a coding agent: it asks for a file, gets it, and is told what to do next. */
const turn = (/** @type {number} */ number) => [
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: `call_${number}`, type: 'function', function: { name: 'read_file', arguments: JSON.stringify({ path: `src/relay/step-${number}.ts`, lines: [1, 40] }) } },
    ],
  },
  { role: 'tool', tool_call_id: `call_${number}`, content: sourceFile(number) },
  { role: 'user', content: `Now do the same for step ${number + 1}, and mind the case where the input ends in a backslash.` },
];

const tool = (/** @type {number} */ number) => ({
  type: 'function',
  function: {
    name: `tool_${number}`,
    description: 'Reads a part of a file of the project, with line numbers, and says how many lines it has.',
    parameters: {
      type: 'object',
      properties: { path: { type: 'string', description: 'Relative to the top folder.' }, lines: { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2 } },
      required: ['path'],
      additionalProperties: false,
    },
  },
});

const RULES = 'Change as little as the task needs. Say in one sentence why, and name the test that would have caught it. Never touch a file that the task does not name.\n';
/** Above this a request is an agent's, with its long instructions and its tools. */
const AGENT_BYTES = 10_000;

/**
 * A chat completion as a coding agent sends it.
 * @param {number} bytes at least so many; a turn more at most
 * @param {Record<string, unknown>} [more] further members
 */
export const chatBody = (bytes, more = {}) => {
  const isAgent = bytes > AGENT_BYTES;
  const head = { model: 'gpt-4.1', temperature: 0.2, ...more };
  const tools = isAgent ? { tools: Array.from({ length: 16 }, (_, number) => tool(number)), tool_choice: 'auto' } : {};
  const messages = [{ role: 'system', content: `You are a careful engineer.\n${RULES.repeat(isAgent ? 60 : 1)}` }, ...(isAgent ? turn(0) : [])];
  const text = () => JSON.stringify({ ...head, messages, ...tools });
  if (!isAgent) messages.push({ role: 'user', content: `${sourceFile(0)}${sourceFile(1)}`.slice(0, bytes - text().length) });
  for (let number = 1; isAgent && Buffer.byteLength(text()) < bytes; number++) messages.push(...turn(number));
  return text();
};

/**
 * The headers of the official OpenAI SDK for Node.
 * @param {string} apiKey
 * @param {Record<string, string>} [more]
 */
export const sdkHeaders = (apiKey, more = {}) =>
  Object.entries({
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'OpenAI/JS 7.57.0',
    'x-stainless-retry-count': '0',
    'x-stainless-timeout': '600',
    'x-stainless-lang': 'js',
    'x-stainless-package-version': '7.57.0',
    'x-stainless-os': 'Linux',
    'x-stainless-arch': 'x64',
    'x-stainless-runtime': 'node',
    'x-stainless-runtime-version': 'v24.21.0',
    authorization: `Bearer ${apiKey}`,
    ...more,
  }).flat();
