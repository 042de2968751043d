import { Injectable } from '@nestjs/common';
import { Database, isDuplicate, type Transaction } from '../database/database.js';
import type { User } from '../generated/client.js';
import { acceptInvitations } from '../members/accept-invitations.js';
import type { IdentityProvider } from './identity-providers.schema.js';
import type { ProvenIdentity } from './openid-client.js';

export type Refused = 'email_not_verified' | 'domain_not_allowed' | 'email_of_another' | 'not_invited';
export type Recognised = { ok: true; user: User } | { ok: false; reason: Refused };

type Rules = Pick<IdentityProvider, 'allowed_domains' | 'new_users'>;

/** Which user of ours somebody is whom a provider vouches for. */
@Injectable()
export class IdentitiesStore {
  constructor(private readonly database: Database) {}

  /**
   * In this order: the user who signed in as this identity before; the user with the verified e-mail; a new user, where the rules make one.
   * Invitations of the e-mail become memberships.
   */
  async recognise(identity: ProvenIdentity, rules: Rules): Promise<Recognised> {
    const email = identity.verifiedEmail;
    if (email === null) return { ok: false, reason: 'email_not_verified' };
    if (rules.allowed_domains !== undefined && !rules.allowed_domains.includes(domainOf(email))) return { ok: false, reason: 'domain_not_allowed' };
    try {
      return await this.recogniseOnce(identity, email, rules);
    } catch (error) {
      // Two first sign-ins at the same moment: now the other's rows are there.
      if (isDuplicate(error)) return this.recogniseOnce(identity, email, rules);
      throw error;
    }
  }

  private recogniseOnce(identity: ProvenIdentity, email: string, rules: Rules): Promise<Recognised> {
    return this.database.$transaction(async (transaction) => {
      const user = await findOrMake(transaction, identity, email, rules);
      if (typeof user === 'string') return { ok: false, reason: user };
      // The e-mail at the provider may have changed since; what is proven today is that one alone.
      if (user.email === email) await acceptInvitations(transaction, user);
      return { ok: true, user };
    });
  }
}

const findOrMake = async (transaction: Transaction, identity: ProvenIdentity, email: string, rules: Rules): Promise<User | Refused> => {
  const { issuer, subject } = identity;
  const known = await transaction.userIdentity.findUnique({ where: { issuer_subject: { issuer, subject } }, include: { user: true } });
  if (known) return known.user;
  const existing = await transaction.user.findUnique({ where: { email }, include: { identities: { where: { issuer } } } });
  // Of several first sign-ins at the same moment another may have made it between the two questions.
  if (existing?.identities.some((one) => one.subject === subject)) return existing;
  // The provider gave the address to somebody else meanwhile, who is not the user that had it.
  if (existing && existing.identities.length > 0) return 'email_of_another';
  if (!existing && !(await mayBecomeUser(transaction, email, rules))) return 'not_invited';
  const user = existing ?? (await transaction.user.create({ data: { email, firstName: identity.firstName, lastName: identity.lastName } }));
  await transaction.userIdentity.create({ data: { issuer, subject, userId: user.id } });
  return user;
};

const mayBecomeUser = async (transaction: Transaction, email: string, { new_users }: Rules): Promise<boolean> =>
  new_users === 'allowed_domains' || (await transaction.projectInvitation.count({ where: { email } })) > 0;

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1);
