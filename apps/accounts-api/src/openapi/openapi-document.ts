import type { Type } from '@nestjs/common';
import { type Permission, permissions, routePermissions } from '../access/permissions.js';
import { type JsonSchema, JsonSchemas, propertiesOf } from './json-schemas.js';
import { errorSchema, Refusals } from './refusals.js';
import { describeRoutes, type RouteDescription } from './route-descriptions.js';

export type OpenApiDocument = JsonSchema & { paths: Record<string, Record<string, JsonSchema>> };

/** OpenAPI 3.1 of all routes that are for callers: from the schemas they parse with and the permissions they need. */
export const openApiDocument = (controllers: readonly Type[], publicUrl: string): OpenApiDocument => {
  const schemas = new JsonSchemas();
  const refusals = new Refusals();
  const paths: OpenApiDocument['paths'] = {};
  for (const route of describeRoutes(controllers)) {
    const needs = routePermissions[`${route.method} ${route.path.replaceAll('\\:', ':')}`];
    if (needs === undefined || needs === 'service') continue;
    (paths[templateOf(route.path)] ??= {})[route.method.toLowerCase()] = operationOf(route, needs, { schemas, refusals });
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Accounts', version: '1', description: 'Projects, members, keys, rooms, settings and usage of this deployment. LLM calls are served beside it, under the paths of their providers.' },
    servers: [{ url: publicUrl }],
    paths,
    components: { schemas: { Error: errorSchema, ...schemas.definitions }, responses: refusals.definitions, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
};

/** What operations have in common, kept once. */
interface Shared {
  schemas: JsonSchemas;
  refusals: Refusals;
}

/** `/rooms/:room\:x` is `/rooms/{room}:x`. */
const templateOf = (path: string): string => path.replace(/(?<!\\):(\w+)/g, '{$1}').replaceAll('\\:', ':');

const operationOf = (route: RouteDescription, needs: Permission | 'public', { schemas, refusals }: Shared): JsonSchema => {
  const noun = route.controller.replace(/Controller$/, '');
  const id = `${noun}.${route.handler}`;
  const body = route.body && schemas.of(`${id}.body`, route.body);
  const query = route.query ? propertiesOf(schemas.of(`${id}.query`, route.query)) : [];
  const inPath = [...templateOf(route.path).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return {
    operationId: id,
    tags: [noun],
    description: needs === 'public' ? 'Needs no credential.' : `Needs the permission \`${needs}\`: any of the roles ${permissions[needs].roles.join(', ')}, or one that includes it. An access token also needs the scope \`${permissions[needs].scope}\`.`,
    parameters: [...inPath, ...query.map((parameter) => ({ ...parameter, in: 'query' }))],
    ...(body && { requestBody: { content: { 'application/json': { schema: body } } } }),
    security: needs === 'public' ? [] : [{ bearer: [] }],
    responses: { ...answersOf(id, route, schemas), ...refusals.of(route, needs) },
  };
};

/** A route that does not say what it answers has no answer here: every answer it gives is then an undeclared one. */
const answersOf = (id: string, { answer }: RouteDescription, schemas: JsonSchemas): Record<string, JsonSchema> => {
  if (answer === null) return {};
  const { statuses, contentType, schema } = answer;
  const content = contentType !== null && { content: { [contentType]: schema === null ? {} : { schema: schemas.answer(`${id}.answer`, schema) } } };
  return Object.fromEntries(statuses.map((status) => [String(status), { description: 'Done.', ...content }]));
};
