import { RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import type { z } from 'zod';
import type { AccountsErrorCode } from '../accounts.errors.js';

const ANSWER = Symbol('ANSWER');
const REFUSALS = Symbol('REFUSALS');

interface DeclaredAnswer {
  /** Null: no body. */
  contentType: string | null;
  /** Of a JSON body. */
  schema: z.ZodType | null;
  /** Null: what the route's other decorators say. */
  statuses: readonly number[] | null;
}

/** What a route answers when all is well. */
export type AnswerDescription = DeclaredAnswer & { statuses: readonly number[] };

type Handler<Value> = (...parameters: never[]) => Value | Promise<Value>;

type HandlerDecorator<Value> = <Method extends Handler<Value>>(target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<Method>) => void;

const declaring =
  <Value>(answer: DeclaredAnswer): HandlerDecorator<Value> =>
  (_target, _name, { value: handler }) =>
    Reflect.defineMetadata(ANSWER, answer, handler as object);

/** Method: the JSON that it answers with. The compiler holds the handler to it, the specs hold every answer to it. */
export const Answers = <Schema extends z.ZodType>(schema: Schema): HandlerDecorator<z.input<Schema>> => declaring({ contentType: 'application/json', schema, statuses: null });

/** Method: answers without a body. */
export const AnswersNothing = (): HandlerDecorator<void> => declaring({ contentType: null, schema: null, statuses: null });

/** Method: answers with something that is not JSON, of which the type alone is described. */
export const AnswersWith = (contentType: string, statuses: readonly number[] = [200]): HandlerDecorator<unknown> => declaring({ contentType, schema: null, statuses });

/** Method: only ever refuses. */
export const AnswersNever = (): HandlerDecorator<never> => declaring({ contentType: null, schema: null, statuses: [] });

/** Method: how it refuses, besides what every route may say (`openapi/refusals.ts`). */
export const Refuses =
  (...codes: AccountsErrorCode[]): MethodDecorator =>
  (_target, _name, descriptor) =>
    Reflect.defineMetadata(REFUSALS, codes, descriptor.value as object);

/** Null when the method does not say. */
export const answerOf = (handler: object): AnswerDescription | null => {
  const declared = Reflect.getMetadata(ANSWER, handler) as DeclaredAnswer | undefined;
  return declared ? { ...declared, statuses: declared.statuses ?? [statusOf(handler)] } : null;
};

export const refusalsOf = (handler: object): readonly AccountsErrorCode[] => (Reflect.getMetadata(REFUSALS, handler) as AccountsErrorCode[] | undefined) ?? [];

const statusOf = (handler: object): number => {
  const declared = Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined;
  return declared ?? (Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST ? 201 : 200);
};
