import { z } from 'zod';

export type Json = Record<string, unknown>;

/** Properties of an object's schema. */
export function shapeOf(schema: z.ZodType | undefined): [string, z.ZodType][] {
  return schema instanceof z.ZodObject ? Object.entries(schema.shape as Record<string, z.ZodType>) : [];
}

/** Formats whose long patterns only repeat them. */
const FORMATS = new Set(['date-time', 'date', 'uuid']);

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is; named parts (`meta({ id })`) become components. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const {
    $schema: _dialect,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: simplify }) as Json & { $defs?: Json };
  for (const [name, definition] of Object.entries($defs ?? {})) {
    if (name.startsWith('__')) throw new Error('A schema refers to itself, which many generators of clients refuse.');
    components[name] = relinked(definition);
  }
  return relinked(own) as Json;
}

/** Without what repeats the format, and without the limits of whole numbers in a double. */
function simplify({ jsonSchema }: { jsonSchema: Json }): void {
  if (typeof jsonSchema['format'] === 'string' && FORMATS.has(jsonSchema['format'])) delete jsonSchema['pattern'];
  if (jsonSchema['minimum'] === Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum'];
  if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum'];
}

function relinked(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
