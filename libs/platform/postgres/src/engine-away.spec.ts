import { isPostgresAway } from './engine-away.js';

describe('is PostgreSQL away?', () => {
  it.each([
    ['a refused connection', { code: 'ECONNREFUSED' }],
    ['a shutdown', { code: '57P01' }],
    ['a statement cut by the timeout', { code: '57014' }],
    ['too many connections', { code: '53300' }],
    ['a deadlock', { code: '40P01' }],
    ['a pool without a free connection', { message: 'timeout exceeded when trying to connect' }],
    ['Prisma without a server', { code: 'P1001' }],
    ['Prisma, raw query, connection lost', { code: 'P2010', meta: { driverAdapterError: { cause: { kind: 'ConnectionClosed' } } } }],
    ['Prisma, raw query, server stopping', { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '57P01' } } } }],
    ['a cause far down', { cause: { cause: { errors: [{ code: 'ECONNRESET' }] } } }],
  ])('%s: yes', (_name, error) => {
    expect(isPostgresAway(error)).toBe(true);
  });

  it.each([
    ['a unique violation', { code: '23505' }],
    ['a value out of range', { code: '22003' }],
    ['Prisma, raw query, bad value', { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '22P05', kind: 'postgres' } } } }],
    ['any other error', new Error('no')],
    ['no error', null],
    ['an error that is its own cause', Object.assign(new Error('round'), { code: 'X' })],
  ])('%s: no', (_name, error) => {
    if (error instanceof Error) error.cause = error;
    expect(isPostgresAway(error)).toBe(false);
  });
});
