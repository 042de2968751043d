import { engineAddress } from './engines.config.js';

describe('where the engines are', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it('is what the run says', () => {
    process.env['TEST_REDIS_URL'] = 'redis://somewhere';
    expect(engineAddress('redis')).toBe('redis://somewhere');
  });

  it('is nowhere when the run could not get the engine', () => {
    delete process.env['TEST_REDIS_URL'];
    process.env['TEST_ENGINES_UNAVAILABLE'] = 'kafka,redis';
    expect(engineAddress('redis')).toBeNull();
  });

  it('is a loud mistake when the run says nothing: a spec must not pass by running on nothing', () => {
    delete process.env['TEST_REDIS_URL'];
    process.env['TEST_ENGINES_UNAVAILABLE'] = 'kafka';
    expect(() => engineAddress('redis')).toThrow('TEST_REDIS_URL is not set');
  });
});
