import type { SpendEntry } from '../port.js';
import { scopeKeysOf } from '../spend-scope.js';
import { type WindowKey, windowKeyOf } from '../spend-window.js';

const HOUR_MS = 3_600_000;

/** The project id is the hash tag, so that a Redis Cluster keeps all keys of a project together. */
export const windowHash = (projectId: string, window: WindowKey): string => `llm-proxy:{${projectId}}:spend:${window.kind}:${window.start}`;

const countedSet = (projectId: string, at: Date): string => `llm-proxy:{${projectId}}:counted:${at.toISOString().slice(0, 13)}`;

export interface AddSpendCall {
  keys: string[];
  args: string[];
}

/** Where the entries of one hour are counted: positions in KEYS. */
interface Place {
  set: string;
  day: string;
  month: string;
}

/** One call of the script for the entries of one project. */
export const addSpendCall = (projectId: string, entries: readonly SpendEntry[], rememberSeconds: number): AddSpendCall => {
  const hours = Map.groupBy(entries, (entry) => Math.floor(entry.occurredAt.getTime() / HOUR_MS));
  const windows = new Map<string, WindowKey>();
  const places = [...hours.keys()].map((hour) => {
    const at = new Date(hour * HOUR_MS);
    const [day, month] = [windowKeyOf({ kind: 'day', at }), windowKeyOf({ kind: 'month', at })];
    windows.set(windowHash(projectId, day), day).set(windowHash(projectId, month), month);
    return { set: countedSet(projectId, at), day: windowHash(projectId, day), month: windowHash(projectId, month) };
  });
  const keys = [...windows.keys(), ...places.map(({ set }) => set)];
  const args = [String(windows.size), String(rememberSeconds)];
  for (const { expiresAt } of windows.values()) args.push(String(Math.floor(expiresAt.getTime() / 1_000)));
  const positions = new Map(keys.map((key, index) => [key, String(index + 1)]));
  const position = (key: string): string => positions.get(key) ?? '';
  [...hours.values()].forEach((ofHour, index) => {
    const { set, day, month } = places[index] as Place;
    pushEntries(args, ofHour, { set: position(set), day: position(day), month: position(month) });
  });
  return { keys, args };
};

const pushEntries = (args: string[], entries: readonly SpendEntry[], { set, day, month }: Place): void => {
  for (const entry of entries) {
    const scopes = scopeKeysOf(entry);
    args.push(set, entry.eventId, String(entry.amountNanoUsd), day, month, String(scopes.length), ...scopes);
  }
};
