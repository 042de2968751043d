import { Body, type PipeTransform, Query } from '@nestjs/common';
import type { z } from 'zod';
import { AccountsError } from '../accounts.errors.js';

/** @throws AccountsError `invalid_request`, naming the first field that is wrong */
export const parseWith = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> => {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.');
  throw new AccountsError('invalid_request', `${field ? `${field}: ` : ''}${issue?.message ?? 'not valid'}`);
};

class SchemaPipe implements PipeTransform {
  constructor(private readonly schema: z.ZodType) {}

  transform(value: unknown): unknown {
    return parseWith(this.schema, value);
  }
}

/** Parameter: the JSON body, parsed; no body counts as `{}`. */
export const ParsedBody = (schema: z.ZodType): ParameterDecorator => Body(new SchemaPipe(schema));

/** Parameter: the query, parsed. */
export const ParsedQuery = (schema: z.ZodType): ParameterDecorator => Query(new SchemaPipe(schema));
