import type { ReceivedMessage, UsageStream } from './port.js';

/** Puts a prefix before every topic and group, so that deployments can share an engine. Users of the stream never see it. */
export const withTopicPrefix = (stream: UsageStream, prefix: string): UsageStream => {
  const outside = (topic: string): string => prefix + topic;
  const inside = <Message extends { topic: string }>(message: Message): Message => ({ ...message, topic: message.topic.slice(prefix.length) });
  return {
    connect: (topics) => stream.connect(topics.map(outside)),
    publish: (topic, messages) => stream.publish(outside(topic), messages),
    subscribe: ({ topic, group, handler, ...options }) =>
      stream.subscribe({
        ...options,
        topic: outside(topic),
        group: outside(group),
        handler: async (batch) => {
          const original = new Map<ReceivedMessage, ReceivedMessage>();
          for (const message of batch) original.set(inside(message), message);
          const setAside = await handler([...original.keys()]);
          return setAside?.map(({ message, reason }) => ({ message: original.get(message) ?? message, reason }));
        },
      }),
    listSetAside: async (topic) => (await stream.listSetAside(outside(topic))).map((record) => ({ ...inside(record), group: record.group.slice(prefix.length) })),
    replaySetAside: (topic, ids) => stream.replaySetAside(outside(topic), ids),
    check: () => stream.check(),
    close: () => stream.close(),
  };
};
