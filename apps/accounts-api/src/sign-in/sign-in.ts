import { Injectable } from '@nestjs/common';
import type { User } from '../generated/client.js';
import { UsersStore } from '../users/users.store.js';
import { AttemptsStore } from './attempts.store.js';
import { isPassword } from './password.js';

export type SignedIn = { ok: true; user: User } | { ok: false; reason: 'wrong' | 'too_many' };

/** E-mail and password. What is wrong of the two is not told, neither by words nor by time. */
@Injectable()
export class SignIn {
  constructor(
    private readonly users: UsersStore,
    private readonly attempts: AttemptsStore,
  ) {}

  async withPassword(givenEmail: string, password: string, address: string): Promise<SignedIn> {
    const email = givenEmail.trim().toLowerCase();
    if (!(await this.attempts.mayTry(email, address))) return { ok: false, reason: 'too_many' };
    const user = await this.users.findByEmail(email);
    if (!(await isPassword(password, user?.passwordHash ?? null)) || user === null) return { ok: false, reason: 'wrong' };
    await this.attempts.succeeded(email);
    await this.users.signedIn(user);
    return { ok: true, user };
  }
}
