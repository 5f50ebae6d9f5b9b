import type { z } from 'zod';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

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
type Group = (typeof GROUPS)[number];

/** Rate limits are kept by class, so that bulk work cannot starve an agent who waits. */
export type LimitClass = 'interactive' | 'bulk' | 'token';

/** One operation of the REST face: what it needs, takes and gives. Everything around its handler follows from this. */
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
  /** Other content types that it can answer with. */
  alsoAs?: readonly string[];
  /** Whether an Idempotency-Key is taken, or even demanded. Only for POST with an effect. */
  idempotencyKey?: 'optional' | 'required';
  /** Whether the header If-Match is accepted or required, which prevents lost updates. */
  ifMatch?: 'optional' | 'required';
  /** Writes leave a row in the audit ledger. Reads of personal data do so by themselves. */
  audited?: boolean;
  /** Whether it may conflict with the state although it has neither key nor match. */
  conflicts?: boolean;
  limitClass?: LimitClass;
  example: Example;
}

interface Example {
  params?: unknown;
  query?: Record<string, string>;
  body?: unknown;
  response: unknown;
}
