import { randomUUID } from 'node:crypto';
import { refusal, sdk } from './sdk.js';
import { newName, type Served } from './served.js';

interface Refused {
  call: string;
  because: string;
  answer: [status: number, code: string];
  /** @param projectId of the owner's, with a room `lab` in it */
  make: (served: Served, projectId: string) => Promise<unknown>;
}

const RETURN_TO = { successUrl: 'https://app.example.com/paid', cancelUrl: 'https://app.example.com/not-paid' };
const NO_PAYMENTS: Pick<Refused, 'because' | 'answer'> = { because: 'the deployment takes no money, and says so before anybody is sent to pay', answer: [409, 'no_payments'] };

/** What is refused by intention, although the call is served. */
const refused: Refused[] = [
  { call: 'getCheckoutUrl', ...NO_PAYMENTS, make: ({ owner }, id) => owner.getCheckoutUrl(id, RETURN_TO) },
  { call: 'getCreditsCheckoutUrl', ...NO_PAYMENTS, make: ({ owner }, id) => owner.getCreditsCheckoutUrl(id, { ...RETURN_TO, quantity: 10 }) },
  { call: 'setAutoRecharge, on', ...NO_PAYMENTS, make: ({ owner }, projectId) => owner.setAutoRecharge({ projectId, enabled: true, amount: 10, threshold: 5 }) },
  {
    call: 'createProject, with an API key',
    because: 'a key belongs to one project',
    answer: [403, 'forbidden'],
    make: async ({ clientWith, newApiKey }, id) => clientWith(await newApiKey(id)).createProject(newName('Project')),
  },
  {
    call: 'updateProjectSettings, with a base URL alone',
    because: 'a stored key would go to an address that nobody chose for it',
    answer: [400, 'invalid_request'],
    make: ({ owner }, id) => owner.updateProjectSettings(id, { OPENAI_BASE_URL: 'https://llm.example.com/v1' }),
  },
  {
    call: 'updateProjectSettings, with a secret of something else',
    because: 'settings are shown, and this would be shown with them',
    answer: [400, 'invalid_request'],
    make: ({ owner }, id) => owner.updateProjectSettings(id, { OTHER_API_KEY: 'secret' }),
  },
  {
    call: 'addUserToProject, twice',
    because: 'nobody’s roles are overwritten by adding them again',
    answer: [409, 'member_exists'],
    make: async ({ newUser, owner }, projectId) => {
      const { id } = await newUser();
      await owner.addUserToProject(projectId, id);
      return owner.addUserToProject(projectId, id, { isAdmin: true });
    },
  },
  { call: 'addUserToProject, of nobody', because: 'users are made by the operator', answer: [404, 'user_not_found'], make: ({ owner }, id) => owner.addUserToProject(id, randomUUID()) },
  {
    call: 'removeUserFromProject, of the owner',
    because: 'a project has an owner',
    answer: [409, 'owner_stays'],
    make: async ({ owner }, id) => owner.removeUserFromProject(id, String((await owner.getUserProfile('me'))['id'])),
  },
  {
    call: 'createRoomGrantByEmail, of a stranger',
    because: 'rooms are opened to members',
    answer: [404, 'member_not_found'],
    make: async ({ owner }, projectId) =>
      owner.createRoomGrantByEmail({ projectId, roomId: (await owner.getRoom(projectId, 'lab')).id, email: `${newName('stranger')}@example.com`, permissions: new sdk.ApiScope() }),
  },
  { call: 'createRoom, in capitals', because: 'names of rooms are parts of addresses', answer: [400, 'invalid_request'], make: ({ owner }, projectId) => owner.createRoom({ projectId, name: 'Lab' }) },
  { call: 'getUsage, by minute', because: 'reports add up hours at least', answer: [400, 'invalid_request'], make: ({ owner }, id) => owner.getUsage(id, { interval: 'minute' }) },
  {
    call: 'publishFeedMessage, of null',
    because: 'the client sends no body then; in a batch null is a message',
    answer: [400, 'invalid_request'],
    make: async ({ owner }, projectId) => owner.publishFeedMessage({ projectId, feedId: (await owner.createFeed({ projectId, name: 'calls' })).id, message: null }),
  },
];

export const describeRefusals = (served: () => Served): void => {
  describe('refused', () => {
    it.each(refused)('$call: $because', async ({ answer: [status, code], make }) => {
      const { projectId } = await served().newRoom('lab');
      await expect(make(served(), projectId)).rejects.toThrow(refusal(status, code));
    });
  });
};
