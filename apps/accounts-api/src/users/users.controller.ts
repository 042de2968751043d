import { Controller, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { z } from 'zod';
import { OK, okSchema } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { ArtifactsStore } from '../oauth/artifacts.store.js';
import { hashPassword, newPassword } from '../sign-in/password.js';
import { createdUserSchema, type NewUser, newUserSchema, passwordSchema, toUserProfile } from './users.schema.js';
import { UsersStore } from './users.store.js';

/** The operator's: who can sign in. */
@Controller('accounts/users')
export class UsersController {
  constructor(
    private readonly users: UsersStore,
    private readonly artifacts: ArtifactsStore,
  ) {}

  /** Without a password one is made, and told in this answer only. */
  @Post()
  @HttpCode(200)
  @Answers(createdUserSchema)
  @Refuses('user_exists')
  async create(@ParsedBody(newUserSchema) user: NewUser) {
    const made = user.password === undefined ? newPassword() : undefined;
    const passwordHash = await hashPassword(user.password ?? made!);
    const created = await this.users.create({ email: user.email, firstName: user.first_name, lastName: user.last_name, passwordHash });
    return { ...toUserProfile(created), ...(made !== undefined && { password: made }) };
  }

  /** Ends the user's sessions and what was allowed in them. */
  @Put(':userId/password')
  @Answers(okSchema)
  @Refuses('user_not_found')
  async setPassword(@Param('userId') userId: string, @ParsedBody(passwordSchema) body: z.infer<typeof passwordSchema>) {
    const { id } = await this.users.get(userId);
    await this.users.update(id, { passwordHash: await hashPassword(body.password) }, 'user.password_set');
    await this.artifacts.destroyOfUser(id);
    return OK;
  }
}
