import { type ApiScope, mintParticipantToken, PARTICIPANT_TOKEN_VERSION } from '@llm-proxy/shared-auth';
import type { AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import type { Room } from '../generated/client.js';
import { DEPLOYMENT_TOKEN_SECONDS } from '../participant-tokens/mint-token.js';

/** Who connects, and what they may do in the room. */
export interface Connecting {
  name: string;
  permissions: ApiScope;
  mayUseLlm: boolean;
}

/**
 * A token for the room, signed with the deployment's secret. It may call models when the room's permissions and what the caller may do both say so.
 * @throws AccountsError `room_disabled`
 */
export const connectRoom = (
  room: Pick<Room, 'projectId' | 'name' | 'enabled'>,
  { name, permissions, mayUseLlm }: Connecting,
  config: Pick<AccountsApiConfig, 'MESHAGENT_SECRET' | 'PUBLIC_URL'>,
) => {
  if (!room.enabled) throw new AccountsError('room_disabled');
  const { llm, ...others } = permissions;
  const claims = {
    name,
    grants: [
      { name: 'api', scope: llm && mayUseLlm ? { ...others, llm } : others },
      { name: 'room', scope: room.name },
    ],
    sub: room.projectId,
    version: PARTICIPANT_TOKEN_VERSION,
  };
  return {
    jwt: mintParticipantToken(claims, config.MESHAGENT_SECRET, { expiresInSeconds: DEPLOYMENT_TOKEN_SECONDS }),
    room_name: room.name,
    project_id: room.projectId,
    room_url: `${config.PUBLIC_URL.replace(/^http/, 'ws')}/rooms/${room.name}`,
  };
};
