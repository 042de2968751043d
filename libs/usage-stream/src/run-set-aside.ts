import { parseArgs } from 'node:util';
import type { UsageStream } from './port.js';
import { toDetails, toTable } from './set-aside-report.js';

const USAGE = `Messages of the usage stream that no retry helped.

  list                     what is set aside, oldest first
  show <id>                one message with its reason and value
  replay <id>... | --all   publish again, and forget

  --topic <name>           default llm.usage.v1
  --json                   list as JSON lines

The stream is found through KAFKA_BROKERS, else DATABASE_URL.`;

/** The command was not understood; its message says how it is used. */
export class UsageError extends Error {
  constructor(problem: string) {
    super(`${problem}\n\n${USAGE}`);
  }
}

export interface SetAsideArguments {
  verb: string | undefined;
  ids: string[];
  topic: string;
  all: boolean;
  json: boolean;
}

/** @throws UsageError */
export const parseSetAsideArguments = (argv: string[]): SetAsideArguments => {
  const args = readArguments(argv);
  checkArguments(args);
  return args;
};

const readArguments = (argv: string[]): SetAsideArguments => {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { topic: { type: 'string', default: 'llm.usage.v1' }, all: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    });
    return { ...values, verb: positionals[0], ids: positionals.slice(1) };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

const checkArguments = ({ verb, ids, all }: SetAsideArguments): void => {
  if (verb === 'list' && ids.length === 0) return;
  if (verb === 'show' && ids.length === 1) return;
  if (verb === 'replay' && (ids.length > 0) !== all) return;
  throw new UsageError(verb === 'replay' ? 'replay needs ids or --all, not both' : 'say list, show <id> or replay');
};

const list = async (stream: UsageStream, { topic, json }: SetAsideArguments): Promise<string> => {
  const records = await stream.listSetAside(topic);
  return json ? records.map((record) => JSON.stringify(JSON.parse(toDetails(record)))).join('\n') : toTable(records);
};

const show = async (stream: UsageStream, { topic, ids }: SetAsideArguments): Promise<string> => {
  const records = (await stream.listSetAside(topic)).filter(({ id }) => id === ids[0]);
  if (records.length === 0) throw new UsageError(`${ids[0]} is not set aside in ${topic}`);
  return records.map(toDetails).join('\n');
};

const replay = async (stream: UsageStream, { topic, ids, all }: SetAsideArguments): Promise<string> => {
  const count = await stream.replaySetAside(topic, all ? undefined : ids);
  return `${count} published again to ${topic}.`;
};

const VERBS = { list, show, replay };

/** @returns what to print */
export const runSetAside = (stream: UsageStream, args: SetAsideArguments): Promise<string> => VERBS[args.verb as keyof typeof VERBS](stream, args);
