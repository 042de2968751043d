import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { createLogger } from '@llm-proxy/platform-logging';
import { describeWith, engines, type TestDatabase } from '@llm-proxy/testing';
import type { ReceivedMessage, SetAside, UsageStream } from '../port.js';
import { createPostgresStream } from '../postgres/postgres-stream.js';
import { BatchPattern } from './batch-pattern.decorator.js';
import { UsageStreamServer } from './usage-stream.server.js';

const USAGE = 'spec.usage';
const PRICED = 'spec.priced';

class Books {
  readonly usage: string[] = [];
  readonly priced: string[] = [];
  away = 0;
}

@Controller()
class UsageController {
  constructor(@Inject(Books) private readonly books: Books) {}

  @BatchPattern(USAGE)
  async onUsage(batch: ReceivedMessage[]): Promise<SetAside[]> {
    if (this.books.away > 0) {
      this.books.away -= 1;
      throw Object.assign(new Error('counters are away'), { transient: true });
    }
    const texts = batch.map(({ value }) => value.toString());
    if (texts.includes('poison')) throw new RangeError('cannot be read');
    this.books.usage.push(...texts);
    return batch.filter(({ value }) => value.toString() === 'unknown model').map((message) => ({ message, reason: 'unpriceable' }));
  }

  @BatchPattern(PRICED)
  async onPriced(batch: ReceivedMessage[]): Promise<void> {
    this.books.priced.push(...batch.map(({ value }) => value.toString()));
  }
}

@Module({ controllers: [UsageController], providers: [Books] })
class UsageModule {}

@Controller()
class PlainController {
  @EventPattern(USAGE)
  onUsage(_batch: ReceivedMessage[]): void {
    throw new Error('nobody would see this');
  }
}

@Module({ controllers: [PlainController] })
class PlainModule {}

@Controller()
class SecondController {
  @BatchPattern(USAGE)
  async onUsage(_batch: ReceivedMessage[]): Promise<void> {
    await Promise.resolve();
  }
}

@Module({ imports: [UsageModule], controllers: [SecondController] })
class TwiceModule {}

const message = (text: string) => ({ id: randomUUID(), key: 'project', value: Buffer.from(text) });

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
};

describeWith(['postgres'], 'the Nest transport on the usage stream', () => {
  let database: TestDatabase;
  let stream: UsageStream;

  beforeAll(async () => {
    database = await engines.postgresDatabase('usage_stream_nest');
  });

  beforeEach(async () => {
    stream = createPostgresStream({ databaseUrl: database.url, clientId: 'spec', logger: createLogger('spec', 'silent') });
    await stream.connect([USAGE, PRICED]);
  });

  afterEach(() => stream.close());
  afterAll(() => database.drop());

  const serverOf = () => new UsageStreamServer({ stream, group: randomUUID() });

  test('a microservice gets batches of its topics, and what it throws is retried and set aside with its own name and message', async () => {
    const app = await NestFactory.createMicroservice(UsageModule, { strategy: serverOf(), logger: false });
    const books = app.get(Books);
    books.away = 4;
    await app.listen();
    await stream.publish(USAGE, ['one', 'poison', 'unknown model', 'two'].map(message));
    await stream.publish(PRICED, [message('priced')]);
    await until(() => books.usage.length >= 3 && books.priced.length >= 1);
    expect(books.usage).toEqual(['one', 'unknown model', 'two']);
    await until(async () => (await stream.listSetAside(USAGE)).length === 2);
    expect((await stream.listSetAside(USAGE)).map(({ reason }) => reason).sort()).toEqual(['RangeError: cannot be read', 'unpriceable']);
    await app.close();
    await stream.replaySetAside(USAGE);
  }, 30_000);

  test('it hangs on an HTTP application too, and stops with it', async () => {
    const app = await NestFactory.create(UsageModule, { logger: false });
    app.connectMicroservice({ strategy: serverOf() });
    await app.startAllMicroservices();
    const { usage } = app.get(Books);
    await stream.publish(USAGE, [message('first')]);
    await until(() => usage.includes('first'));
    await app.close();
    const afterClose = usage.length;
    await stream.publish(USAGE, [message('second')]);
    expect(usage).toHaveLength(afterClose);
  });

  test('a handler whose errors Nest would hide is refused at the start', async () => {
    const app = await NestFactory.createMicroservice(PlainModule, { strategy: serverOf(), logger: false, abortOnError: false });
    await expect(app.listen()).rejects.toThrow('@BatchPattern');
  });

  test('two handlers of one topic are refused at the start', async () => {
    const app = await NestFactory.createMicroservice(TwiceModule, { strategy: serverOf(), logger: false, abortOnError: false });
    await expect(app.listen()).rejects.toThrow('two handlers');
  });
});
