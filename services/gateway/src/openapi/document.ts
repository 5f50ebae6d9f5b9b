import { z } from 'zod';
import { GROUPS, type OperationSpec } from '../operation/operation-spec.js';
import { parameterNames } from '../operation/router-path.js';

type Json = Record<string, unknown>;

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    code: z.string().describe('Message key, the same in every language'),
    errors: z.array(
      z.object({
        pointer: z.string().describe('Where: /path, /query or /body, then a JSON pointer'),
        code: z.string(),
        message: z.string(),
      }),
    ),
    traceId: z.string(),
    retryable: z.boolean(),
  })
  .meta({ id: 'Problem' });

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'Malformed, or an unknown parameter',
  401: 'No valid access token',
  403: 'The scope is missing',
  404: 'Not there, or outside the region of the caller',
  409: 'In conflict with the state, or the first request with this key still runs',
  412: 'Changed meanwhile, or a condition is not met',
  413: 'Body too large',
  415: 'Content type not taken',
  422: 'Understood but not possible, or the key was used for another request',
  428: 'The header If-Match is missing',
  429: 'Too many requests; see Retry-After',
  503: 'A part does not answer; see Retry-After',
};

const LANGUAGE = {
  name: 'Accept-Language',
  in: 'header',
  description: 'Language of texts: zh-CN or en',
  schema: { type: 'string' },
  example: 'zh-CN',
};
const IDEMPOTENCY_KEY = {
  description: 'The same key and body again gives the first answer, for 24 hours',
  schema: { type: 'string', maxLength: 255 },
};
const IF_MATCH = {
  description: 'The ETag of what is changed or decided about',
  schema: { type: 'string' },
  example: '"3"',
};

/** The whole REST interface as an OpenAPI 3.1 document, made of the operations that are served. */
export function openApiDocument(operations: readonly OperationSpec[], version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = describeOperation(operation, schemas);
  }
  schemaOf(Problem, 'output', schemas); // every operation refers to it
  const scopes = [...new Set(operations.map((operation) => operation.scope))]
    .filter((scope) => scope !== 'open')
    .sort();
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description:
        'Who is about to leave, why, and the words for the agent. Errors are RFC 9457 problem documents; lists are ' +
        'paged by `pageToken`; money is decimal text with its currency; times have a zone; an unknown parameter is an error.',
    },
    servers: [{ url: '/' }],
    tags: GROUPS.filter((group) => operations.some((operation) => operation.group === group)).map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: '/oauth/token',
              scopes: Object.fromEntries(scopes.map((scope) => [scope, ''])),
            },
          },
        },
      },
    },
  };
}

function describeOperation(operation: OperationSpec, schemas: Json): Json {
  const open = operation.scope === 'open';
  return {
    operationId: operationId(operation),
    tags: [operation.group],
    summary: operation.summary,
    description: [operation.description, open ? undefined : `Scope: \`${operation.scope}\`.`]
      .filter(Boolean)
      .join('\n\n'),
    security: open ? [] : [{ oauth: [operation.scope] }],
    parameters: parametersOf(operation, schemas),
    ...requestBodyOf(operation, schemas),
    responses: responsesOf(operation, schemas),
  };
}

/** `GET /api/v1/churn-runs/{runId}` is `getChurnRunsByRunId`. */
function operationId({ method, path }: OperationSpec): string {
  const words = path
    .replace(/^\/api\/v1/, '')
    .replace(/\{(\w+)\}/g, 'by-$1')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

function parametersOf(operation: OperationSpec, schemas: Json): Json[] {
  const params = shapeOf(operation.params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: schemaOf(schema, 'output', schemas),
    example: (operation.example.params as Record<string, string> | undefined)?.[name],
  }));
  const query = shapeOf(operation.query).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !schema.safeParse(undefined).success,
    ...(schema.description === undefined ? {} : { description: schema.description }),
    schema: schemaOf(schema, 'output', schemas),
    ...(operation.example.query?.[name] === undefined ? {} : { example: operation.example.query[name] }),
  }));
  const header = (name: string, need: 'optional' | 'required' | undefined, rest: Json): Json[] =>
    need === undefined ? [] : [{ name, in: 'header', required: need === 'required', ...rest }];
  const missing = parameterNames(operation.path).filter((name) => !params.some((param) => param.name === name));
  if (missing.length > 0) throw new Error(`${operation.path} does not describe ${missing.join(', ')}`);
  return [
    ...params,
    ...query,
    ...header('Idempotency-Key', operation.idempotencyKey, IDEMPOTENCY_KEY),
    ...header('If-Match', operation.ifMatch, IF_MATCH),
    LANGUAGE,
  ];
}

function requestBodyOf(operation: OperationSpec, schemas: Json): Json {
  const content: Json = {};
  if (operation.multipart !== undefined) {
    const parts = Object.entries(operation.multipart);
    const properties = Object.fromEntries(
      parts.map(([name, { description, file }]) => [
        name,
        file ? { description, contentMediaType: 'application/octet-stream' } : { type: 'string', description },
      ]),
    );
    content['multipart/form-data'] = { schema: { type: 'object', required: parts.map(([name]) => name), properties } };
  }
  if (operation.body !== undefined) {
    const schema = schemaOf(operation.body, 'input', schemas);
    content['application/json'] = { schema, example: operation.example.body };
  }
  return Object.keys(content).length === 0 ? {} : { requestBody: { required: true, content } };
}

function responsesOf(operation: OperationSpec, schemas: Json): Json {
  const status = operation.status ?? 200;
  const content: Json = {
    'application/json': {
      schema: schemaOf(operation.response, 'output', schemas),
      example: operation.example.response,
    },
  };
  for (const contentType of operation.alsoAs ?? []) {
    const isLines = contentType === 'application/x-ndjson';
    const schema = isLines ? schemaOf(operation.line ?? operation.response, 'output', schemas) : { type: 'string' };
    content[contentType] = { schema };
  }
  const success = status === 204 ? { description: 'Done' } : { description: 'Success', content };
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const failures = failureStatuses(operation).map((code) => [
    code,
    { description: STATUS_TEXTS[code]!, content: problem },
  ]);
  return { [status]: success, ...Object.fromEntries(failures) };
}

function failureStatuses(operation: OperationSpec): number[] {
  const takesBody = operation.body !== undefined || operation.multipart !== undefined;
  return [
    400,
    ...(operation.scope === 'open' ? [] : [401, 403]),
    ...(operation.params === undefined ? [] : [404]),
    ...((operation.idempotencyKey ?? operation.ifMatch ?? operation.conflicts) ? [409] : []),
    ...(operation.ifMatch === undefined ? [] : [412]),
    ...(takesBody ? [413, 415, 422] : []),
    ...(operation.ifMatch === 'required' ? [428] : []),
    429,
    503,
  ];
}

function shapeOf(schema: z.ZodType | undefined): [string, z.ZodType][] {
  return schema instanceof z.ZodObject ? Object.entries(schema.shape as Record<string, z.ZodType>) : [];
}

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is; named parts (`meta({ id })`) become components. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const {
    $schema: _dialect,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Json };
  for (const [name, definition] of Object.entries($defs ?? {})) components[name] = relinked(definition);
  return relinked(own) as Json;
}

function relinked(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
