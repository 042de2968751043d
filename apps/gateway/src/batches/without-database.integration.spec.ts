import { type RelayGateway, startRelayGateway } from '../relay/relay-gateway.suite.js';

/** With Kafka a gateway may have no database, and so nowhere to remember whose a batch is. */
describe('batches without a database', () => {
  let gateway: RelayGateway;
  beforeAll(async () => {
    // Nobody listens there: what goes upstream is a 502.
    gateway = await startRelayGateway({ providerUrl: 'http://127.0.0.1:1', providerKey: 'sk-provider' });
  });
  afterAll(() => gateway.close());

  const CREATE = JSON.stringify({ requests: [{ custom_id: 'one', params: { model: 'claude-sonnet-4-6', max_tokens: 5, messages: [] } }] });

  it.each([
    ['POST', '/v1/messages/batches', CREATE],
    ['GET', '/v1/messages/batches', null],
    ['GET', '/v1/messages/batches/msgbatch_1', null],
    ['GET', '/v1/messages/batches/msgbatch_1/results', null],
    ['POST', '/v1/messages/batches/msgbatch_1/cancel', null],
    ['DELETE', '/v1/messages/batches/msgbatch_1', null],
  ])('%s %s is refused in the provider’s words, and never sent', async (method, path, body) => {
    const answer = await fetch(`${gateway.url}/anthropic${path}`, { method, ...(body === null ? {} : { body }), headers: { 'x-api-key': gateway.apiKey, 'content-type': 'application/json' } });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: 'error', error: { type: 'api_error', message: expect.stringContaining('DATABASE_URL') }, request_id: answer.headers.get('x-meshagent-request-id') });
  });
});
