import { createRequire } from 'node:module';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

let isQuiet = false;

/**
 * kafkajs 2.2.4 looks for waiting requests every millisecond of every connection's life, whether there are any or not (its issue 1704): 3 to 4 %
 * of a core in an idle process. Whatever is enqueued schedules a look by itself, so none is needed while nothing waits.
 */
export const quietIdleConnections = (): void => {
  if (isQuiet) return;
  isQuiet = true;
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhenSomethingWaits(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
};
