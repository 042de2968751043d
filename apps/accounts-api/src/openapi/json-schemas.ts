import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

const DEFINITIONS = '#/$defs/';

/** Turns zod schemas into JSON Schema; what they refer to is kept once, in `definitions`. */
export class JsonSchemas {
  readonly definitions: Record<string, JsonSchema> = {};

  /**
   * What callers get: nothing but what the schema names. Schemas with an id in their metadata are shared by all that refer to them.
   * @param name unique; recursive parts without an id are named after it
   */
  answer(name: string, schema: z.ZodType): JsonSchema {
    const { $schema: _, $defs, ...json } = z.toJSONSchema(schema, { io: 'output' });
    const nameOf = (definition: string): string => (definition.startsWith('__') ? `${name}.${definition}` : definition);
    const renamed = (part: unknown): JsonSchema => JSON.parse(JSON.stringify(part).replace(/"#\/\$defs\/([^"]+)"/g, (_all, definition: string) => `"#/components/schemas/${nameOf(definition)}"`)) as JsonSchema;
    for (const [definition, content] of Object.entries($defs ?? {})) this.definitions[nameOf(definition)] = renamed(content);
    return renamed(json);
  }

  /** What callers send, before it is parsed. @param name unique; definitions are named after it */
  of(name: string, schema: z.ZodType): JsonSchema {
    const { $schema: _, $defs, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const renamed = (part: unknown): JsonSchema => JSON.parse(JSON.stringify(part).replaceAll(DEFINITIONS, `#/components/schemas/${name}.`)) as JsonSchema;
    for (const [definition, content] of Object.entries($defs ?? {})) this.definitions[`${name}.${definition}`] = renamed(content);
    return renamed(json);
  }
}

/** Members of an object schema, through intersections. */
export const propertiesOf = (schema: JsonSchema): { name: string; schema: JsonSchema; required: boolean }[] => {
  const required = (schema['required'] ?? []) as string[];
  const own = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).map(([name, property]) => ({ name, schema: property, required: required.includes(name) }));
  return [...own, ...((schema['allOf'] ?? []) as JsonSchema[]).flatMap(propertiesOf)];
};
