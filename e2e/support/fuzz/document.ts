/** The parts of an OpenAPI 3.1 document that requests are generated from and answers are compared with. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const PERSONAL_SCOPE = 'pii:read';

export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
  example?: unknown;
}

interface Content {
  schema: Schema;
  example?: unknown;
}

export interface Operation {
  /** `GET /api/v1/jobs/{jobId}` */
  name: string;
  method: string;
  path: string;
  scope: string | undefined;
  parameters: Parameter[];
  bodies: Readonly<Record<string, Content>>;
  responses: Readonly<Record<string, { content?: Record<string, Content> }>>;
}

interface Described {
  security: { oauth: string[] }[];
  parameters: Parameter[];
  requestBody?: { content: Record<string, Content> };
  responses: Operation['responses'];
}

/** The document of a running gateway. */
export class ApiDocument {
  readonly operations: Operation[];
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: { paths: Record<string, Record<string, Described>>; components: object }) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'api', components: document.components });
    this.operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, described]) => ({
        name: `${verb.toUpperCase()} ${path}`,
        method: verb.toUpperCase(),
        path,
        scope: described.security[0]?.oauth[0],
        parameters: described.parameters,
        bodies: described.requestBody?.content ?? {},
        responses: described.responses,
      })),
    );
  }

  static async of(baseUrl: string): Promise<ApiDocument> {
    const answer = await fetch(`${baseUrl}/openapi.json`);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.url} answered ${answer.status}: ${text.slice(0, 500)}`);
    return new ApiDocument(JSON.parse(text) as never);
  }

  /** All scopes of operations, and that of personal data. */
  scopes(): string[] {
    const scopes = this.operations.flatMap(({ scope }) => scope ?? []);
    return [...new Set([...scopes, PERSONAL_SCOPE])].sort();
  }

  /** The schema that a reference leads to. */
  resolved(schema: Schema): Schema {
    const reference = schema['$ref'];
    if (typeof reference !== 'string') return schema;
    const { schemas } = this.document.components as { schemas: Record<string, Schema> };
    return schemas[reference.slice('#/components/schemas/'.length)]!;
  }

  /** What is undeclared about an answer; undefined if nothing is. */
  undeclared(operation: Operation, answer: { status: number; contentType: string | null; text: string }) {
    const declared = operation.responses[answer.status];
    if (declared === undefined) return `the status ${answer.status} is not declared`;
    const type = answer.contentType?.split(';', 1)[0];
    if (type === undefined || answer.text === '') {
      const isEmpty = declared.content === undefined || type !== 'application/json';
      return isEmpty ? undefined : `${answer.status} has no body`;
    }
    const content = declared.content?.[type];
    if (content === undefined) return `${answer.status} as ${type} is not declared`;
    if (!/json$/.test(type)) return undefined;
    const bodies = type.includes('ndjson') ? answer.text.split('\n').slice(0, -1) : [answer.text];
    const validate = this.validator(`${operation.name} ${answer.status} ${type}`, content.schema);
    for (const body of bodies) {
      const value = parsed(body);
      if (value === undefined) return `${answer.status} as ${type} is not JSON`;
      if (!validate(value)) return `${answer.status} has another shape: ${this.ajv.errorsText(validate.errors)}`;
    }
    return undefined;
  }

  private validator(name: string, schema: Schema): ValidateFunction {
    const known = this.validators.get(name);
    if (known !== undefined) return known;
    const relinked = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/')) as object;
    const validate = this.ajv.compile(relinked);
    this.validators.set(name, validate);
    return validate;
  }
}

/** Undefined for a text that is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
