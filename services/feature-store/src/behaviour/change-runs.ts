import { Injectable } from '@nestjs/common';
import type {
  BehaviourChange,
  ComparedMeasure,
  ListChangesRequest,
} from '@holdfast/contracts/feature_store/v1/behaviour';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { pageOf, pageTokenInvalid } from '@holdfast/platform/paging';
import { PublishedRuns, type RunTables } from '@holdfast/platform/published-runs';
import { CHANGE_MEASURES } from './changes-sql.js';

const changesNotComputed = failure('notFound', 'changes.notComputed', {
  en: 'The changes of {month} are not computed. POST /api/v1/changes starts it; GET /api/v1/months/{month} shows the progress.',
  'zh-CN': '{month} 的异动尚未计算。POST /api/v1/changes 启动计算，GET /api/v1/months/{month} 查看进度。',
});
const runGone = failure('gone', 'changes.gone', {
  en: 'These changes are no longer kept. POST /api/v1/changes computes them again.',
  'zh-CN': '该异动结果已不再保留，可通过 POST /api/v1/changes 重新计算。',
});

/** A row of table `change_run`. */
export interface ChangeRun {
  id: string;
  month: string;
  sequence: number;
  knowledge_time: Date;
  rule_version: number;
  alarm_share: number;
  measures_done: string[];
  published_at: Date | null;
  withdrawn_at: Date | null;
  purged_at: Date | null;
}

const TABLES: RunTables = {
  runs: 'change_run',
  scope: [],
  // An earlier month that is computed on request does not replace the newest.
  replaces: '(old.month, old.sequence) <= (new.month, new.sequence)',
  order: 'r.month desc, r.sequence desc, r.published_at desc, r.id desc',
  results: ['change_measure'],
  partitioned: 'behaviour_change',
  purgeJob: 'purge-changes',
};

const RUN_COLUMNS = `id, month, sequence::float8 as sequence, knowledge_time, rule_version, alarm_share, measures_done,
  published_at, withdrawn_at, purged_at`;

const MEASURES_OF = `select measure, sum(compared)::float8 as compared, sum(changed)::float8 as changed,
    max(threshold) as threshold from change_measure
  where run_id = $1 and org_unit_path ^@ any($2::text[]) and org_unit_path ^@ $3 group by measure`;

const PAGE = `select subscription_id as "subscriptionId", org_unit_path as "orgUnitPath", measure,
    case when score > 0 then 'up' else 'down' end as direction, value, usual, relative_change as "relativeChange", score,
    since_month as "sinceMonth", group_change as "groupChange"
  from behaviour_change where run_id = $1 and org_unit_path ^@ any($2::text[]) and org_unit_path ^@ $3
    and ($4 = '' or measure = $4) and ($5 = '' or (score > 0) = ($5 = 'up')) and abs(score) >= $6
    and (cardinality($7::uuid[]) = 0 or subscription_id = any($7))
    and ($8::float8 is null or (-abs(score), subscription_id, measure) > ($8, $9::uuid, $10::text))
  order by -abs(score), subscription_id, measure limit $11`;

/** The runs: what each was computed from, and what the published ones found. */
@Injectable()
export class ChangeRuns extends PublishedRuns<ChangeRun> {
  constructor(database: Database, jobs: Jobs, clock: Clock) {
    const unknown = () => changesNotComputed({ month: 'YYYY-MM' });
    super(database, jobs, clock, TABLES, { unknown, gone: runGone });
  }

  /** Makes the run with its partition, unless a process before did. */
  async begin(
    run: Pick<ChangeRun, 'id' | 'month' | 'sequence' | 'knowledge_time'>,
    rule: { version: number; alarmShare: number },
    at: Date,
  ): Promise<ChangeRun> {
    await this.database.transaction(async (tx) => {
      const row = { ...run, rule_version: rule.version, alarm_share: rule.alarmShare, started_at: at };
      const made = await insertRow(tx, 'change_run', row, 'on conflict do nothing returning 1');
      if (made.length > 0) await this.createPartition(tx, run.id);
    });
    const [row] = await this.database.query<ChangeRun>(`select ${RUN_COLUMNS} from change_run where id = $1`, [run.id]);
    return row!;
  }

  /** Until the end of the transaction the run is not withdrawn. */
  async locked(tx: Transaction, id: string): Promise<ChangeRun> {
    const [row] = await rowsOf<ChangeRun>(tx, `select ${RUN_COLUMNS} from change_run where id = $1 for share`, [id]);
    return row!;
  }

  /** The newest published run of a month; of the newest month where that is empty. @throws notFound */
  async ofMonth(month: string, lastClosed: string): Promise<ChangeRun> {
    const sql = `select ${RUN_COLUMNS} from change_run where published_at is not null and withdrawn_at is null
      and purged_at is null and ($1 = '' or month = $1) order by month desc, sequence desc, published_at desc, id desc limit 1`;
    const [run] = await this.database.query<ChangeRun>(sql, [month]);
    if (run === undefined) throw changesNotComputed({ month: month || lastClosed });
    return run;
  }

  /** What was compared within org units, in the order of the measures. */
  async measures(run: ChangeRun, units: OrgUnitFilter, orgUnitPath: string): Promise<ComparedMeasure[]> {
    type Row = Omit<ComparedMeasure, 'threshold' | 'alarmShare'> & { threshold: number | null };
    const rows = await this.database.query<Row>(MEASURES_OF, [run.id, units, orgUnitPath]);
    const order = Object.keys(CHANGE_MEASURES);
    return rows
      .sort((left, right) => order.indexOf(left.measure) - order.indexOf(right.measure))
      .map((row) => ({ ...row, threshold: row.threshold ?? undefined, alarmShare: run.alarm_share }));
  }

  /** A page of changes within org units, the largest score first. @throws invalid */
  async page(
    run: ChangeRun,
    units: OrgUnitFilter,
    request: ListChangesRequest,
  ): Promise<{ page: BehaviourChange[]; nextPageToken: string }> {
    const { orgUnitPath, measure, direction, scoreMin, subscriptionIds, pageSize, pageToken } = request;
    const after = pageToken === '' ? [null, null, null] : afterOf(pageToken, run.id);
    const selected = [
      run.id,
      units,
      orgUnitPath,
      measure,
      direction,
      scoreMin,
      subscriptionIds,
      ...after,
      pageSize + 1,
    ];
    const rows = await this.database.query<BehaviourChange>(PAGE, selected);
    return pageOf(rows, pageSize, (last) =>
      [run.id, -Math.abs(last.score), last.subscriptionId, last.measure].join(':'),
    );
  }
}

/** A token belongs to the run that it was given out for. @throws invalid */
function afterOf(pageToken: string, runId: string): [number, string, string] {
  const [own, score, subscriptionId = '', measure = '', ...rest] = pageToken.split(':');
  const isKnown = Object.hasOwn(CHANGE_MEASURES, measure) && rest.length === 0 && isUuid(subscriptionId);
  if (own !== runId || !isKnown || !Number.isFinite(Number(score))) throw pageTokenInvalid();
  return [Number(score), subscriptionId, measure];
}
