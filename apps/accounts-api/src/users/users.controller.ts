import { Controller, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { z } from 'zod';
import { OK } from '../http/answer.schema.js';
import { Answers, Refuses } from '../http/answers.js';
import { ParsedBody } from '../http/parse-with.js';
import { hashPassword, newPassword } from '../sign-in/password.js';
import { Passwords } from '../sign-in/passwords.js';
import { createdUserSchema, type NewUser, newUserSchema, passwordSchema, passwordSetSchema, toUserProfile } from './users.schema.js';
import { UsersStore } from './users.store.js';

/** The operator's: who can sign in. */
@Controller('accounts/users')
export class UsersController {
  constructor(
    private readonly users: UsersStore,
    private readonly passwords: Passwords,
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

  /** Ends the user's sessions and what was allowed in them. Without a password one is made, and told in this answer only. */
  @Put(':userId/password')
  @Answers(passwordSetSchema)
  @Refuses('user_not_found')
  async setPassword(@Param('userId') userId: string, @ParsedBody(passwordSchema) body: z.infer<typeof passwordSchema>) {
    const made = body.password === undefined ? newPassword() : undefined;
    const { id } = await this.users.getByIdOrEmail(userId);
    await this.passwords.set(id, body.password ?? made!);
    return { ...OK, ...(made !== undefined && { password: made }) };
  }
}
