import { randomUUID } from 'node:crypto';
import type { Meshagent } from '@meshagent/meshagent';
import { operator } from '../bill.js';
import { firstUser, signIn } from '../sign-in.js';
import { type System, startSystem } from '../system.js';
import { noting, sdk } from './sdk.js';

/** Somebody who is signed in, and the client that acts for them. */
export interface SignedIn {
  id: string;
  email: string;
  client: Meshagent;
}

/** What the suites share: one running product, and who uses it. */
export interface Served {
  system: System;
  /** The first user of the deployment. */
  owner: Meshagent;
  /** The names of the calls that were made so far. */
  madeCalls: ReadonlySet<string>;
  /** The client as whoever holds this credential has it. */
  clientWith(credential: string): Meshagent;
  /** A user who is in no project yet. */
  newUser(name?: string): Promise<SignedIn>;
  /** A project of the owner's with nothing in it; its id. */
  newProject(): Promise<string>;
  /** A key of the project, as `createApiKey` answers it. */
  newApiKey(projectId: string): Promise<string>;
  /** A project with one room and one key. */
  newRoom(name?: string): Promise<{ projectId: string; room: string; apiKey: string }>;
}

/** A name that nothing else has. */
export const newName = (what: string): string => `${what}-${randomUUID().slice(0, 8)}`;

export const serve = async (): Promise<Served> => {
  const system = await startSystem({ env: { ALLOW_PRIVATE_UPSTREAMS: '127.0.0.1' } });
  const { MESHAGENT_API_URL: baseUrl } = await system.variables();
  const madeCalls = new Set<string>();
  const clientWith = (token: string) => noting(new sdk.Meshagent({ baseUrl, token }), madeCalls);
  const owner = clientWith((await signIn(system, await firstUser(system))).access_token);
  const newProject = async () => String((await owner.createProject(newName('Project')))['id']);
  const newApiKey = async (projectId: string) => String((await owner.createApiKey(projectId, newName('key'), ''))['value']);
  return {
    system,
    owner,
    madeCalls,
    clientWith,
    newProject,
    newApiKey,
    newUser: async (name = 'person') => {
      const person = { email: `${newName(name)}@example.com`, password: 'a password of the spec' };
      const { id } = await operator(system, 'POST', '/accounts/users', person);
      return { id: id!, email: person.email, client: clientWith((await signIn(system, person)).access_token) };
    },
    newRoom: async (name = newName('room')) => {
      const projectId = await newProject();
      const { name: room } = await owner.createRoom({ projectId, name });
      return { projectId, room, apiKey: await newApiKey(projectId) };
    },
  };
};
