/** One message per billable provider answer, written by the gateway. */
export const USAGE_TOPIC = 'llm.usage.v1';

/** The same answers with their price, written by metering. */
export const PRICED_USAGE_TOPIC = 'llm.usage.priced.v1';

/**
 * Events of one project keep their order, because they share a partition.
 * @param event any event of the two topics
 */
export const partitionKeyOf = (event: { data: { attribution: { projectId: string } } }): string => event.data.attribution.projectId;
