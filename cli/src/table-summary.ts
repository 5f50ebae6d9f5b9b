import type { Estimate, FigureNotice, Model, Money } from './answers.js';

export type Language = 'zh-CN' | 'en';

/** What the main job found; written by `npm start -- --report FILE`. Internal ids only, nothing personal. */
export interface Summary {
  imports: {
    table: string;
    read: number;
    accepted: number;
    rejected: number;
    duplicates: number;
    /** Argument of `rejects`. Summaries stored by former releases have none. */
    importId?: string;
  }[];
  /** What the owner of the files should know. Summaries stored by former releases have none. */
  importNotices?: string[];
  /** Null where there was nothing to learn from; `unavailable` names what is missing. */
  model: ModelSummary | null;
  /** Null without scores. */
  atRisk: {
    count: number;
    probabilityMin: number;
    byReason: Record<string, number>;
    /** Of all that were scored; null, or none in summaries of former releases, where it is not known. */
    meanProbability?: number | null;
    notices?: FigureNotice[];
  } | null;
  /** The first five by priority. */
  list: ListEntry[];
  script: ScriptSummary | null;
  /** Labels from the mapping of the columns named here. Summaries stored by former releases have none. */
  columnLabels?: Record<string, Record<Language, string | null>>;
  /** Work while the system serves and until the token in them ends. */
  curl: string[];
  unavailable: { what: string; needs: string }[];
  /** Seconds of each step. */
  seconds: Record<string, number>;
}

export interface ModelSummary {
  kind: string;
  /** Name of the model: table and number. */
  version: string;
  modelId: string;
  method: string;
  /** How it was validated. */
  scheme: string;
  /** Rows judged, none of which the judging model had seen. */
  rows: number;
  /** Of a table with months: those whose rows were judged, each by what was known when it ended. */
  judgedMonths: string[];
  /** With its 95 % interval. Here and below: null where it could not be worked out. */
  auc: Estimate | null;
  averagePrecision: number | null;
  lift10: number | null;
  /** Expected calibration error, 10 bins of equal count; a perfect model of this size shows up to `…IdealP95`. */
  calibrationError: number | null;
  calibrationErrorIdealP95: number | null;
  excluded: { column: string; reason: string }[];
  /** Of a table with months: the last one whose labels are known. Summaries stored by former releases have none. */
  lastMonth?: NonNullable<Model['validation']>['lastMonth'];
  /** What a reader of the figures must know; see above. */
  notices?: FigureNotice[];
}

export interface ListEntry {
  rank: number;
  subscriptionId: string;
  probability: number;
  value: Money | null;
  priority: number;
  quadrant: string;
  firstReason: string | null;
  orgUnit: string;
}

export interface ScriptSummary {
  subscriptionId: string;
  /** Null where nothing could be leased; the script is then that of the first on the list. */
  leaseId: string | null;
  /** Plain text by language. */
  text: Record<Language, string>;
  /** Figures with their sources, as the REST face gives them. */
  sections: unknown[];
}
