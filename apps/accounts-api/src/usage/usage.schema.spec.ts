import { toReportQuery, usageQuerySchema } from './usage.schema.js';

describe('usage query', () => {
  it.each([
    ['2026-11-22', '2026-11-22T00:00:00Z'],
    ['2026-11-22T10:00:00', '2026-11-22T10:00:00Z'],
    ['2026-11-22T10:00:00.123456+02:00', '2026-11-22T10:00:00.123456+02:00'],
    ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00Z'],
  ])('time %s is %s', (start, instant) => expect(usageQuerySchema.parse({ start }).start).toBe(instant));

  it.each(['', 'now', '2026-13-01', '22.11.2026', '1700000000'])('time %j is none', (start) => expect(usageQuerySchema.safeParse({ start }).success).toBe(false));

  it('empty filters filter nothing', () => {
    const query = usageQuerySchema.parse({ users: ' , ', room: '', provider: '', model: '', client: '', report: '' });
    expect(toReportQuery(null, query)).toEqual({ projectId: null, groupBy: ['provider', 'model', 'type'], filters: {} });
  });

  it.each([
    ['cost_by_provider', []],
    ['cost_by_room', ['room']],
    ['cost_by_user', ['user', 'participant']],
    ['cost_by_client', ['client']],
    ['something_newer', []],
  ])('report %s adds %j', (report, added) => {
    expect(toReportQuery(null, usageQuerySchema.parse({ report })).groupBy).toEqual(['provider', 'model', 'type', ...added]);
  });

  it('repeated parameters are refused, not guessed at', () => {
    expect(usageQuerySchema.safeParse({ room: ['a', 'b'] }).success).toBe(false);
  });
});
