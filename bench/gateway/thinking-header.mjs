/** Request header: how long the provider thinks before it answers, in milliseconds. */
export const THINKING_HEADER = 'x-bench-thinking-ms';
