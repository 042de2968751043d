import { describeApiKeys } from './meshagent-client/api-keys.suite.js';
import { describeBilling } from './meshagent-client/billing.suite.js';
import { describeFeeds } from './meshagent-client/feeds.suite.js';
import { describeMembers } from './meshagent-client/members.suite.js';
import { describeOAuthClients } from './meshagent-client/oauth-clients.suite.js';
import { describeOutside } from './meshagent-client/outside.suite.js';
import { describeParticipantTokens } from './meshagent-client/participant-tokens.suite.js';
import { describeProjects } from './meshagent-client/projects.suite.js';
import { describeRefusals } from './meshagent-client/refusals.suite.js';
import { describeRoomGrants } from './meshagent-client/room-grants.suite.js';
import { describeRooms } from './meshagent-client/rooms.suite.js';
import { offeredCalls } from './meshagent-client/sdk.js';
import { type Served, serve } from './meshagent-client/served.js';
import { describeUsage } from './meshagent-client/usage.suite.js';

/** The published client, as it is; the server is where its base URL says. */
describe('the TypeScript client of MeshAgent', () => {
  let server: Served;
  const served = () => server;

  beforeAll(async () => {
    server = await serve();
  });
  afterAll(() => server?.system.dispose());

  describeProjects(served);
  describeMembers(served);
  describeApiKeys(served);
  describeRooms(served);
  describeRoomGrants(served);
  describeParticipantTokens(served);
  describeUsage(served);
  describeBilling(served);
  describeFeeds(served);
  describeOAuthClients(served);
  describeRefusals(served);
  describeOutside(served);

  it('makes every call above that it offers', () => {
    expect([...server.madeCalls].sort()).toEqual(offeredCalls);
  });
});
