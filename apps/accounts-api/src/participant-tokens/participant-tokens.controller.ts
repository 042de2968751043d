import { Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { llmGrantOf, type ParticipantClaims, readParticipantToken, verifyParticipantToken } from '@llm-proxy/shared-auth';
import type { z } from 'zod';
import { AskedBy, type Caller, StandingHere } from '../access/caller.js';
import { assertMayLetCallModels } from '../access/escalation.js';
import type { Standing } from '../access/permissions.js';
import { CredentialsStore } from '../access/credentials.store.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { mintToken, type SigningKey } from './mint-token.js';
import { claimsSchema, mintedTokenSchema, type NewParticipantToken, newParticipantTokenSchema, validationSchema } from './participant-tokens.schema.js';
import { signingSecretOf } from './signing-secret.js';

@Controller()
export class ParticipantTokensController {
  constructor(
    private readonly credentials: CredentialsStore,
    private readonly projects: ProjectsStore,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  @Post('accounts/projects/:projectId/participant-tokens')
  @HttpCode(200)
  @Answers(mintedTokenSchema)
  async mint(
    @AskedBy() caller: Caller,
    @StandingHere() standing: Standing,
    @Param('projectId') id: string,
    @ParsedBody(newParticipantTokenSchema) token: NewParticipantToken,
  ) {
    if (llmGrantOf(token) !== null) assertMayLetCallModels(standing);
    const project = await this.projects.get(id);
    return { token: mintToken(project.id, token, await this.signingKeyOf(caller), this.config.MESHAGENT_SECRET) };
  }

  @Post('api/participant-token/validate')
  @HttpCode(200)
  @Answers(claimsSchema)
  @Refuses('invalid_token')
  async validate(@ParsedBody(validationSchema) { token }: z.infer<typeof validationSchema>): Promise<ParticipantClaims> {
    const claims = readParticipantToken(token);
    const secret = claims && (await signingSecretOf(claims, this.credentials, this.config.MESHAGENT_SECRET));
    if (!secret) throw new AccountsError('invalid_token');
    const verified = verifyParticipantToken(token, secret, Date.now());
    if (!verified.ok) throw new AccountsError('invalid_token', `The participant token is not valid: ${verified.reason.replaceAll('_', ' ')}.`);
    return verified.claims;
  }

  /** A key that was deleted since it let the caller in must not be replaced by the deployment's secret. */
  private async signingKeyOf(caller: Caller): Promise<SigningKey | null> {
    if (caller.kind !== 'api_key') return null;
    const key = await this.credentials.openApiKey(caller.apiKeyId, caller.projectId);
    if (!key) throw new AccountsError('unauthenticated');
    return key;
  }
}
