import { HealthModule, SERVICE_CREDENTIAL } from '@llm-proxy/platform-http';
import type { UsageStream } from '@llm-proxy/usage-stream';
import { type DynamicModule, Module } from '@nestjs/common';
import { type Database, READING, RECORDING } from './database/database.js';
import { EventController } from './events/event.controller.js';
import { TotalsController } from './reconcile/totals.controller.js';
import { PricedUsageController, RECORDING_WATCH, type RecordingWatch } from './recording/priced-usage.controller.js';
import { ReportController } from './reports/report.controller.js';
import { UnpricedUsageController } from './reports/unpriced-usage.controller.js';

export interface BillingParts {
  recording: Database;
  reading: Database;
  stream: UsageStream;
  serviceCredential: string;
  /** Told of what is recorded. */
  watch?: RecordingWatch | undefined;
}

@Module({})
export class BillingModule {
  static of({ recording, reading, stream, serviceCredential, watch }: BillingParts): DynamicModule {
    return {
      module: BillingModule,
      imports: [HealthModule.register({ postgres: () => reading.$queryRaw`SELECT 1`, stream: () => stream.check() })],
      controllers: [PricedUsageController, ReportController, EventController, TotalsController, UnpricedUsageController],
      providers: [
        { provide: RECORDING, useValue: recording },
        { provide: RECORDING_WATCH, useValue: watch ?? null },
        { provide: READING, useValue: reading },
        { provide: SERVICE_CREDENTIAL, useValue: serviceCredential },
      ],
    };
  }
}
