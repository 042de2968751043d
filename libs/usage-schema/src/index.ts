export { cloudEventSchema } from './cloud-event.js';
export { PRICED_USAGE_TOPIC, USAGE_TOPIC, partitionKeyOf } from './topics.js';
export { attributionSchema, usageDataSchema, usageEventSchema } from './usage-event.js';
export type { Attribution, UsageData, UsageEvent } from './usage-event.js';
export { OWN_KEY_PREFIX, SURCHARGE_TYPE, lineItemSchema, pricedUsageDataSchema, pricedUsageSchema, pricingSchema } from './priced-usage.js';
export type { LineItem, PricedUsage, Pricing } from './priced-usage.js';
export { reportDimensions, usageReportQuerySchema, usageReportRowSchema, usageReportSchema } from './usage-report.js';
export type { UsageReport, UsageReportQuery, UsageReportRow } from './usage-report.js';
