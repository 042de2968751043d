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

/** The schema can be seen from outside, because the description of the API is made from it. */
export class SchemaPipe implements PipeTransform {
  constructor(readonly schema: z.ZodType) {}

  transform(value: unknown): unknown {
    return parseWith(this.schema, value);
  }
}

/** Parameter: the JSON body, parsed; no body counts as `{}`. */
export const ParsedBody = (schema: z.ZodType): ParameterDecorator => Body(new SchemaPipe(schema));

/** Describes a body that the handler parses itself, because which schema it has depends on the path. */
class DescribingPipe extends SchemaPipe {
  override transform(value: unknown): unknown {
    return value;
  }
}

/** Parameter: the JSON body as it came. @param schema all that it may be */
export const BodyOf = (schema: z.ZodType): ParameterDecorator => Body(new DescribingPipe(schema));

/** Parameter: the query, parsed. */
export const ParsedQuery = (schema: z.ZodType): ParameterDecorator => Query(new SchemaPipe(schema));
