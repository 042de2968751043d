import type { SpendCounters } from '@llm-proxy/budgets';
import { HealthModule, SERVICE_CREDENTIAL } from '@llm-proxy/platform-http';
import type { UsageStream } from '@llm-proxy/usage-stream';
import { type DynamicModule, Module } from '@nestjs/common';
import type { MeteringParts } from './metering/meter-batch.js';
import { METERING_PARTS, UsageController } from './metering/usage.controller.js';
import { SPEND_COUNTERS, SpendController } from './spend/spend.controller.js';

export interface MeteringModuleParts {
  metering: MeteringParts;
  counters: SpendCounters;
  stream: Pick<UsageStream, 'check'>;
  serviceCredential: string;
}

@Module({})
export class MeteringModule {
  static of({ metering, counters, stream, serviceCredential }: MeteringModuleParts): DynamicModule {
    return {
      module: MeteringModule,
      imports: [HealthModule.register({ counters: () => counters.check(), stream: () => stream.check() })],
      controllers: [UsageController, SpendController],
      providers: [
        { provide: METERING_PARTS, useValue: metering },
        { provide: SPEND_COUNTERS, useValue: counters },
        { provide: SERVICE_CREDENTIAL, useValue: serviceCredential },
      ],
    };
  }
}
