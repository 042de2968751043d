import { z } from 'zod';

/**
 * CloudEvents 1.0 in JSON, structured mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
 * `id` is the idempotency key everywhere after the gateway: the priced event carries the id of the usage event it came from.
 */
export const cloudEventSchema = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.object({
    specversion: z.literal('1.0'),
    id: z.uuid(),
    source: z.string().min(1),
    type: z.literal(type),
    /** The project id, so that a reader can route without opening `data`. */
    subject: z.string().min(1),
    /** When the answer ended, RFC 3339. It selects the price table and the day of the bill. */
    time: z.iso.datetime({ offset: true }),
    datacontenttype: z.literal('application/json'),
    data,
  });
