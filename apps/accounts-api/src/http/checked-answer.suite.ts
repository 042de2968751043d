import { type ErrorObject, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../openapi/json-schemas.js';
import type { OpenApiDocument } from '../openapi/openapi-document.js';

/** An answer that some route gave. */
export interface GivenAnswer {
  method: string;
  path: string;
  status: number;
  contentType: string | null;
  text: string;
}

/** Not in the document: for services, or the library's whose protocol says what it answers. */
const UNDESCRIBED = /^\/(internal|oauth|\.well-known)\/|^\/(healthz|readyz)$/i;

type Content = Record<string, { schema?: JsonSchema }> | undefined;

interface Operation {
  pattern: RegExp;
  template: string;
  responses: Record<string, { content?: Content; $ref?: string }>;
}

/** Holds answers to what the document says of them: a status, type, member or code that it does not name is a fault. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  private readonly operations: Map<string, Operation[]>;
  private readonly shared: Operation['responses'];
  private readonly compiled = new Map<JsonSchema, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.ajv.addSchema({ $id: 'https://document.invalid/', components: document['components'] });
    this.shared = (document['components'] as { responses: Operation['responses'] }).responses;
    const all = Object.entries(document.paths).flatMap(([template, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => ({ method: method.toUpperCase(), template, pattern: patternOf(template), responses: responses as Operation['responses'] })),
    );
    this.operations = Map.groupBy(all.sort((a, b) => parametersIn(a.template) - parametersIn(b.template)), ({ method }) => method);
  }

  /** @returns what is wrong with the answer; null: nothing */
  problemWith(answer: GivenAnswer): string | null {
    const path = answer.path.split('?', 1)[0]!;
    if (UNDESCRIBED.test(path)) return null;
    const operation = this.operations.get(answer.method)?.find(({ pattern }) => pattern.test(path));
    const what = `${answer.method} ${operation?.template ?? path} answered ${answer.status}`;
    if (operation === undefined) return answer.status === 404 ? null : `${what}, and is not described`;
    const response = operation.responses[String(answer.status)];
    if (response === undefined) return `${what}, which is not described: ${answer.text.slice(0, 300)}`;
    const { content } = response.$ref === undefined ? response : this.shared[response.$ref.split('/').at(-1)!]!;
    const problem = this.problemWithBody(content, answer);
    return problem && `${what} not as described: ${problem}`;
  }

  private problemWithBody(content: Content, { contentType, text }: GivenAnswer): string | null {
    if (content === undefined) return text === '' ? null : 'it has a body';
    const type = contentType?.split(';', 1)[0] ?? '';
    const described = content[type] ?? content['*/*'];
    if (described === undefined) return `its type is ${type}`;
    if (described.schema === undefined) return null;
    const validate = this.validatorOf(described.schema);
    return validate(JSON.parse(text)) ? null : `${(validate.errors ?? []).map(inWords).join('; ')} in ${text.slice(0, 500)}`;
  }

  private validatorOf(schema: JsonSchema): ValidateFunction {
    const known = this.compiled.get(schema);
    if (known) return known;
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"https://document.invalid/#/components/')) as JsonSchema;
    const made = this.ajv.compile(absolute);
    this.compiled.set(schema, made);
    return made;
  }
}

const inWords = ({ instancePath, message, params }: ErrorObject): string => `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`;

const parametersIn = (template: string): number => template.split('{').length;

const patternOf = (template: string): RegExp => {
  const parts = template.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}/?$`, 'i');
};
