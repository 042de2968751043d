import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { HealthModule, InternalClient, SERVICE_CREDENTIAL, ServiceCredentialGuard } from '@llm-proxy/platform-http';
import type { Logger } from '@llm-proxy/platform-logging';
import { loadPriceBook, PriceBook } from '@llm-proxy/pricing';
import { SecretBox } from '@llm-proxy/shared-auth';
import { AccessGuard } from './access/access.guard.js';
import { AccessController } from './access/access.controller.js';
import { CredentialsStore } from './access/credentials.store.js';
import { IamController } from './access/iam.controller.js';
import { Standings } from './access/standings.js';
import { ACCOUNTS_API_CONFIG, type AccountsApiConfig, sealingKeysOf } from './accounts-api.config.js';
import { ApiKeyUseController, ProjectApiKeysController, ServiceAccountApiKeysController } from './api-keys/api-keys.controller.js';
import { ApiKeysStore } from './api-keys/api-keys.store.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditStore } from './audit/audit.store.js';
import { BillingController } from './billing/billing.controller.js';
import { ConfigController } from './config/config.controller.js';
import { Database } from './database/database.js';
import { FeedMessagesStore } from './feeds/feed-messages.store.js';
import { FeedRetention } from './feeds/feed-retention.js';
import { FeedsController } from './feeds/feeds.controller.js';
import { FeedsStore } from './feeds/feeds.store.js';
import { APP_LOGGER } from './http/app-logger.js';
import { ErrorFilter } from './http/error.filter.js';
import { IdentitiesStore } from './identity-providers/identities.store.js';
import { ProviderSignInController } from './identity-providers/provider-sign-in.controller.js';
import { ProviderSignIn } from './identity-providers/provider-sign-in.js';
import { IntegrationsStore } from './integrations/integrations.store.js';
import { TestIntegration } from './integrations/test-integration.js';
import { CopyUsage } from './llm-loggers/copy-usage.js';
import { LlmLoggersController } from './llm-loggers/llm-loggers.controller.js';
import { LlmLoggersStore } from './llm-loggers/llm-loggers.store.js';
import { COPYING_WATCH, type CopyingWatch, PricedUsageController } from './llm-loggers/priced-usage.controller.js';
import { MembersController } from './members/members.controller.js';
import { MembersStore } from './members/members.store.js';
import { openApiDocument } from './openapi/openapi-document.js';
import { OPENAPI_DOCUMENT, OpenApiController } from './openapi/openapi.controller.js';
import { AccessTokenKeysController } from './oauth/access-token-keys.controller.js';
import { ArtifactsStore } from './oauth/artifacts.store.js';
import { AuthorizationServer } from './oauth/authorization-server.js';
import { PresentedTokens } from './oauth/presented-tokens.js';
import { RevocationsStore } from './oauth/revocations.store.js';
import { SigningKeysStore } from './oauth/signing-keys.store.js';
import { OAuthClientsController } from './oauth-clients/oauth-clients.controller.js';
import { OAuthClientsStore } from './oauth-clients/oauth-clients.store.js';
import { ParticipantTokensController } from './participant-tokens/participant-tokens.controller.js';
import { PolicyChangeLog } from './policy/policy-changes.js';
import { PolicyController } from './policy/policy.controller.js';
import { PolicyStore } from './policy/policy.store.js';
import { PricingController } from './pricing/pricing.controller.js';
import { ProjectPricingController } from './pricing/project-pricing.controller.js';
import { ProfilesController, WhoamiController } from './profiles/profiles.controller.js';
import { ProjectsController } from './projects/projects.controller.js';
import { ProjectsStore } from './projects/projects.store.js';
import { RoomGrantsController } from './room-grants/room-grants.controller.js';
import { RoomGrantsStore } from './room-grants/room-grants.store.js';
import { RoomsController } from './rooms/rooms.controller.js';
import { RoomsStore } from './rooms/rooms.store.js';
import { ServiceAccountsController } from './service-accounts/service-accounts.controller.js';
import { ServiceAccountsStore } from './service-accounts/service-accounts.store.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SettingsController } from './settings/settings.controller.js';
import { SettingsDocumentsStore } from './settings/settings-documents.store.js';
import { AttemptsStore } from './sign-in/attempts.store.js';
import { PasswordController } from './sign-in/password.controller.js';
import { Passwords } from './sign-in/passwords.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SignIn } from './sign-in/sign-in.js';
import { Visits } from './sign-in/visits.js';
import { UsersController } from './users/users.controller.js';
import { UsersStore } from './users/users.store.js';
import { UsageController } from './usage/usage.controller.js';
import { UsageReports } from './usage/usage-reports.js';

/** What the process opened before Nest began. */
export interface Parts {
  config: AccountsApiConfig;
  logger: Logger;
  database: Database;
  billing: InternalClient;
  /** Told what LLM loggers do. */
  watch?: CopyingWatch | undefined;
}

const controllers: Type[] = [
  AccessController,
  AccessTokenKeysController,
  ApiKeyUseController,
  AuditController,
  BillingController,
  ConfigController,
  FeedsController,
  IamController,
  LlmLoggersController,
  MembersController,
  OAuthClientsController,
  OpenApiController,
  ParticipantTokensController,
  PasswordController,
  PolicyController,
  PricingController,
  ProfilesController,
  ProjectApiKeysController,
  ProjectPricingController,
  ProjectsController,
  ProviderSignInController,
  RoomGrantsController,
  RoomsController,
  ServiceAccountApiKeysController,
  ServiceAccountsController,
  SessionsController,
  SettingsController,
  SignInController,
  UsageController,
  UsersController,
  WhoamiController,
];

/** @throws Error that names what is wrong with the price file */
const readPrices = ({ PRICE_FILE }: AccountsApiConfig, logger: Logger): PriceBook => {
  const book = loadPriceBook(PRICE_FILE);
  logger.info({ priceVersions: book.versions }, 'prices are read');
  return book;
};

@Module({})
export class AccountsApiModule {
  static register({ config, logger, database, billing, watch }: Parts): DynamicModule {
    return {
      module: AccountsApiModule,
      imports: [HealthModule.register({ database: () => database.$queryRaw`SELECT 1` })],
      controllers: [...controllers, PricedUsageController],
      providers: [
        { provide: ACCOUNTS_API_CONFIG, useValue: config },
        { provide: SERVICE_CREDENTIAL, useValue: config.SERVICE_CREDENTIAL },
        { provide: Database, useValue: database },
        { provide: InternalClient, useValue: billing },
        { provide: SecretBox, useValue: new SecretBox(sealingKeysOf(config)) },
        { provide: OPENAPI_DOCUMENT, useFactory: () => openApiDocument(controllers, config.PUBLIC_URL) },
        { provide: PriceBook, useFactory: () => readPrices(config, logger) },
        { provide: APP_LOGGER, useValue: logger },
        { provide: COPYING_WATCH, useValue: watch ?? null },
        { provide: APP_FILTER, useValue: new ErrorFilter(logger) },
        { provide: APP_GUARD, useClass: AccessGuard },
        ServiceCredentialGuard,
        ApiKeysStore,
        ArtifactsStore,
        AttemptsStore,
        AuditStore,
        AuthorizationServer,
        CopyUsage,
        CredentialsStore,
        FeedMessagesStore,
        FeedRetention,
        FeedsStore,
        IdentitiesStore,
        IntegrationsStore,
        LlmLoggersStore,
        MembersStore,
        OAuthClientsStore,
        Passwords,
        PolicyChangeLog,
        PolicyStore,
        PresentedTokens,
        ProjectsStore,
        ProviderSignIn,
        RevocationsStore,
        RoomGrantsStore,
        RoomsStore,
        ServiceAccountsStore,
        SettingsDocumentsStore,
        SignIn,
        SigningKeysStore,
        Standings,
        TestIntegration,
        UsageReports,
        UsersStore,
        Visits,
      ],
    };
  }
}
