/** The answers of the REST API as far as the stories look into them. */

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  errors: { pointer: string; code: string; message: string }[];
  traceId: string;
}

export interface Job {
  jobId: string;
  kind: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  result: Record<string, string>;
  error: { code: string; message: string } | null;
}

export interface ImportReport {
  importId: string;
  jobId: string;
  tables: {
    table: string;
    version: string | null;
    read: number;
    accepted: number;
    rejected: number;
    duplicates: number;
  }[];
  notices: { code: string; column: string | null; message: string }[];
}

export interface RejectedRow {
  file: string;
  line: number;
  column: string | null;
  rule: string;
  value: string;
}

export interface Table {
  table: string;
  version: string;
  rows: number;
  columns: { name: string; role: string; type: string | null; missing: number; distinct: number }[];
}

export interface Model {
  modelId: string;
  name: string;
  table: string;
  champion: boolean;
  validation: { auc: Estimate; averagePrecision: Estimate; calibrationError: Estimate };
  excluded: { column: string; reason: string }[];
}

interface Estimate {
  mean: number;
  low: number;
  high: number;
}

interface Money {
  amount: string;
  currency: string;
}

export interface Score {
  subscriptionId: string;
  probability: number;
  value: Money | null;
  priority: number;
  quadrant: string;
  reasons: { raising: { column: string }[]; lowering: { column: string }[] };
  model: { modelId: string; name: string };
  runId: string;
  orgUnit: string;
}

export interface WorkItem {
  itemId: string;
  subscriptionId: string;
  rank: number;
  probability: number;
  priority: number;
  firstReason: string | null;
  state: string;
  orgUnit: string;
}

export interface Lease {
  leaseId: string;
  item: WorkItem;
  expiresAt: string;
  key: string | null;
}

export interface LeaseAnswer {
  lease: Lease | null;
  passedOver: Record<string, number>;
}

export interface Script {
  subscriptionId: string;
  language: string;
  revision: string;
  sections: { key: string; title: string; lines: ScriptLine[] }[];
}

interface ScriptLine {
  text: string;
  value: number | string | boolean | null;
  source: { service: string; origin: string; name: string; version: string; column: string | null } | null;
}

export interface Customer {
  customerId: string;
  orgUnit: string;
  subscriptions: { subscriptionId: string; tables: string[] }[];
  personal: Record<string, string>;
}
