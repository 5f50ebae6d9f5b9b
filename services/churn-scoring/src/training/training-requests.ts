import { Inject, Injectable } from '@nestjs/common';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import type { Caller } from '@holdfast/platform/caller';
import type { Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { Jobs } from '@holdfast/platform/jobs';
import { Parameters } from '@holdfast/platform/parameters';
import type { ChurnScoringParameters } from '../parameters.js';
import { isPanel } from '../table/batch-table.js';
import { RETENTION, type Kind } from '../model/kind.js';
import { kindsAlongside } from './outcomes.js';
import { TRAIN_MODEL, checkTrainable, trainingKey, type TrainingSpec } from './training-job.js';

const DEFAULT_SEED = 1;
/** Redrawing the folds narrows the figures of a small table; for a large one it only costs time. */
const REPEATS_SMALL = 3;
const SMALL_ROWS_MAX = 20_000;
const REPEATS_MAX = 20;

const prevalenceInvalid = failure('invalid', 'training.prevalenceInvalid', {
  en: 'The natural prevalence is a share above 0 and below 1.',
  'zh-CN': '自然流失率必须大于 0 且小于 1。',
});
const repeatsInvalid = failure('invalid', 'training.repeatsInvalid', {
  en: 'The folds are redrawn at most {max} times.',
  'zh-CN': '折叠最多重抽 {max} 次。',
});

/** What a request may set; 0 and undefined stand for the default. */
interface TrainingOptions {
  readonly seed: number;
  readonly repeats: number;
  readonly naturalPrevalence?: number | undefined;
}

export const DEFAULT_TRAINING: TrainingOptions = { seed: 0, repeats: 0 };

/** Requests of training, by users and by the training policy: equal ones give the same job. */
@Injectable()
export class TrainingRequests {
  constructor(
    private readonly jobs: Jobs,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /** @throws invalid; precondition where nothing can be learned from the table */
  async specOf(kind: Kind, table: Table, { seed, repeats, naturalPrevalence }: TrainingOptions): Promise<TrainingSpec> {
    if (repeats > REPEATS_MAX) throw repeatsInvalid({ max: REPEATS_MAX });
    checkTrainable(kind, table);
    const byTable = await this.parameters.get('model.naturalPrevalence');
    const { table: name, version } = table;
    const prevalence = naturalPrevalence ?? (Object.hasOwn(byTable, name) ? byTable[name]! : null);
    if (prevalence !== null && !(prevalence > 0 && prevalence < 1)) throw prevalenceInvalid();
    return {
      kind,
      also: kindsAlongside(kind, table).join(','),
      table: name,
      version,
      seed: seed || DEFAULT_SEED,
      repeats: repeatsOf(table, repeats),
      judgedMonthsMax: await this.parameters.get('model.judgedMonths'),
      naturalPrevalence: prevalence,
      challengers: kind === RETENTION ? (await this.parameters.get('training.challengers')).join(',') : '',
      contactedRows: kind === RETENTION ? await this.parameters.get('training.contactedRows') : 'keep',
      importedId: '',
    };
  }

  submit(tx: Transaction, spec: TrainingSpec, caller: Caller): Promise<Job> {
    return this.jobs.submit(tx, { kind: TRAIN_MODEL, key: trainingKey(spec), params: spec, caller });
  }
}

/** A split and months leave nothing to redraw. */
function repeatsOf(table: Table, asked: number): number {
  if (table.hasSplit || isPanel(table)) return 1;
  return asked || (table.labelledRows <= SMALL_ROWS_MAX ? REPEATS_SMALL : 1);
}
