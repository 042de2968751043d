import { type DynamicModule, Module } from '@nestjs/common';
import { HealthModule } from '@llm-proxy/platform-http';
import type { GatewayParts } from './gateway-parts.js';

/** What Nest serves in the gateway: health. The relay and the other services' paths are mounted before it. */
@Module({})
export class GatewayModule {
  static with(parts: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        HealthModule.register({
          usage: async () => {
            if (!parts.usage.canRecord()) throw new Error('usage cannot be recorded');
          },
        }),
      ],
    };
  }
}
