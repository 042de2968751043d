import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { z } from 'zod';
import type { AccountsErrorCode } from '../accounts.errors.js';
import { type AnswerDescription, answerOf, refusalsOf } from '../http/answers.js';
import { SchemaPipe } from '../http/parse-with.js';

/** One route as its controller declares it. */
export interface RouteDescription {
  method: string;
  /** As the router knows it, colons that are letters escaped. */
  path: string;
  controller: string;
  handler: string;
  body: z.ZodType | null;
  query: z.ZodType | null;
  /** Null: it does not say. */
  answer: AnswerDescription | null;
  refusals: readonly AccountsErrorCode[];
}

/** Kinds of handler parameters, by the numbers that Nest gives them. */
const BODY = 3;
const QUERY = 4;

/** Reads the decorators, so that the description of a route and what it parses cannot differ. */
export const describeRoutes = (controllers: readonly Type[]): RouteDescription[] =>
  controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, object>;
    return Object.getOwnPropertyNames(prototype).flatMap((handler) => {
      const method = handler === 'constructor' ? undefined : (Reflect.getMetadata(METHOD_METADATA, prototype[handler]!) as RequestMethod | undefined);
      if (method === undefined) return [];
      const path = joined(Reflect.getMetadata(PATH_METADATA, controller) as string, Reflect.getMetadata(PATH_METADATA, prototype[handler]!) as string);
      const schemas = schemasOf(controller, handler);
      const [answer, refusals] = [answerOf(prototype[handler]!), refusalsOf(prototype[handler]!)];
      return [{ method: RequestMethod[method]!, path, controller: controller.name, handler, body: schemas.get(BODY) ?? null, query: schemas.get(QUERY) ?? null, answer, refusals }];
    });
  });

const joined = (prefix: string, path: string): string => `/${[prefix, path].flatMap((part) => part.split('/')).filter((part) => part !== '').join('/')}`;

const schemasOf = (controller: Type, handler: string): Map<number, z.ZodType> => {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<string, { pipes?: unknown[] }>;
  return new Map(
    Object.entries(parameters).flatMap(([key, { pipes }]) =>
      (pipes ?? []).filter((pipe) => pipe instanceof SchemaPipe).map((pipe): [number, z.ZodType] => [Number(key.split(':')[0]), pipe.schema]),
    ),
  );
};
