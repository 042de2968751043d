import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { continuationOf, type Page, pageSchema } from '../http/paging.schema.js';
import { ParsedBody, ParsedQuery } from '../http/parse-with.js';
import { MembersStore } from '../members/members.store.js';
import { ProjectsStore } from '../projects/projects.store.js';
import { ServiceAccountsStore } from '../service-accounts/service-accounts.store.js';
import { grantSchema, type Holder, policySchema, revocationSchema } from './iam.schema.js';
import { toDirectRoles } from './subject.schema.js';

/** Who holds which roles, in the vocabulary of the newer command line. Roles are held on the project; what is in it has no roles of its own. */
@Controller('accounts/projects/:projectId/iam/:resourceType/:resourceId')
export class IamController {
  constructor(
    private readonly members: MembersStore,
    private readonly serviceAccounts: ServiceAccountsStore,
    private readonly projects: ProjectsStore,
  ) {}

  /** Members first, then service accounts. */
  @Get('policy')
  @Answers(policySchema)
  async policy(@Param() params: PolicyParams, @ParsedQuery(pageSchema) page: Page) {
    assertProject(params);
    const { id, name } = await this.projects.get(params.projectId);
    const resource = { type: 'project' as const, id, name };
    const people = await this.members.list(id, { ...page, email: undefined });
    const skip = Math.max(0, page.skip - people.total);
    const accounts = await this.serviceAccounts.list(id, { ...page, skip, take: page.take - people.members.length });
    const grants = [
      ...people.members.map((person) => ({ type: 'user' as const, id: person.id, email: person.email, roles: person.roles })),
      ...accounts.accounts.map((account) => ({ type: 'service_account' as const, id: account.id, email: null, roles: account.roles })),
    ];
    const access_grants = grants.map(({ roles, ...subject }) => ({ resource, subject, direct_roles: toDirectRoles(roles) }));
    return { resource, access_grants, continuation_token: continuationOf(page, grants.length, people.total + accounts.total) };
  }

  @Post('policy\\:grant')
  @HttpCode(200)
  @Answers(okSchema)
  @Refuses('user_not_found', 'member_not_found', 'member_exists', 'service_account_not_found')
  async grant(@Param() params: PolicyParams, @ParsedBody(grantSchema) { subject, roles, invite_redirect_url }: z.infer<typeof grantSchema>) {
    assertProject(params);
    const { projectId } = params;
    const add = (direct: readonly string[]): string[] => [...new Set([...direct, ...roles])];
    if (subject.type === 'service_account') await this.serviceAccounts.changeRoles(projectId, await this.accountOf(projectId, subject), add);
    else {
      const member = await this.members.findSubject(projectId, subject);
      if (member) await this.members.update(projectId, member.id, add);
      else await this.members.add(projectId, { userId: subject.id || null, email: subject.email || null, roles, redirectUrl: invite_redirect_url ?? null });
    }
    return OK;
  }

  /** All roles: a user is no member any more, a service account stays and may do nothing. */
  @Post('policy\\:revoke')
  @HttpCode(200)
  @Answers(okSchema)
  @Refuses('member_not_found', 'owner_stays', 'service_account_not_found', 'service_account_needed')
  async revoke(@Param() params: PolicyParams, @ParsedBody(revocationSchema) { subject }: z.infer<typeof revocationSchema>) {
    assertProject(params);
    const { projectId } = params;
    if (subject.type === 'service_account') await this.serviceAccounts.changeRoles(projectId, await this.accountOf(projectId, subject), () => []);
    else {
      const member = await this.members.findSubject(projectId, subject);
      if (!member) throw new AccountsError('member_not_found');
      await this.members.remove(projectId, member.id);
    }
    return OK;
  }

  private async accountOf(projectId: string, subject: Holder): Promise<string> {
    const account = await this.serviceAccounts.findSubject(projectId, subject);
    if (!account) throw new AccountsError('service_account_not_found');
    return account.id;
  }
}

interface PolicyParams {
  projectId: string;
  resourceType: string;
  resourceId: string;
}

const assertProject = ({ projectId, resourceType, resourceId }: PolicyParams): void => {
  if (resourceType !== 'project') throw new AccountsError('invalid_request', 'resource_type: roles are held on the project; use "project".');
  if (resourceId !== projectId) throw new AccountsError('project_not_found');
};
