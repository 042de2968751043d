import { Controller, Get } from '@nestjs/common';
import type { AccessTokenKeys } from '@llm-proxy/shared-auth';
import { AuthorizationServer } from './authorization-server.js';

/** For the gateways of this deployment: what access tokens are verified with. */
@Controller('internal/oauth')
export class AccessTokenKeysController {
  constructor(private readonly server: AuthorizationServer) {}

  @Get('keys')
  keys(): Promise<AccessTokenKeys> {
    return this.server.accessTokenKeys();
  }
}
