import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from '@llm-proxy/platform-logging';
import { APP_LOGGER } from '../http/app-logger.js';
import { FeedMessagesStore } from './feed-messages.store.js';

const SWEEP_EVERY_MS = 10 * 60_000;

/** Takes old messages away from feeds that nobody writes to any more. Readers do not see them before that either. */
@Injectable()
export class FeedRetention implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private sweeping = Promise.resolve();

  constructor(
    private readonly messages: FeedMessagesStore,
    @Inject(APP_LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => (this.sweeping = this.sweep()), SWEEP_EVERY_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  private async sweep(): Promise<void> {
    try {
      const swept = await this.messages.sweep();
      if (swept > 0) this.logger.info({ messages: swept }, 'old messages of feeds were deleted');
    } catch (error) {
      this.logger.warn({ err: error }, 'old messages of feeds could not be deleted; the next sweep tries again');
    }
  }
}
