import { Inject, Injectable } from '@nestjs/common';
import { SecretBox, sealedFields } from '@llm-proxy/shared-auth';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig } from '../accounts-api.config.js';
import { AccountsError } from '../accounts.errors.js';
import type { IntegrationProvider } from './integrations.schema.js';
import { IntegrationsStore } from './integrations.store.js';
import { probeProvider, type ProbeResult } from './probe-provider.js';

/** Does the stored key work? */
@Injectable()
export class TestIntegration {
  constructor(
    private readonly integrations: IntegrationsStore,
    private readonly box: SecretBox,
    @Inject(ACCOUNTS_API_CONFIG) private readonly config: AccountsApiConfig,
  ) {}

  /** @throws AccountsError `settings_not_found` */
  async run(projectId: string, provider: IntegrationProvider): Promise<ProbeResult> {
    const integration = await this.integrations.find(projectId, provider);
    if (!integration) throw new AccountsError('settings_not_found');
    const apiKey = this.box.open(integration.sealedApiKey, { projectId, field: sealedFields.integration(provider) });
    const { baseUrl } = integration;
    return probeProvider({
      provider,
      apiKey,
      baseUrl: baseUrl ?? this.standardBaseUrl(provider),
      isForeign: baseUrl !== null,
      allowPrivateUpstreams: this.config.ALLOW_PRIVATE_UPSTREAMS,
    });
  }

  private standardBaseUrl(provider: IntegrationProvider): string {
    const { OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GROK_BASE_URL, XAI_BASE_URL } = this.config;
    return { openai: OPENAI_BASE_URL, anthropic: ANTHROPIC_BASE_URL, grok: GROK_BASE_URL ?? XAI_BASE_URL }[provider];
  }
}
