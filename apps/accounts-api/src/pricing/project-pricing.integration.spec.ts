import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPolicySchema } from '@llm-proxy/shared-auth';
import { configFor, runAccountsApi, type RunningAccountsApi, runOn, type TestProject } from '../running-accounts-api.suite.js';

describe('what a project pays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'accounts-prices-'));
  const priceFile = join(folder, 'prices.json');
  const change = { validFrom: '2020-01-01T00:00:00Z', source: 'spec', prices: { openai: [{ models: ['gpt-of-ours'], perMillionUsd: { input_tokens: '2', output_tokens: '4' } }] } };
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    writeFileSync(priceFile, JSON.stringify({ name: 'ours', currency: 'USD', changes: [change], adjustments: [{ percent: '50', provider: 'openai', model: 'gpt-of-*' }] }));
    api = await runAccountsApi({ PRICE_FILE: priceFile });
  });
  beforeEach(async () => {
    project = await api.newProject();
  });
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  const path = () => `${project.path}/price-adjustments`;
  const policy = async () => projectPolicySchema.parse((await api.service('GET', `/internal/projects/${project.id}/policy`)).body);
  const pricesOf = async (url: string) => (await project.admin('GET', url)).body as unknown as { openai: Record<string, object>; anthropic: Record<string, { input_tokens: number }>; surcharge: { price_version: string } };

  it('without adjustments of its own it pays what the price list says, the price file and the markup of the deployment included', async () => {
    const list = await pricesOf('/pricing');
    expect(list.openai['gpt-of-ours']).toEqual({ input_tokens: 3e-6, output_tokens: 6e-6 });
    expect(list.surcharge.price_version).toMatch(/\+ours\.[0-9a-f]{10}$/);
    expect(await pricesOf(`${project.path}/pricing`)).toEqual(list);
    expect((await project.admin('GET', path())).body).toEqual({ adjustments: [] });
    expect((await policy()).priceAdjustments).toBeUndefined();
  });

  it('the operator gives it adjustments, which gateways learn of and its price list shows', async () => {
    const document = { adjustments: [{ percent: '-50', provider: 'openai' }, { percent: '7', provider: 'anthropic', validUntil: '2020-01-01T00:00:00Z' }] };
    expect(await api.operator('PUT', path(), document)).toMatchObject({ status: 200, body: document });
    expect((await project.admin('GET', path())).body).toEqual(document);
    expect((await policy()).priceAdjustments).toEqual(document.adjustments);
    const [mine, list] = [await pricesOf(`${project.path}/pricing`), await pricesOf('/pricing')];
    expect(mine.openai['gpt-of-ours']).toEqual({ input_tokens: 1.5e-6, output_tokens: 3e-6 });
    expect(mine.anthropic).toEqual(list.anthropic);
    expect((await project.admin('GET', `${project.path}/audit`)).body['entries']).toContainEqual(expect.objectContaining({ action: 'settings.updated', target: expect.objectContaining({ id: 'price-adjustments' }) }));
    expect((await api.operator('DELETE', path())).status).toBe(200);
    expect((await policy()).priceAdjustments).toBeUndefined();
    expect((await api.operator('DELETE', path())).status).toBe(404);
  });

  it('its admins cannot, by no way', async () => {
    const document = { adjustments: [{ percent: '-100' }] };
    for (const url of [path(), `${project.path}/settings/price-adjustments`, `${project.path}/settings/price_adjustments`]) {
      expect([403, 404]).toContain((await project.admin('PUT', url, document)).status);
      expect([403, 404]).toContain((await project.admin('DELETE', url)).status);
    }
    expect((await project.admin('PUT', path(), document)).status).toBe(403);
    await project.admin('PUT', `${project.path}/settings`, { 'price-adjustments': document, priceAdjustments: document.adjustments });
    expect((await policy()).priceAdjustments).toBeUndefined();
    expect((await api.anonymous('GET', path())).status).toBe(401);
  });

  it.each([
    [{}, /^adjustments: /],
    [{ adjustments: [{ percent: -5 }] }, /^adjustments\.0\.percent: /],
    [{ adjustments: [{ percent: '-101' }] }, /^adjustments\.0\.percent: /],
    [{ adjustments: [{ percent: '1', provider: 'opneai' }] }, /^adjustments\.0\.provider: /],
    [{ adjustments: [{ percent: '1', model: 'gpt*' }] }, /^adjustments\.0\.provider: /],
    [{ adjustments: [{ percent: '1', provider: 'openai', model: '*' }] }, /^adjustments\.0\.model: /],
    [{ adjustments: [{ percent: '1' }, { percent: '2' }] }, /^adjustments\.1: /],
    [{ adjustments: [{ percent: '1', from: 'now' }] }, /from/],
  ])('%j: 400', async (document, message) => {
    expect(await api.operator('PUT', path(), document)).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(message) } } });
    expect((await policy()).priceAdjustments).toBeUndefined();
  });

  it('of a project that there is not: 404', async () => {
    for (const id of ['00000000-0000-4000-8000-000000000000', 'x']) {
      expect((await api.operator('GET', `/accounts/projects/${id}/pricing`)).status).toBe(404);
      expect((await api.operator('PUT', `/accounts/projects/${id}/price-adjustments`, { adjustments: [] })).status).toBe(404);
    }
  });

  it('does not start with a price file that is wrong', async () => {
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ name: 'ours', currency: 'EUR' }));
    await expect(runOn(configFor(api.config.DATABASE_URL, { PRICE_FILE: wrong }))).rejects.toThrow(/wrong\.json is malformed[^]*currency/);
  });
});
