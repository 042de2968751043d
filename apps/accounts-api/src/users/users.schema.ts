import { z } from 'zod';
import { okSchema } from '../http/answer.schema.js';
import { emailAddress, nameText, text } from '../http/fields.schema.js';
import type { User } from '../generated/client.js';
import { profileSchema } from '../members/members.schema.js';
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from '../sign-in/password.js';

const password = () => z.string().min(MIN_PASSWORD_LENGTH).max(MAX_PASSWORD_LENGTH);
const optionalName = () => text(200).trim().nullish().transform((value) => value || null);

export const newUserSchema = z.object({ email: emailAddress(), first_name: optionalName(), last_name: optionalName(), password: password().optional() });
export const passwordSchema = z.object({ password: password().optional() });
export const profileUpdateSchema = z.object({ first_name: nameText().nullish(), last_name: nameText().nullish() });

export type NewUser = z.infer<typeof newUserSchema>;
export type ProfileUpdate = z.infer<typeof profileUpdateSchema>;

const madePassword = { password: z.string().optional().describe('When none was sent: one was made, and is told this once.') };
export const passwordSetSchema = okSchema.extend(madePassword).meta({ id: 'PasswordSet' });
export const createdUserSchema = profileSchema.extend(madePassword).meta({ id: 'CreatedUser' });

/** A user as clients know one. */
export const toUserProfile = ({ id, firstName, lastName, email: address }: User): z.infer<typeof profileSchema> => ({ id, first_name: firstName, last_name: lastName, email: address });
