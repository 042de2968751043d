import type { Meshagent, OAuthClientConfig, SecretLike, ServiceSpec } from '@meshagent/meshagent';
import type { Served } from './served.js';

const ID = '00000000-0000-4000-8000-000000000000';
const service: ServiceSpec = { version: 'v1', kind: 'Service', metadata: { name: 'agent' } };
const secret: SecretLike = { id: ID, name: 'keys', type: 'keys', data: { a: 'b' } };
const data = new Uint8Array([1]);
/** No such path, in the words of accounts-api or of the gateway; not: no such thing. */
const NOT_SERVED = /Status code: 404, .*(?:"code":"not_found"|"error":"Not Found")/;
const oauth: OAuthClientConfig = { client_id: 'c', authorization_endpoint: 'https://example.com/authorize', token_endpoint: 'https://example.com/token' };

/** What the client can do with a MeshAgent that runs rooms. Here rooms attribute usage: nothing runs in them and they hold nothing, so none of it is served. */
const outside: Record<string, (client: Meshagent, projectId: string) => Promise<unknown>[]> = {
  'files': (client, projectId) => [client.upload({ projectId, path: 'a', data }), client.download({ projectId, path: 'a' })],
  'shares': (client, id) => [client.createShare(id), client.updateShare(id, ID), client.listShares(id), client.deleteShare(id, ID)],
  'what happens in a session': (client, id) => [
    client.getSession(id, ID),
    client.listSessionEvents(id, ID),
    client.listSessionSpans(id, ID),
    client.listSessionMetrics(id, ID),
    client.terminateSession(id, ID),
  ],
  'webhooks': (client, id) => {
    const webhook = { name: 'w', url: 'https://example.com', events: ['room.started'] };
    return [client.createWebhook(id, webhook), client.updateWebhook(id, ID, webhook), client.listWebhooks(id), client.deleteWebhook(id, ID)];
  },
  'mailboxes': (client, projectId) => {
    const mailbox = { projectId, address: 'a@example.com', room: 'lab', queue: 'q', isPublic: false };
    return [client.createMailbox(mailbox), client.updateMailbox(mailbox), client.listMailboxes(projectId), client.listMailboxesPage(projectId), client.deleteMailbox(projectId, mailbox.address)];
  },
  'feeds in rooms': (client, projectId) => {
    const subscription = { projectId, feedId: ID, subscriptionId: ID };
    return [
      client.listRoomFeeds(projectId, 'lab'),
      client.listRoomFeedsPage(projectId, 'lab'),
      client.createFeedSubscription({ projectId, feedId: ID, room: 'lab', path: 'a' }),
      client.updateFeedSubscription(subscription),
      client.getFeedSubscription(projectId, ID, ID),
      client.listFeedSubscriptions(projectId, ID),
      client.deleteFeedSubscription(projectId, ID, ID),
    ];
  },
  'repositories': (client, projectId) => [
    client.createRepository({ projectId, name: 'r' }),
    client.updateRepository({ projectId, repositoryId: ID, name: 'r' }),
    client.getRepository(projectId, ID),
    client.listRepositories(projectId),
    client.deleteRepository(projectId, ID),
  ],
  'services': (client, id) => [client.createService(id, service), client.updateService(id, ID, { ...service, id: ID }), client.getService(id, ID), client.listServices(id), client.deleteService(id, ID)],
  'services of a room': (client, id) => [
    client.createRoomService(id, 'lab', service),
    client.updateRoomService(id, 'lab', ID, { ...service, id: ID }),
    client.getRoomService(id, 'lab', ID),
    client.listRoomServices(id, 'lab'),
    client.deleteRoomService(id, 'lab', ID),
  ],
  'secrets': (client, projectId) => [
    client.createSecret(projectId, secret),
    client.updateSecret(projectId, secret),
    client.listSecrets(projectId),
    client.deleteSecret(projectId, ID),
    client.createProjectSecret({ projectId, name: 's', type: 'keys', data }),
    client.updateProjectSecret({ projectId, secretId: ID, name: 's', type: 'keys', data }),
    client.getProjectSecret(projectId, ID),
    client.listProjectSecrets(projectId),
    client.deleteProjectSecret(projectId, ID),
  ],
  'secrets of a room': (client, projectId) => {
    const one = { projectId, roomName: 'lab', secretId: ID };
    return [client.createRoomSecret({ ...one, data }), client.updateRoomSecret({ ...one, data }), client.getRoomSecret(one), client.listRoomSecrets(one), client.deleteRoomSecret(one)];
  },
  'registrations at other OAuth servers': (client, projectId) => {
    const one = { projectId, registrationId: ID, oauth, clientId: 'c' };
    return [
      client.createProjectExternalOAuthRegistration(one),
      client.updateProjectExternalOAuthRegistration(one),
      client.listProjectExternalOAuthRegistrations(one),
      client.deleteProjectExternalOAuthRegistration(one),
    ];
  },
  'registrations of a room at other OAuth servers': (client, projectId) => {
    const one = { projectId, roomName: 'lab', registrationId: ID, oauth, clientId: 'c' };
    return [
      client.createRoomExternalOAuthRegistration(one),
      client.updateRoomExternalOAuthRegistration(one),
      client.listRoomExternalOAuthRegistrations(one),
      client.deleteRoomExternalOAuthRegistration(one),
    ];
  },
};

export const describeOutside = (served: () => Served): void => {
  describe('not served, because rooms only attribute usage', () => {
    it.each(Object.entries(outside))('%s', async (_, calls) => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      await owner.createRoom({ projectId, name: 'lab' });
      await Promise.all(calls(owner, projectId).map((call) => expect(call).rejects.toThrow(NOT_SERVED)));
    });

    it('sessions are none, which their lists say', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      expect([await owner.listActiveSessions(projectId), await owner.listRecentSessions(projectId)]).toEqual([[], []]);
    });
  });
};
