import kafkajs from 'kafkajs';

/**
 * How far consumer groups are, without asking the database that is being measured: offsets are committed after the durable write.
 * @param {string[]} brokers
 */
export const openGroupProgress = async (brokers) => {
  const admin = new kafkajs.Kafka({ clientId: 'bench', brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const committed = async (/** @type {string} */ groupId, /** @type {string} */ topic) => {
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  };
  return { committed, close: () => admin.disconnect() };
};
