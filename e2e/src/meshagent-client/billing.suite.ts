import { refusal } from './sdk.js';
import type { Served } from './served.js';

export const describeBilling = (served: () => Served): void => {
  describe('billing', () => {
    it('prices are those of today, and name the surcharge', async () => {
      expect(await served().owner.getPricing()).toMatchObject({ openai: { 'gpt-4.1': { input_tokens: 0.000002 } }, surcharge: { rate: 0.05, line_item_type: 'llm_proxy_surcharge' } });
    });

    it('a project holds no credit, and was never charged', async () => {
      const { newProject, owner } = served();
      const projectId = await newProject();
      const none = { balance: 0, autoRechargeThreshold: null, autoRechargeAmount: null, lastRecharge: null, monthlyBudget: null, autoRechargePaused: false, autoRechargedThisMonth: null };
      expect(await owner.getBalance(projectId)).toEqual(none);
      expect(await owner.getRecentTransactions(projectId)).toEqual([]);
      expect(await owner.getSubscription(projectId)).toEqual({ subscription: null });
      await owner.setAutoRecharge({ projectId, enabled: false, amount: 0, threshold: 0 });
      expect(await owner.getBalance(projectId)).toEqual(none);
    });

    it('is for those who may see it', async () => {
      const { newProject, newUser, owner } = served();
      const [projectId, { id, client }] = [await newProject(), await newUser()];
      await owner.addUserToProject(projectId, id);
      const reads = [client.getBalance(projectId), client.getRecentTransactions(projectId), client.getSubscription(projectId), client.getUsage(projectId)];
      await Promise.all(reads.map((read) => expect(read).rejects.toThrow(refusal(403, 'forbidden'))));
    });
  });
};
