import { GROUPS, type OperationSpec } from '../operation/operation-spec.js';
import { parameterNames } from '../operation/router-path.js';
import { declaredAnswers } from '../problem/declared-answers.js';
import { PROBLEM_TYPE, Problem } from '../problem/problem.js';
import { schemaOf, shapeOf, type Json } from './json-schema.js';

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'Malformed, or an unknown parameter',
  401: 'No valid access token',
  403: 'The scope is missing, or the whole province is needed',
  404: 'Not there, or outside the region of the caller',
  408: 'Did not arrive in time',
  409: 'In conflict with the state, or the first request with this key still runs',
  410: 'No longer there',
  412: 'Changed meanwhile, or a condition is not met',
  413: 'Too large',
  415: 'Content type not taken',
  422: 'Understood but not possible, or the key was used for another request',
  428: 'The header If-Match is missing',
  429: 'Too many requests; see Retry-After',
  431: 'Headers too large',
  500: 'A fault of the system, which is recorded',
  503: 'A part does not answer; see Retry-After',
};

/** Scope that shows personal data, together with the header. */
const PERSONAL_SCOPE = 'pii:read';

const LANGUAGE = {
  name: 'Accept-Language',
  in: 'header',
  required: false,
  description: 'Language of texts: zh-CN or en',
  schema: { type: 'string' },
  example: 'zh-CN',
};
const IDEMPOTENCY_KEY = {
  description: 'The same key and body again gives the first answer, for 24 hours',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
};
const IF_MATCH = {
  description: 'The ETag of what is changed or decided about',
  schema: { type: 'string' },
  example: '"3"',
};
const IF_NONE_MATCH = {
  description: 'An ETag that the client has; the answer is 304 if it is still the same',
  schema: { type: 'string' },
  example: '"3"',
};
const ACCESS_REASON = {
  description: `Why personal data are read, recorded in the audit ledger; percent-encoded UTF-8. Counts with the scope \`${PERSONAL_SCOPE}\` only`,
  schema: { type: 'string', maxLength: 2_000 },
  example: 'complaint 4711',
};
const RETRY_AFTER = { description: 'Seconds', schema: { type: 'integer' } };

/** The whole REST interface as an OpenAPI 3.1 document, made of the operations that are served. */
export function openApiDocument(operations: readonly OperationSpec[], version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  schemaOf(Problem, 'output', schemas);
  for (const operation of operations) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = describeOperation(operation, schemas);
  }
  const scopes = [...new Set([...operations.map((operation) => operation.scope), PERSONAL_SCOPE])]
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
  const { scope, personalData } = operation;
  const isOpen = scope === 'open';
  const ofPersonalData =
    personalData === undefined
      ? undefined
      : `Personal data: ${personalData}, with the scope \`${PERSONAL_SCOPE}\` and the header X-Access-Reason only.`;
  const withPersonalData = personalData === undefined ? [] : [{ oauth: [scope, PERSONAL_SCOPE] }];
  return {
    operationId: operationId(operation),
    tags: [operation.group],
    summary: operation.summary,
    description: [operation.description, ofPersonalData, isOpen ? undefined : `Scope: \`${scope}\`.`]
      .filter(Boolean)
      .join('\n\n'),
    security: isOpen ? [] : [{ oauth: [scope] }, ...withPersonalData],
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
  if (words.length === 0) words.push('index');
  return method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}

function parametersOf(operation: OperationSpec, schemas: Json): Json[] {
  const params = shapeOf(operation.params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: schemaOf(schema, 'input', schemas),
    example: (operation.example.params as Record<string, string> | undefined)?.[name],
  }));
  const query = shapeOf(operation.query).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !schema.safeParse(undefined).success,
    ...(schema.description === undefined ? {} : { description: schema.description }),
    // The output of a number that comes as text is a number.
    schema: schemaOf(schema, 'output', schemas),
    ...(operation.example.query?.[name] === undefined ? {} : { example: operation.example.query[name] }),
  }));
  const header = (name: string, need: boolean | 'optional' | 'required' | undefined, rest: Json): Json[] =>
    need ? [{ name, in: 'header', required: need === 'required', ...rest }] : [];
  const missing = parameterNames(operation.path).filter((name) => !params.some((param) => param.name === name));
  if (missing.length > 0) throw new Error(`${operation.path} does not describe ${missing.join(', ')}`);
  return [
    ...params,
    ...query,
    ...header('Idempotency-Key', operation.idempotencyKey, IDEMPOTENCY_KEY),
    ...header('If-Match', operation.ifMatch, IF_MATCH),
    ...header('If-None-Match', operation.etag, IF_NONE_MATCH),
    ...header('X-Access-Reason', operation.personalData !== undefined, ACCESS_REASON),
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
        { type: 'string', description, ...(file ? { contentMediaType: 'application/octet-stream' } : {}) },
      ]),
    );
    content['multipart/form-data'] = { schema: { type: 'object', required: parts.map(([name]) => name), properties } };
  }
  if (operation.body !== undefined) {
    const schema = schemaOf(operation.body, 'input', schemas);
    const described = { schema, example: operation.example.body };
    content['application/json'] = described;
    if (operation.takesForm) content['application/x-www-form-urlencoded'] = described;
  }
  return Object.keys(content).length === 0 ? {} : { requestBody: { required: true, content } };
}

function responsesOf(operation: OperationSpec, schemas: Json): Json {
  const responses: Json = {};
  for (const [status, { description, content, codes }] of declaredAnswers(operation)) {
    const described = [...content].map(([type, schema]): [string, Json] => [
      type,
      {
        schema: schema === undefined ? { type: 'string' } : schemaOf(schema, 'output', schemas),
        ...(status < 300 && type !== PROBLEM_TYPE && operation.example.response !== undefined
          ? { example: operation.example.response }
          : {}),
      },
    ]);
    const named = codes.map((code) => `\`${code}\``).join(', ');
    const failed = [STATUS_TEXTS[status], named].filter(Boolean).join(': ');
    responses[status] = {
      description: description === undefined ? failed : description,
      ...(status === 429 || status === 503 ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
      ...(operation.etag && (status < 300 || status === 304)
        ? { headers: { ETag: { schema: { type: 'string' } } } }
        : {}),
      ...(described.length === 0 ? {} : { content: Object.fromEntries(described) }),
    };
  }
  return responses;
}
