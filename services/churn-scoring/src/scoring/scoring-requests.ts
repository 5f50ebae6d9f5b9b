import { Inject, Injectable } from '@nestjs/common';
import type { Table } from '@holdfast/contracts/feature_store/v1/lake';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import type { Caller } from '@holdfast/platform/caller';
import type { Transaction } from '@holdfast/platform/database';
import { Failure, failure } from '@holdfast/platform/errors';
import { Jobs } from '@holdfast/platform/jobs';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import { Champions } from '../model/champions.js';
import { KINDS, RETENTION, kindOf, type Kind } from '../model/kind.js';
import { probabilityOfTopShare } from '../drift/distribution.js';
import { checkModelColumns } from '../model/model-columns.js';
import type { ModelRow } from '../model/model-row.js';
import { Registry } from '../model/registry.js';
import { Shadows } from '../model/shadows.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { featuresOf, type ColumnType } from '../table/typed-column.js';
import { EfficiencySources } from './efficiency-source.js';
import { atRiskFrom } from './priority.js';
import { Runs } from './runs.js';
import { SCORE_TABLE, scoringKey, type KindSpec, type ScoringSpec } from './scoring-job.js';

const monthUnknown = failure('notFound', 'score.monthUnknown', {
  en: 'The table {table} has no rows of the month {month}.',
  'zh-CN': '表 {table} 没有 {month} 月的数据。',
});

/** Requests of scoring, by users and by the scoring policy: equal ones give the same job. */
@Injectable()
export class ScoringRequests {
  private readonly log = log('scoring');

  constructor(
    private readonly jobs: Jobs,
    private readonly champions: Champions,
    private readonly registry: Registry,
    private readonly runs: Runs,
    private readonly shadows: Shadows,
    private readonly efficiency: EfficiencySources,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /**
   * @param month empty for the last one
   * @throws notFound for an unknown month; precondition where the table lacks columns of its champion
   */
  async specOf(champion: ModelRow, table: Table, month: string): Promise<ScoringSpec> {
    const { parameters } = this;
    const of = await this.kindSpecOf(champion, table);
    const subject = { kind: of.kind, table: table.table, version: table.version, month: monthOf(table, month) };
    const scored = {
      kind: of.kind,
      table_name: table.table,
      table_version: table.version,
      month: subject.month,
      model_id: champion.id,
    };
    return {
      ...{ ...subject, ...of, also: JSON.stringify(await this.alongside(of.kind, table), withoutEmptyShadow) },
      contactCost: await parameters.get('contact.cost'),
      quadrantEfficiencyMin: await parameters.get('quadrant.efficiencyMin'),
      quadrantValueMin: await parameters.get('quadrant.valueMin'),
      ...(await this.efficiency.current()),
      purgedBefore: await this.runs.purgedCount(scored),
    };
  }

  /** The other kinds that are scored with that of retention: those with a champion that fits the table. */
  private async alongside(kind: Kind, table: Table): Promise<KindSpec[]> {
    const specs: KindSpec[] = [];
    for (const each of kind === RETENTION ? KINDS.filter((other) => other !== kind) : []) {
      const champion = await this.champions.find(each, table.table);
      if (champion === undefined) continue;
      try {
        specs.push(await this.kindSpecOf(champion, table));
      } catch (thrown) {
        // Retention does not wait for a model of another kind.
        if (!(thrown instanceof Failure) || thrown.kind !== 'precondition') throw thrown;
        this.log.info({ table: table.table, kind: each, reason: thrown.key }, 'kind not scored');
      }
    }
    return specs;
  }

  /** @throws precondition where the table lacks columns of the model */
  private async kindSpecOf(champion: ModelRow, table: Table): Promise<KindSpec> {
    const typeOf = new Map(featuresOf(table).map(({ name, type }) => [name, type]));
    const { columns, reference } = await this.registry.load(champion);
    checkModelColumns(columns, typeOf, { table: table.table, model: champion.name });
    const { parameters } = this;
    const atRiskProbabilityMin = await this.atRiskFrom(champion.prevalence);
    return {
      kind: kindOf(champion.kind),
      modelId: champion.id,
      atRiskProbabilityMin,
      quadrantProbabilityMin: (await parameters.get('quadrant.probabilityMin')) ?? atRiskProbabilityMin,
      explainedProbabilityMin: Math.min(
        atRiskProbabilityMin,
        above(probabilityOfTopShare(reference?.scores, await parameters.get('score.explainedShare'))),
      ),
      shadow: await this.shadowOf(champion, table, typeOf),
    };
  }

  /** The model in shadow of a champion, as JSON; empty without one, or where the table lacks columns of it. */
  private async shadowOf(champion: ModelRow, table: Table, typeOf: ReadonlyMap<string, ColumnType>): Promise<string> {
    const open = await this.shadows.openOf(champion.kind, table.table);
    if (open === undefined || open.modelId === champion.id) return '';
    try {
      const model = await this.registry.get(open.modelId);
      checkModelColumns((await this.registry.load(model)).columns, typeOf, { table: table.table, model: model.name });
      const { prevalence } = model;
      return JSON.stringify({ ...open, atRiskProbabilityMin: await this.atRiskFrom(prevalence) });
    } catch (thrown) {
      // The champion's scores do not wait for a model in shadow.
      if (!(thrown instanceof Failure) || thrown.kind !== 'precondition') throw thrown;
      this.log.info({ table: table.table, model: open.modelId, reason: thrown.key }, 'shadow does not score');
      return '';
    }
  }

  private async atRiskFrom(prevalence: number): Promise<number> {
    const probabilityMin = await this.parameters.get('risk.probabilityMin');
    return atRiskFrom(prevalence, probabilityMin, await this.parameters.get('risk.liftMin'));
  }

  submit(tx: Transaction, spec: ScoringSpec, caller: Caller): Promise<Job> {
    return this.jobs.submit(tx, { kind: SCORE_TABLE, key: scoringKey(spec), params: spec, caller });
  }
}

/** The next greater number, as many rows may have the probability of a border itself; 0 stays. */
function above(border: number): number {
  if (border === 0) return 0;
  const bits = new BigUint64Array(Float64Array.of(border).buffer);
  bits[0] = bits[0]! + 1n;
  return new Float64Array(bits.buffer)[0]!;
}

/** The last month by default; empty where the table has a single snapshot. @throws notFound */
function monthOf({ table, months }: Table, asked: string): string {
  if (asked !== '' && !months.includes(asked)) throw monthUnknown({ table, month: asked });
  return months.length > 1 ? asked || months.at(-1)! : '';
}

/** A kind without a shadow has the key of former releases. */
function withoutEmptyShadow(key: string, value: unknown): unknown {
  return key === 'shadow' && value === '' ? undefined : value;
}
