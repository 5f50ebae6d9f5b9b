import { Injectable } from '@nestjs/common';
import type { ModelComparison } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  ShadowFigures,
  ShadowOutcome,
  type Shadow,
  type ShadowRun,
  type StartShadowRequest,
} from '@holdfast/contracts/churn_scoring/v1/shadow';
import { actorOf, actorText } from '@holdfast/platform/actor';
import type { Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, insertRow, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { newId } from '@holdfast/platform/identity';
import { Champions, isNotWithdrawn, versionWithdrawn } from './champions.js';
import { Registry } from './registry.js';

/** Runs of a span that are shown. */
const RUNS_SHOWN = 24;
const SPANS_SHOWN = 20;

const isChampion = failure('conflict', 'shadow.isChampion', {
  en: 'The model is the champion: it scores already.',
  'zh-CN': '该模型已是现役模型，无需影子评分。',
});
const alreadyOpen = failure('conflict', 'shadow.open', {
  en: 'The model {model} is in shadow for the table {table}. End that first.',
  'zh-CN': '表 {table} 的影子模型为 {model}，请先结束其影子评分。',
});
const notInShadow = failure('notFound', 'shadow.none', {
  en: 'The model is not in shadow.',
  'zh-CN': '该模型当前未处于影子评分。',
});

/** A row of table `shadow`. */
interface ShadowRow {
  id: string;
  model_id: string;
  kind: string;
  table_name: string;
  reason: string;
  started_at: Date;
  starter_client: string;
  starter_person: string | null;
  ended_at: Date | null;
  ended_how: string | null;
  ender_client: string | null;
  ender_person: string | null;
}

interface RunRow {
  shadow_id: string;
  run_id: string;
  month: string;
  table_version: string;
  model_id: string;
  published_at: Date;
  figures: object | null;
  outcome: object | null;
}

const RUNS = `select * from (
    select r.id as run_id, s.shadow_id, s.figures, s.outcome, r.month, r.table_version, r.model_id, r.published_at,
      row_number() over (partition by s.shadow_id order by r.month desc, r.published_at desc, r.id desc) as rank
    from shadow_run s join scoring_run r on r.id = s.run_id
    where s.shadow_id = any($1::uuid[]) and r.published_at is not null and r.withdrawn_at is null)
  where rank <= $2 order by shadow_id, rank`;

/** Which model is in shadow of a champion, and what its runs showed. */
@Injectable()
export class Shadows {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly registry: Registry,
    private readonly champions: Champions,
  ) {}

  /** @throws notFound; conflict; precondition where the model is damaged */
  async start(caller: Caller, { modelId, reason }: StartShadowRequest): Promise<Shadow> {
    const model = await this.registry.get(modelId);
    await this.registry.load(model);
    const { kind, table_name: table } = model;
    const row = await this.database.transaction(async (tx) => {
      await this.champions.lock(tx, kind, table);
      const present = `select 1 from model m where m.id = $1 and ${isNotWithdrawn('m')}`;
      if ((await rowsOf(tx, present, [model.id])).length === 0) throw versionWithdrawn();
      if ((await this.champions.current(tx, kind, table)) === model.id) throw isChampion();
      const sql = 'select * from shadow where kind = $1 and table_name = $2 and ended_at is null';
      const [open] = await rowsOf<ShadowRow>(tx, sql, [kind, table]);
      if (open?.model_id === model.id) return open;
      if (open !== undefined) throw alreadyOpen({ table, model: open.model_id });
      const { client, person } = actorOf(caller);
      const of = { id: newId(), model_id: model.id, kind, table_name: table, reason };
      const by = { started_at: this.clock.now(), starter_client: client, starter_person: person };
      return (await insertRow<ShadowRow>(tx, 'shadow', { ...of, ...by }, 'returning *'))[0]!;
    });
    return shadowMessage(row, []);
  }

  /** @throws notFound */
  async stop(caller: Caller, modelId: string): Promise<Shadow> {
    const { id } = await this.registry.get(modelId);
    const { client, person } = actorOf(caller);
    const sql = `update shadow set ended_at = greatest(started_at, $2), ended_how = 'stopped', ender_client = $3, ender_person = $4
      where model_id = $1 and ended_at is null returning *`;
    const [row] = await this.database.query<ShadowRow>(sql, [id, this.clock.now(), client, person]);
    if (row === undefined) throw notInShadow();
    return (await this.withRuns([row], RUNS_SHOWN))[0]!;
  }

  /** Newest first. @param runs of each span, at most @throws notFound */
  async list(modelId: string, runs = RUNS_SHOWN): Promise<Shadow[]> {
    const { id } = await this.registry.get(modelId);
    const sql = 'select * from shadow where model_id = $1 order by started_at desc, id desc limit $2';
    return this.withRuns(await this.database.query<ShadowRow>(sql, [id, SPANS_SHOWN]), runs);
  }

  /** The model in shadow of the champion of a table; undefined without one. */
  async openOf(kind: string, table: string): Promise<{ id: string; modelId: string } | undefined> {
    const sql = `select id, model_id as "modelId" from shadow where kind = $1 and table_name = $2 and ended_at is null`;
    return (await this.database.query<{ id: string; modelId: string }>(sql, [kind, table]))[0];
  }

  /** The newest comparison with a champion on rows that both scored before their labels were known. */
  async comparisonWith(modelId: string, championId: string): Promise<ModelComparison | undefined> {
    const sql = `select s.outcome from shadow_run s join shadow on shadow.id = s.shadow_id join scoring_run r on r.id = s.run_id
      where shadow.model_id = $1 and r.model_id = $2 and s.outcome is not null and r.withdrawn_at is null
      order by r.month desc, r.published_at desc, r.id desc limit 1`;
    const [row] = await this.database.query<{ outcome: object }>(sql, [modelId, championId]);
    return row && ShadowOutcome.fromPartial(row.outcome).comparison;
  }

  private async withRuns(rows: readonly ShadowRow[], each: number): Promise<Shadow[]> {
    const ids = rows.map(({ id }) => id);
    const runs = ids.length === 0 ? [] : await this.database.query<RunRow>(RUNS, [ids, each]);
    return rows.map((row) =>
      shadowMessage(
        row,
        runs.filter((run) => run.shadow_id === row.id),
      ),
    );
  }
}

function shadowMessage(row: ShadowRow, runs: readonly RunRow[]): Shadow {
  return {
    ...{ shadowId: row.id, modelId: row.model_id, kind: row.kind, table: row.table_name, reason: row.reason },
    startedBy: actorText(row.starter_client, row.starter_person),
    ...{ startedAt: row.started_at, endedAt: row.ended_at ?? undefined, endedHow: row.ended_how ?? '' },
    endedBy: actorText(row.ender_client, row.ender_person),
    runs: runs.map(runMessage),
  };
}

function runMessage(row: RunRow): ShadowRun {
  return {
    ...{ runId: row.run_id, month: row.month, tableVersion: row.table_version, championId: row.model_id },
    publishedAt: row.published_at,
    figures: row.figures === null ? undefined : ShadowFigures.fromPartial(row.figures),
    outcome: row.outcome === null ? undefined : ShadowOutcome.fromPartial(row.outcome),
  };
}
