import type { Model, Script, WorkItem } from '@holdfast/client/gen/operations';
import type { Language, ResponseOf } from '@holdfast/client/rest-client';

export type Run = ResponseOf<'GET /api/v1/churn-runs/{runId}'>;
type Validation = NonNullable<Model['validation']>;

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
  /** The one that scored; null where there was nothing to learn from; `unavailable` names what is missing. */
  model: ModelSummary | null;
  /**
   * The model that was trained in the month, which is the one that scores if it became champion; null where none was due.
   * Summaries stored by former releases have none.
   */
  trained?: TrainedSummary | null;
  /** Null without scores. */
  atRisk: {
    count: number;
    probabilityMin: number;
    byReason: Record<string, number>;
    /** Of all that were scored; null, or none in summaries of former releases, where it is not known. */
    meanProbability?: number | null;
    notices?: Run['notices'];
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

export interface ModelSummary
  extends
    Pick<Model, 'kind' | 'modelId' | 'method' | 'excluded'>,
    Pick<Validation, 'scheme' | 'rows' | 'judgedMonths' | 'auc'> {
  /** Name of the model: table and number. */
  version: string;
  /** Here and below: null where it could not be worked out. */
  averagePrecision: number | null;
  lift10: number | null;
  /** Expected calibration error, 10 bins of equal count; a perfect model of this size shows up to `…IdealP95`. */
  calibrationError: number | null;
  calibrationErrorIdealP95: number | null;
  /** Of a table with months: the last one whose labels are known. Summaries stored by former releases have none. */
  lastMonth?: Validation['lastMonth'];
  /** Other methods on the same rows; see above. */
  challengers?: Validation['challengers'];
  /** Causes against reason codes. Summaries stored by former releases have none. */
  causes?: Validation['causes'];
  /** Rows that a campaign had contacted. Summaries stored by former releases have none. */
  contacted?: Validation['contacted'];
  /** What a reader of the figures must know; see above. */
  notices?: Model['notices'];
  /** Precision of a list of as many as the team can contact. Summaries stored by former releases have none. */
  capacity?: Validation['capacity'];
}

export interface TrainedSummary extends Pick<Model, 'modelId' | 'verdict'>, Pick<Validation, 'auc'> {
  /** Name of the model. */
  version: string;
}

/** Fields of a work item that a summary has. */
export const LIST_FIELDS = [
  'rank',
  'subscriptionId',
  'probability',
  'value',
  'priority',
  'quadrant',
  'firstReason',
  'orgUnit',
] as const;
export type ListEntry = Pick<WorkItem, (typeof LIST_FIELDS)[number]>;

export interface ScriptSummary {
  subscriptionId: string;
  /** Null where nothing could be leased; the script is then that of the first on the list. */
  leaseId: string | null;
  /** Plain text by language. */
  text: Record<Language, string>;
  /** Figures with their sources, as the REST interface gives them. */
  sections: Script['sections'];
}
