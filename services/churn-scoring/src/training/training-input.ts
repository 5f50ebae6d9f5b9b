import type {
  ColumnImportance,
  ExcludedColumn,
  ModelComparison,
  Validation as ValidationMessage,
} from '@holdfast/contracts/churn_scoring/v1/model';
import type { CategoryColumn, Column } from '@holdfast/learning/table';
import type { ChallengerName } from '../model/challenger.js';
import type { TypedColumn } from '../table/typed-column.js';
import type { ContactCapacity } from './capacity.js';
import type { Champion } from './champion-comparison.js';
import type { ContactedTreatment } from '../model/contacted.js';
import type { Departures, StoredHorizons } from './horizons.js';
import type { ImportedFile } from './imported-model.js';
import type { Panel } from './panel.js';
import type { JudgedCauses } from '../reason/judge-causes.js';

/** Everything that a model depends on; crosses into the training threads. */
export interface TrainingInput {
  /** SHA-256 of the rows; kept with the model. */
  readonly trainingHash: string;
  readonly columns: readonly TypedColumn[];
  /** One per entry of `columns`; the same for all kinds that are trained on a table. */
  readonly data: readonly Column[];
  /** Rows whose label is known; all by default. */
  readonly rows?: Uint32Array;
  /** By row: 1 left, 0 stayed. */
  readonly labels: Uint8Array;
  /** By row: 1 train, 0 test, NaN neither; undefined for repeated folds. */
  readonly split: Float64Array | undefined;
  readonly seed: number;
  readonly folds: number;
  readonly repeats: number;
  /** Where the table has a row for each subscription and month: judged forward in time. */
  readonly forward?: ForwardInput | undefined;
  /** Natural churn share; null if it is that of the training rows. */
  readonly naturalPrevalence: number | null;
  /** A model that is validated instead of one that is trained. */
  readonly imported?: ImportedFile | undefined;
  /** Codes of reasons of churned rows; undefined where the table has none. */
  readonly leaveReasons?: CategoryColumn | undefined;
  /** The champion, if it can predict rows of these columns. */
  readonly champion?: Champion | undefined;
  /** Methods that the trees are judged against; default none. */
  readonly challengers?: readonly ChallengerName[];
  /**
   * Whether the model is that of retention: its churners are explained. Models of other kinds get fewer inner folds and
   * trees; default true.
   */
  readonly isRetention?: boolean;
  /** Whether the model is compared with ranking by the drop of the bill; default false. */
  readonly hasBaseline?: boolean;
  /** By row: 1 where a campaign contacted the subscription before its label; undefined where none was, or none is known. */
  readonly contacted?: Uint8Array | undefined;
  /** What is done with contacted rows; default: they are kept. */
  readonly contactedRows?: ContactedTreatment;
  /** How many can be contacted; default: a share of the rows. */
  readonly capacity?: ContactCapacity;
  /** When rows left, of a table with months of churn. */
  readonly departures?: Departures | undefined;
}

interface ForwardInput extends Panel {
  /** Months from a row's month to the one that its label is about. */
  readonly leadMonths: number;
  readonly judgedMonthsMax: number;
}

/** Validated predictions of churned rows. */
export interface ValidatedLeavers {
  /** Numbers of the training rows. */
  readonly rows: readonly number[];
  readonly probabilities: readonly number[];
  /** Encoded Reasons, without comparisons, by the model that had not seen the row's month. */
  readonly reasons: readonly Uint8Array[];
  /** What the models predicted for the causes of each. */
  readonly causes: readonly JudgedCauses[];
}

export interface TrainingResult {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly method: string;
  readonly validation: ValidationMessage;
  readonly importance: ColumnImportance[];
  readonly excluded: ExcludedColumn[];
  readonly prevalence: number;
  /** Of validation forward in time; else undefined. */
  readonly leavers: ValidatedLeavers | undefined;
  /** With the champion; undefined without one, or without rows that it has not learned from. */
  readonly comparison: ModelComparison | undefined;
  readonly horizons: StoredHorizons;
}

/** What training is doing: `validating 3/15` is the third of fifteen fits. */
export interface TrainingProgress {
  readonly phase: string;
  readonly fraction: number;
}

/** Of several trainings at once: the phase is that of the input at this place, the fraction that of all together. */
export interface TrainingsProgress extends TrainingProgress {
  readonly input: number;
}

/** The columns of a model, in its order. */
export function columnsOf(names: readonly string[], { columns }: Pick<TrainingInput, 'columns'>) {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return names.map((name) => byName.get(name)!);
}
