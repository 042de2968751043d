import { randomUUID } from 'node:crypto';
import { createLogger } from '@llm-proxy/platform-logging';
import type { ProjectPolicy } from '@llm-proxy/shared-auth';
import { ControllableSource } from './controllable-source.suite.js';
import { PolicyCache, PolicyUnavailableError } from './policy-cache.js';

const policyOf = (projectId: string, enabled = true): ProjectPolicy => ({ projectId, enabled, apiKeys: [], integrations: {}, llmProxyUserIds: [], llmProxyClientIds: [] });
const MAX_STALE_MS = 3_600_000;

const until = async (condition: () => boolean) => {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('condition was not met in 5 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

describe('policy cache', () => {
  const projectId = randomUUID();
  let source: ControllableSource;
  let cache: PolicyCache;
  let nowMs: number;

  beforeEach(() => {
    nowMs = 1_000_000;
    source = new ControllableSource();
    source.projects.set(projectId, policyOf(projectId));
    cache = new PolicyCache({ source, logger: createLogger('test', 'silent'), maxStaleMs: MAX_STALE_MS, nowMs: () => nowMs });
  });
  afterEach(() => cache.stop());

  it('asks once for a project, however many calls wait for it', async () => {
    expect(cache.peek(projectId)).toBeUndefined();
    const [one, two] = await Promise.all([cache.load(projectId), cache.load(projectId)]);
    expect(one).toBe(two);
    expect(cache.peek(projectId)).toBe(one);
    expect(source.asked).toEqual([projectId]);
  });

  it('loads a changed project anew, as another object', async () => {
    cache.start();
    const before = await cache.load(projectId);
    source.projects.set(projectId, policyOf(projectId, false));
    await until(() => {
      source.announce(projectId);
      return cache.peek(projectId) === undefined;
    });
    const after = await cache.load(projectId);
    expect(after).not.toBe(before);
    expect(after!.policy.enabled).toBe(false);
  });

  it('does not trust an answer that was overtaken by a change', async () => {
    cache.start();
    await until(() => source.waiting);
    source.beforeAnswer = async () => {
      source.beforeAnswer = undefined;
      source.announce(projectId);
      await until(() => source.heard === 1);
    };
    await cache.load(projectId);
    expect(cache.peek(projectId)).toBeUndefined();
    await cache.load(projectId);
    expect(cache.peek(projectId)).toBeDefined();
  });

  it('remembers that a project is unknown, for a while', async () => {
    const unknown = randomUUID();
    expect(await cache.load(unknown)).toBeNull();
    expect(await cache.load(unknown)).toBeNull();
    expect(source.askedWhichExist).toEqual([[unknown]]);
    expect(source.asked).toEqual([]);
    nowMs += 31_000;
    source.projects.set(unknown, policyOf(unknown));
    expect(await cache.load(unknown)).not.toBeNull();
  });

  it('asks for a flood of invented projects in few questions, and finds the real one among them', async () => {
    const invented = Array.from({ length: 1_000 }, () => randomUUID());
    const answers = await Promise.all([...invented, projectId].map((id) => cache.load(id)));
    expect(answers.slice(0, -1).every((answer) => answer === null)).toBe(true);
    expect(answers.at(-1)!.policy.projectId).toBe(projectId);
    expect(source.askedWhichExist.map((ids) => ids.length)).toEqual([1, 1_000]);
    expect(source.asked).toEqual([projectId]);
  });

  it('refuses to say when more unknown projects wait than it will ask for, and says again later', async () => {
    const ids = Array.from({ length: 5_000 }, () => randomUUID());
    const answers = await Promise.allSettled(ids.map((id) => cache.load(id)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(4_000);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(PolicyUnavailableError);
    expect(await cache.load(ids.at(-1)!)).toBeNull();
  });

  it('does not remember as unknown a project that is made while it asks', async () => {
    const made = randomUUID();
    cache.start();
    await until(() => source.waiting);
    source.beforeExistingAnswer = async () => {
      source.beforeExistingAnswer = undefined;
      source.projects.set(made, policyOf(made));
      source.announce(made);
      await until(() => source.heard === 1);
    };
    expect(await cache.load(made)).toBeNull();
    expect(await cache.load(made)).not.toBeNull();
  });

  it('what was unknown is asked for again as soon as a change is announced', async () => {
    const made = randomUUID();
    cache.start();
    await until(() => source.waiting);
    expect(await cache.load(made)).toBeNull();
    source.projects.set(made, policyOf(made));
    source.announce(made);
    await until(() => source.heard === 1);
    expect(await cache.load(made)).not.toBeNull();
  });

  it('asked afresh without a change, the project stays the object it was; with one that nobody announced yet, it does not', async () => {
    const known = await cache.load(projectId);
    expect(await cache.loadAfresh(projectId)).toBe(known);
    source.projects.set(projectId, policyOf(projectId, false));
    expect((await cache.loadAfresh(projectId))!.policy.enabled).toBe(false);
  });

  it('does not trust an answer to a fresh question either that was overtaken by a change', async () => {
    cache.start();
    await until(() => source.waiting);
    await cache.load(projectId);
    source.beforeAnswer = async () => {
      source.beforeAnswer = undefined;
      source.announce(projectId);
      await until(() => source.heard === 1);
    };
    await cache.loadAfresh(projectId);
    expect(cache.peek(projectId)).toBeUndefined();
  });

  it('asks afresh twenty times a second at most, over all projects', async () => {
    const ids = Array.from({ length: 30 }, () => randomUUID());
    for (const id of ids) source.projects.set(id, policyOf(id));
    await Promise.all(ids.map((id) => cache.load(id)));
    source.asked.length = 0;
    const answers = await Promise.allSettled(ids.map((id) => cache.loadAfresh(id)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(source.asked).toHaveLength(20);
    nowMs += 1_000;
    await cache.loadAfresh(ids.at(-1)!);
    expect(source.asked).toHaveLength(21);
  });

  it('serves what it knows while accounts-api is away, up to a bound, and refuses what it does not', async () => {
    cache.start();
    await until(() => source.waiting);
    const known = await cache.load(projectId);
    source.setAway(true);
    nowMs += MAX_STALE_MS - 1;
    expect(cache.peek(projectId)).toBe(known);
    await expect(cache.load(randomUUID())).rejects.toThrow(PolicyUnavailableError);
    nowMs += 2;
    expect(cache.peek(projectId)).toBeUndefined();
    await expect(cache.load(projectId)).rejects.toThrow(PolicyUnavailableError);
  });

  it('serves for as long as there is contact, however seldom a project is loaded', async () => {
    cache.start();
    await until(() => source.waiting);
    const known = await cache.load(projectId);
    nowMs += 10 * MAX_STALE_MS;
    source.announce(randomUUID());
    await until(() => source.heard === 1 && cache.peek(projectId) === known);
  });

  it('loads everything anew when accounts-api is back, because changes may have been missed', async () => {
    cache.start();
    await cache.load(projectId);
    source.setAway(true);
    source.projects.set(projectId, policyOf(projectId, false));
    await until(() => source.lostContacts > 0);
    source.setAway(false);
    await until(() => cache.peek(projectId) === undefined);
    expect((await cache.load(projectId))!.policy.enabled).toBe(false);
  });

  it('keeps serving a changed project that cannot be loaded, without asking at every call', async () => {
    cache.start();
    const known = await cache.load(projectId);
    await until(() => {
      source.announce(projectId);
      return cache.peek(projectId) === undefined;
    });
    source.away = true;
    expect(await cache.load(projectId)).toBe(known);
    const asked = source.asked.length;
    expect(await cache.load(projectId)).toBe(known);
    expect(source.asked).toHaveLength(asked);
    nowMs += 1_001;
    expect(await cache.load(projectId)).toBe(known);
    expect(source.asked).toHaveLength(asked + 1);
    source.away = false;
  });
});
