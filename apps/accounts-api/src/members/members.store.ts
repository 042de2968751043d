import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AccountsError } from '../accounts.errors.js';
import { Database, isDuplicate, isOrphan, Prisma, type Transaction } from '../database/database.js';
import { isUuid } from '../http/fields.schema.js';
import { PolicyChangeLog } from '../policy/policy-changes.js';
import type { MembersPage, NewMember, Person } from './members.schema.js';

type PersonRow = Person & { projectId: string };

/** Of rows with these columns: those whose id the filter is, or whose e-mail or name has it as a part. */
export const isFoundBy = (filter: string | undefined) => Prisma.sql`(${filter ?? null}::text IS NULL OR id::text = ${filter ?? null}::text
  OR strpos(lower(concat_ws(' ', email, "firstName", "lastName")), lower(${filter ?? null}::text)) > 0)`;

/** Members and invitations of a project, as one list. */
const people = (projectId: string) => Prisma.sql`
  (SELECT u.id, u.email, u.first_name AS "firstName", u.last_name AS "lastName", m.roles, false AS invited
     FROM accounts.project_members m JOIN accounts.users u ON u.id = m.user_id WHERE m.project_id = ${projectId}::uuid
   UNION ALL
   SELECT i.id, i.email, NULL, NULL, i.roles, true FROM accounts.project_invitations i WHERE i.project_id = ${projectId}::uuid) AS people`;

@Injectable()
export class MembersStore {
  constructor(
    private readonly database: Database,
    private readonly changeLog: PolicyChangeLog,
  ) {}

  /** By e-mail. `email` is exact; `filter` is an id, or a part of the e-mail or name. */
  async list(projectId: string, { take, skip, filter, email }: MembersPage): Promise<{ members: Person[]; total: number }> {
    const where = Prisma.sql`(${email ?? null}::text IS NULL OR email = ${email ?? null}::text) AND ${isFoundBy(filter)}`;
    const [members, [count]] = await Promise.all([
      this.database.$queryRaw<PersonRow[]>`SELECT * FROM ${people(projectId)} WHERE ${where} ORDER BY email, id LIMIT ${take} OFFSET ${skip}`,
      this.database.$queryRaw<[{ total: number }]>`SELECT count(*)::int AS total FROM ${people(projectId)} WHERE ${where}`,
    ]);
    return { members, total: count.total };
  }

  /** Roles as they were given; null: not a member. */
  async rolesOf(projectId: string, userId: string): Promise<string[] | null> {
    const member = await this.database.projectMember.findUnique({ where: { projectId_userId: { projectId, userId } }, select: { roles: true } });
    return member?.roles ?? null;
  }

  async projectIdsOf(userId: string): Promise<string[]> {
    const memberships = await this.database.projectMember.findMany({ where: { userId }, select: { projectId: true } });
    return memberships.map(({ projectId }) => projectId);
  }

  /** The member or invitation of that id or e-mail. */
  async findSubject(projectId: string, { id, email }: { id?: string | null | undefined; email?: string | null | undefined }): Promise<Person | null> {
    const address = email?.trim().toLowerCase() ?? null;
    const [person] = await this.database.$queryRaw<PersonRow[]>`
      SELECT * FROM ${people(projectId)} WHERE id::text = ${id ?? null}::text OR email = ${address}::text ORDER BY invited LIMIT 1`;
    return person ?? null;
  }

  /**
   * A member at once when there is such a user, else an invitation that becomes a membership at the first sign-in.
   * @throws AccountsError `member_exists`, `user_not_found`, `project_not_found`
   */
  async add(projectId: string, member: NewMember): Promise<void> {
    try {
      await this.changeLog.commit(
        projectId,
        async (transaction) => insertPerson(transaction, projectId, member),
        ({ id, email, invited }) => ({ action: invited ? 'member.invited' : 'member.added', target: { type: 'user', id, name: email }, details: { roles: member.roles } }),
      );
    } catch (error) {
      if (isDuplicate(error)) throw new AccountsError('member_exists');
      if (isOrphan(error)) throw new AccountsError('project_not_found');
      throw error;
    }
  }

  /**
   * @param change from the roles as they were given to the new ones; an owner stays owner
   * @throws AccountsError `member_not_found`
   */
  async update(projectId: string, id: string, change: (direct: readonly string[]) => string[]): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const person = await lockPerson(transaction, projectId, id);
        const owner = person.roles.includes('owner') ? ['owner'] : [];
        const roles = [...owner, ...change(person.roles).filter((role) => role !== 'owner')];
        await (person.invited
          ? transaction.projectInvitation.updateMany({ where: { id, projectId }, data: { roles } })
          : transaction.projectMember.updateMany({ where: { projectId, userId: id }, data: { roles } }));
        return { email: person.email, before: person.roles, roles };
      },
      ({ email, before, roles }) => ({ action: 'member.updated', target: { type: 'user', id, name: email }, details: { before, roles } }),
    );
  }

  /** @throws AccountsError `member_not_found`, `owner_stays` */
  async remove(projectId: string, id: string): Promise<void> {
    await this.changeLog.commit(
      projectId,
      async (transaction) => {
        const person = await lockPerson(transaction, projectId, id);
        if (person.roles.includes('owner')) throw new AccountsError('owner_stays');
        await (person.invited ? transaction.projectInvitation.deleteMany({ where: { id, projectId } }) : transaction.projectMember.deleteMany({ where: { projectId, userId: id } }));
        return person;
      },
      ({ email, roles }) => ({ action: 'member.removed', target: { type: 'user', id, name: email }, details: { roles } }),
    );
  }
}

const insertPerson = async (transaction: Transaction, projectId: string, { userId, email, roles, redirectUrl }: NewMember): Promise<Pick<Person, 'id' | 'email' | 'invited'>> => {
  const user = await findUser(transaction, userId, email);
  if (user) {
    await transaction.projectMember.create({ data: { projectId, userId: user.id, roles } });
    return { ...user, invited: false };
  }
  if (email === null) throw new AccountsError('user_not_found');
  const id = randomUUID();
  await transaction.projectInvitation.create({ data: { id, projectId, email, roles, redirectUrl } });
  return { id, email, invited: true };
};

const findUser = async (transaction: Transaction, userId: string | null, email: string | null): Promise<{ id: string; email: string } | null> => {
  if (userId === null) return transaction.user.findUnique({ where: { email: email! }, select: { id: true, email: true } });
  const user = isUuid(userId) ? await transaction.user.findUnique({ where: { id: userId }, select: { id: true, email: true } }) : null;
  if (!user) throw new AccountsError('user_not_found');
  return user;
};

/** Changes of one person's roles happen one after the other. */
const lockPerson = async (transaction: Transaction, projectId: string, id: string): Promise<Pick<Person, 'email' | 'roles' | 'invited'>> => {
  if (!isUuid(id)) throw new AccountsError('member_not_found');
  const [member] = await transaction.$queryRaw<Pick<Person, 'email' | 'roles'>[]>`
    SELECT u.email, m.roles FROM accounts.project_members m JOIN accounts.users u ON u.id = m.user_id
    WHERE m.project_id = ${projectId}::uuid AND m.user_id = ${id}::uuid FOR UPDATE OF m`;
  if (member) return { ...member, invited: false };
  const [invitation] = await transaction.$queryRaw<Pick<Person, 'email' | 'roles'>[]>`
    SELECT email, roles FROM accounts.project_invitations WHERE project_id = ${projectId}::uuid AND id = ${id}::uuid FOR UPDATE`;
  if (!invitation) throw new AccountsError('member_not_found');
  return { ...invitation, invited: true };
};
