import { z } from 'zod';
import { profileSchema } from '../members/members.schema.js';
import { serviceAccountSchema } from '../service-accounts/service-accounts.schema.js';

/** The operator and participants are shown as users: clients know no third kind. */
export const whoamiSchema = z.object({
  id: z.string(),
  email: z.string(),
  type: z.enum(['user', 'service_account']),
  user: profileSchema.optional(),
  service_account: serviceAccountSchema.optional(),
});
