import { describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import { isTransient } from './transient-error.js';

const withCode = (code: string): Error => Object.assign(new Error('failed'), { code });
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe('an engine that is away', () => {
  test.each([
    ['a socket', withCode('ECONNREFUSED')],
    ['PostgreSQL shutting down', withCode('57P01')],
    ['a deadlock', withCode('40P01')],
    ['fetch', new TypeError('fetch failed', { cause: withCode('ECONNRESET') })],
    ['several addresses', new AggregateError([withCode('ECONNREFUSED')])],
    ['Redis, its client', named('MaxRetriesPerRequestError', 'Reached the max retries per request limit')],
    ['Redis, its connection', new Error('Connection is closed.')],
    ['Redis, loading', named('ReplyError', 'LOADING Redis is loading the dataset in memory')],
    ['Kafka, a connection', new kafkajs.KafkaJSConnectionError('Closed connection')],
    ['Kafka, after many tries', new kafkajs.KafkaJSNumberOfRetriesExceeded(new Error('gone'), { retryCount: 15, retryTime: 1 })],
    ['Kafka, wrapped', Object.assign(new kafkajs.KafkaJSNonRetriableError('stopped'), { cause: new kafkajs.KafkaJSConnectionError('Closed connection') })],
    ['an error that says so', Object.assign(new Error('try later'), { transient: true })],
  ])('%s', (_, error) => expect(isTransient(error)).toBe(true));
});

describe('work that is at fault itself', () => {
  test.each([
    ['a programming error', new TypeError('undefined is not a function')],
    ['a unique violation', withCode('23505')],
    ['a Redis reply', named('ReplyError', 'WRONGTYPE Operation against a key holding the wrong kind of value')],
    ['a message Kafka refuses', new kafkajs.KafkaJSNonRetriableError('The request included a message larger than the max message size')],
    ['an error that says so, whatever its cause', Object.assign(new Error('bad', { cause: withCode('ECONNREFUSED') }), { transient: false })],
    ['nothing at all', undefined],
    ['a text', 'ECONNREFUSED'],
  ])('%s', (_, error) => expect(isTransient(error)).toBe(false));

  test('an error that is its own cause ends the search', () => {
    const error = new Error('round');
    error.cause = error;
    expect(isTransient(error)).toBe(false);
  });
});
