import type { z } from 'zod';
import type { MessageType } from './answer.js';
import type { ProblemCode } from './problem-codes.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Method and documented path: `PUT /api/v1/leases/{leaseId}:renew`. */
export type Route = `${Method} /${string}`;

/** Groups of the documentation, in its order. */
export const GROUPS = [
  'access',
  'imports',
  'jobs',
  'customers',
  'consents',
  'features',
  'churn',
  'households',
  'preference',
  'campaigns',
  'call-centre',
  'evaluation',
  'platform',
] as const;
export type Group = (typeof GROUPS)[number];

/** Rate limits are kept by class, so that bulk work cannot starve an agent who waits. */
export type LimitClass = 'interactive' | 'bulk' | 'token';

/** One operation of the REST interface. Everything around its handler follows from this. */
export interface OperationSpec<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  method: Method;
  /** As documented: `/api/v1/leases/{leaseId}:renew`. */
  path: string;
  group: Group;
  /** One line, for the documentation. */
  summary: string;
  description?: string;
  /** Scope that the caller needs; `open` needs no token. */
  scope: string;
  params?: Params;
  /** Every parameter that is not in it is refused. */
  query?: Query;
  /** JSON body. */
  body?: Body;
  /** Whether the body may come as a form instead. */
  takesForm?: boolean;
  /** `multipart/form-data` with these parts, in this order; the handler reads them as a stream. */
  multipart?: Readonly<Record<string, { description: string; file?: boolean }>>;
  /** Status of success; 200 where none is given. */
  status?: number;
  /** JSON answer. */
  response: Response;
  /** The message that the handler returns, to be converted into the answer; without it, the handler returns the answer. */
  message?: MessageType<unknown>;
  /** Content types that it can answer with; JSON alone where none is given. */
  formats?: readonly string[];
  /** Further answers by status, in JSON. */
  also?: Readonly<Record<number, { description: string; response: z.ZodType }>>;
  /** Whether the answer has an ETag, and is 304 for a request that names it in If-None-Match. */
  etag?: boolean;
  /** Codes of problems that the handler can raise. Those of the pipeline around it follow from the other parts. */
  raises?: readonly ProblemCode[];
  /** Parts of the answer that need the scope `pii:read` and the header X-Access-Reason. */
  personalData?: string;
  /** One line of the NDJSON answer; the JSON answer where none is given. */
  line?: z.ZodType;
  /** Whether an Idempotency-Key is accepted or required. Only for POST with an effect. */
  idempotencyKey?: 'optional' | 'required';
  /** Whether the header If-Match is accepted or required, which prevents lost updates. */
  ifMatch?: 'optional' | 'required';
  /** Writes, and reads of lists of customers, leave a row in the audit ledger. Reads of personal data do so by themselves. */
  audited?: boolean;
  /** Internal ids of those whose data the result has or the request changes, for the audit ledger. */
  subjects?: (result: never, input: never) => readonly string[];
  limitClass?: LimitClass;
  /** Absent where a method of a controller handles it. */
  handle?: (input: never) => Promise<unknown>;
  example: Example;
}

interface Example {
  params?: unknown;
  query?: Record<string, string>;
  body?: unknown;
  response: unknown;
}
