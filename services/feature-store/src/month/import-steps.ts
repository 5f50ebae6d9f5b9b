import { Injectable } from '@nestjs/common';
import { MonthStepState, type MonthStep, type OwnedStep } from '@holdfast/contracts/platform/v1/months';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Database } from '@holdfast/platform/database';
import type { JobRow } from '@holdfast/platform/jobs';
import { MONTHS_MAX, stepOfJob, withDates } from '@holdfast/platform/month-steps';
import type { ImportState } from '../intake/import-state.js';

export const FEATURE_STORE_STEPS: readonly OwnedStep[] = [
  { step: 'import', needs: [], after: [], ofTables: true },
  { step: 'view', needs: ['import'], after: [], ofTables: false },
  { step: 'changes', needs: ['import'], after: ['view'], ofTables: false },
];

interface ImportStepRow {
  month: string;
  table: string;
  version: string;
  state: ImportState;
  isConfirmed: boolean;
  job: JobRow | null;
}

/**
 * The newest import of each extract month and of each plain table, which is of its last month. One that failed counts
 * only where nothing else was imported; what was dropped does not count.
 */
const IMPORTS = `
  with known as (
    select manifest ->> 'to' as month, '' as subject, manifest ->> 'sequence' as done_version, import.*
    from import where kind = 'extract' and manifest ? 'to'
    union all
    select months[array_upper(months, 1)], import.table_name, import.version, import.*
    from import join table_version on import_id = import.id where kind = 'table' and cardinality(months) > 0
  )
  select distinct on (known.month, known.subject) known.month, known.subject as "table", done_version as version,
    known.state, confirmed_at is not null as "isConfirmed", to_jsonb(job) as job
  from known left join job on job.id = split_part(known.job_id, '.', 2)::uuid
  where known.org_unit_path ^@ any($1::text[]) and ($2 = '' or known.month = $2)
    and known.state in ('received', 'held', 'loaded', 'failed')
    and known.month in (select distinct month from known order by month desc limit $3)
  order by known.month desc, known.subject, known.state = 'failed', known.created_at desc`;

const HELD = {
  key: 'import.held',
  en: 'It was checked and differs from the version before. Confirm or discard it.',
  'zh-CN': '已完成检查，但与上一版本差异较大，需要确认或放弃。',
};

/** The imports of extracts and plain tables as steps of their months. */
@Injectable()
export class ImportSteps {
  constructor(private readonly database: Database) {}

  /** @param month empty for the newest */
  async read(month: string, caller: Caller): Promise<MonthStep[]> {
    const limit = month === '' ? MONTHS_MAX : null;
    const rows = await this.database.query<ImportStepRow>(IMPORTS, [orgUnitFilter(caller), month, limit]);
    return rows.map(stepOf);
  }
}

function stepOf({ month, table, version, state, isConfirmed, job }: ImportStepRow): MonthStep {
  const step = stepOfJob('feature-store', { month, step: 'import', table, version }, job && withDates(job));
  if (state === 'loaded') return { ...step, ...DONE };
  if (state === 'failed') return { ...step, state: MonthStepState.MONTH_STEP_STATE_FAILED };
  if (state !== 'held') return step;
  if (isConfirmed)
    return { ...step, state: MonthStepState.MONTH_STEP_STATE_RUNNING, key: '', textEn: '', textZhCn: '' };
  const { key, en, 'zh-CN': zhCn } = HELD;
  return { ...step, state: MonthStepState.MONTH_STEP_STATE_WAITING, key, textEn: en, textZhCn: zhCn };
}

const DONE = { state: MonthStepState.MONTH_STEP_STATE_DONE, key: '', textEn: '', textZhCn: '' };
