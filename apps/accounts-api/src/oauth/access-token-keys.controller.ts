import { Controller, Get } from '@nestjs/common';
import type { AccessTokenKeys, RevokedTokens } from '@llm-proxy/shared-auth';
import type { z } from 'zod';
import { ParsedQuery } from '../http/parse-with.js';
import { AuthorizationServer } from './authorization-server.js';
import { revokedQuerySchema } from './revocations.schema.js';
import { RevocationsStore } from './revocations.store.js';

/** For the gateways of this deployment: what access tokens are verified with. */
@Controller('internal/oauth')
export class AccessTokenKeysController {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly revocations: RevocationsStore,
  ) {}

  @Get('keys')
  keys(): Promise<AccessTokenKeys> {
    return this.server.accessTokenKeys();
  }

  @Get('revoked')
  revoked(@ParsedQuery(revokedQuerySchema) { after }: z.infer<typeof revokedQuerySchema>): Promise<RevokedTokens> {
    return this.revocations.after(after);
  }
}
