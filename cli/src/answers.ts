/** What the REST face answers, as far as the command line reads it; /openapi.json has the whole. */

export interface Money {
  amount: string;
  currency: string;
}

type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Job {
  jobId: string;
  kind: string;
  state: JobState;
  /** 0 to 1. */
  progress: number;
  phase: string;
  rowsDone: number;
  rowsTotal: number | null;
  result: Record<string, string>;
  error: { kind: string; code: string; message: string } | null;
  createdAt: string;
  updatedAt: string;
  endedAt: string | null;
}

export interface ImportReport {
  importId: string;
  tables: {
    table: string;
    version: string | null;
    read: number;
    accepted: number;
    rejected: number;
    duplicates: number;
  }[];
  notices: { code: string; column: string | null; message: string }[];
  state: 'receiving' | 'received' | 'loaded' | 'failed' | 'held' | 'discarded';
  createdAt: string;
  findings: { code: string; table: string; column: string | null; holds: boolean; message: string }[];
  comparison: { comparedWith: string; kept: number; added: number; gone: number } | null;
  /** Empty without a reason of access. */
  keyExamples: { before: string; now: string }[];
}

export interface Table {
  table: string;
  version: string;
  rows: number;
  columns: { name: string; label: Record<'zh-CN' | 'en', string | null> }[];
  labelledRows: number;
  positiveRows: number;
}

export interface Reject {
  file: string;
  line: number;
  column: string | null;
  rule: string;
  value: string;
}

export interface Estimate {
  mean: number;
  low: number | null;
  high: number | null;
}

/** What a reader of figures must know. */
export interface FigureNotice {
  code: string;
  message: string;
}

export interface Model {
  modelId: string;
  kind: string;
  name: string;
  table: string;
  tableVersion: string;
  method: string;
  validation: {
    scheme: string;
    rows: number;
    positives: number;
    auc: Estimate | null;
    averagePrecision: Estimate | null;
    lift10: Estimate | null;
    brier: Estimate | null;
    calibrationError: Estimate | null;
    calibrationErrorIdeal: { mean: number | null; p95: number | null };
    trainingMonths: string[];
    judgedMonths: string[];
    lostInGap: number;
    recall10: number | null;
    /** Of a table with months: the last one whose labels are known. */
    lastMonth: {
      month: string;
      rows: number;
      positives: number;
      realised: number | null;
      meanPrediction: number | null;
      auc: Estimate | null;
      isForward: boolean;
    } | null;
  } | null;
  excluded: { column: string; reason: string }[];
  trainedAt: string | null;
  champion: boolean;
  prevalence: number;
  notices: FigureNotice[];
}

export interface Score {
  subscriptionId: string;
  probability: number;
  value: Money | null;
  efficiency: number | null;
  priority: number;
  quadrant: string;
  reasons: { raising: Reason[]; lowering: Reason[]; baseLogOdds: number; causes: Cause[] } | null;
  table: string;
  tableVersion: string;
  orgUnit: string;
}

/** One of the seven reasons. */
export interface Cause {
  cause: string;
  contribution: number;
  columns: string[];
  controllable: boolean;
}

interface Reason {
  column: string;
  contribution: number;
  value: number | string | null;
}

export interface Run {
  runId: string;
  table: string;
  rows: number;
  /** Null where the table has a single snapshot. */
  month: string | null;
  atRisk: {
    count: number;
    probabilityMin: number;
    byReason: { column: string; count: number }[];
    /** By the first of the seven reasons; empty where no column indicates one. */
    byCause: { cause: string; count: number }[];
  };
  efficiencyBasis: string;
  meanProbability: number | null;
  /** Of the last month whose labels are known. */
  realised: { month: string; share: number } | null;
  notices: FigureNotice[];
}

export interface Queue {
  queue: string;
  runId: string;
  items: Record<string, number>;
  efficiencyBasis: string;
  contactCost: Money | null;
}

export interface WorkItem {
  subscriptionId: string;
  rank: number;
  probability: number;
  value: Money | null;
  priority: number;
  quadrant: string;
  firstReason: string | null;
  state: string;
  orgUnit: string;
}

export interface Lease {
  leaseId: string;
  item: WorkItem;
  expiresAt: string;
  channel: string;
  key: string | null;
}

export interface LeaseAnswer {
  lease: Lease | null;
  passedOver: Record<string, number>;
}

export interface Parameter {
  key: string;
  value: unknown;
  default: unknown;
  description: string;
}

/** An error of the REST interface (RFC 9457). */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  code: string;
  errors: { pointer: string; code: string; message: string }[];
  traceId: string;
  retryable: boolean;
}

export interface ViewGroup {
  key: string;
  label: string;
  fields: {
    key: string;
    label: string;
    value: number | string | boolean | Money | null;
    masked: boolean;
    notice: string | null;
  }[];
  unavailable: string | null;
}

export interface CustomerAnswer {
  customerId: string;
  kind: string;
  orgUnit: string;
  subscriptions: { subscriptionId: string; service: string | null; status: string | null }[];
  personal: Record<string, string>;
  view: {
    customerId: string;
    kind: string;
    orgUnit: string;
    asOf: string;
    month: string | null;
    extractId: string | null;
    groups: ViewGroup[];
    subscriptions: { subscriptionId: string; service: string | null; status: string | null; groups: ViewGroup[] }[];
    relations: { customerId: string; kind: string; role: string | null }[];
  } | null;
}

export interface TimelineAnswer {
  entries: { at: string; kind: string; subscriptionId: string | null; details: Record<string, string> }[];
  nextPageToken: string | null;
}
