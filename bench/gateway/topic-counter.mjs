import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';

const ARRIVAL_TIMEOUT_MS = 30_000;
const POLL_MS = 25;

/**
 * Counts the messages of a topic by its end offsets.
 * @param {string[]} brokers
 * @param {string} topic must exist
 */
export const openTopicCounter = async (brokers, topic) => {
  const admin = new kafkajs.Kafka({ clientId: 'bench', brokers, logLevel: kafkajs.logLevel.ERROR }).admin();
  await admin.connect();
  const count = async () => (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
  /** Waits until the topic has so many, and returns how many it has then: more or fewer are both wrong. */
  const waitFor = async (/** @type {number} */ expected) => {
    const endsAt = performance.now() + ARRIVAL_TIMEOUT_MS;
    let found = await count();
    while (found < expected && performance.now() < endsAt) {
      await pause(POLL_MS);
      found = await count();
    }
    return found;
  };
  return { count, waitFor, close: () => admin.disconnect() };
};
