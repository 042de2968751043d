import { runAccountsApi, type RunningAccountsApi, type TestProject } from '../running-accounts-api.suite.js';

describe('billing of a deployment that takes no payments', () => {
  let api: RunningAccountsApi;
  let project: TestProject;

  beforeAll(async () => {
    api = await runAccountsApi();
    project = await api.newProject();
  });
  afterAll(() => api.close());

  const billing = (what: string) => `${project.path}/${what}`;
  const nothing = { balance: 0, auto_recharge_threshold: null, auto_recharge_amount: null, last_recharge: null, monthly_budget: null, auto_recharge_paused: false, auto_recharged_this_month: null };

  it('reads say that there is nothing, in the shapes that clients read', async () => {
    expect((await project.admin('GET', billing('balance'))).body).toEqual(nothing);
    expect((await project.admin('GET', billing('transactions'))).body).toEqual({ transactions: [] });
    expect((await project.admin('GET', billing('subscription'))).body).toEqual({ subscription: null });
  });

  it('recharging can be switched off, which it is, and not on', async () => {
    const recharge = { enabled: false, amount: 50, threshold: 5 };
    expect(await project.admin('POST', billing('recharge'), recharge)).toMatchObject({ status: 200, body: { ok: true } });
    expect(await project.admin('POST', billing('recharge'), { ...recharge, enabled: true, monthly_budget: null })).toMatchObject({ status: 409, body: { error: { code: 'no_payments' } } });
    expect((await project.admin('GET', billing('balance'))).body).toEqual(nothing);
  });

  it('whoever wants to pay is told that there is no way to', async () => {
    const pages = { success_url: 'https://studio.example/ok', cancel_url: 'https://studio.example/no' };
    const told = { status: 409, body: { error: { code: 'no_payments', message: expect.stringMatching(/takes no payments/) } } };
    expect(await project.admin('POST', billing('credits'), { quantity: 10, ...pages })).toMatchObject(told);
    expect(await project.admin('POST', billing('subscription'), pages)).toMatchObject(told);
  });

  it.each([
    ['recharge', {}],
    ['recharge', { enabled: 'yes' }],
    ['credits', { quantity: 0, success_url: 'x', cancel_url: 'x' }],
    ['subscription', {}],
  ])('%s %j: 400', async (what, body) => {
    expect(await project.admin('POST', billing(what), body)).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
  });
});
