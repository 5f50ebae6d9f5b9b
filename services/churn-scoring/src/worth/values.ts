import { Inject, Injectable } from '@nestjs/common';
import type {
  CustomerValue,
  ListValuesRequest,
  ListValuesResponse,
  ValueHorizon,
  WeightSensitivity,
  WeightedGrade,
} from '@holdfast/contracts/churn_scoring/v1/worth';
import type { OrgUnitFilter } from '@holdfast/platform/caller';
import { checkedMonth } from '@holdfast/platform/calendar';
import { Database } from '@holdfast/platform/database';
import { failure, type Language } from '@holdfast/platform/errors';
import { isUuid } from '@holdfast/platform/identity';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { Parameters } from '@holdfast/platform/parameters';
import { z } from 'zod';
import type { StoredHorizons } from '../model/horizon.js';
import type { ChurnScoringParameters } from '../parameters.js';
import { COMPONENTS, gradeOf, indexSql, shifted, type Weights } from './components.js';
import { SEGMENTS } from '../scoring/segment.js';
import { hazardLines, valueHazards, valueHorizons } from './value-horizons.js';
import { listedValue, moneyOf, subscriptionValue, type WorthRow } from './worth-row.js';
import { storedSettings, type SettingVersions, type WorthSettings } from './worth-settings.js';

const SUBSCRIPTIONS_MAX = 100;
const PAGE_ROWS_MAX = 1_000;

const valueUnknown = failure('notFound', 'value.unknown', {
  en: 'There is no value of this customer.',
  'zh-CN': '没有该客户的价值。',
});
const monthUnknown = failure('notFound', 'value.monthUnknown', {
  en: 'No values have been computed for this month.',
  'zh-CN': '该月尚未计算客户价值。',
});
const listInvalid = failure('invalid', 'value.listInvalid', {
  en: 'The list has no {name} {value}.',
  'zh-CN': '名单不支持 {name} 的取值 {value}。',
});

interface RunRow {
  run_id: string;
  month: string;
  currency: string;
  settings: SettingVersions;
  definitions: string;
  missing: string[];
  computed_at: Date;
  hazard_months: number;
  /** Of the model. */
  horizons: StoredHorizons | null;
}

/** Orders of a list, all descending; unknown figures are last. */
const SORTS = {
  '-value': "coalesce(w.future_value, '-9223372036854775808')",
  '-loss': "coalesce(w.expected_loss, '-9223372036854775808')",
  '-probability': 'w.probability',
  '-index': "coalesce(w.value_index, '-infinity')",
} as const;
const FIGURE_TYPES = { '-value': 'bigint', '-loss': 'bigint', '-probability': 'float8', '-index': 'float8' } as const;
type Sort = keyof typeof SORTS;

/** Groups of a list, as SQL. */
const GROUPS = {
  '': 'true',
  potential: "w.potential <> ''",
  mid_high_end: "w.value_group = 'mid_high_end'",
  quasi_mid_high_end: "w.value_group = 'quasi_mid_high_end'",
  value_lost: 'w.value_lost',
} as const;

const SEGMENT_WORDS = Object.fromEntries(SEGMENTS.map((segment) => [segment, true]));

const pageSchema = z.object({
  runId: z.uuid(),
  sort: z.string(),
  figure: z.string().regex(/^-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$/),
  subscriptionId: z.uuid(),
});

/** Worth as computed with the newest runs that are neither withdrawn nor purged. Everything here is bound to a region. */
@Injectable()
export class Values {
  constructor(
    private readonly database: Database,
    @Inject(Parameters) private readonly parameters: ChurnScoringParameters,
  ) {}

  /** @throws notFound */
  async ofCustomer(id: string, units: OrgUnitFilter, withSensitivity: boolean): Promise<CustomerValue> {
    if (!isUuid(id)) throw valueUnknown();
    const run = await this.newest('');
    if (run === undefined) throw valueUnknown();
    const sql = `select w.* from worth w
      where w.run_id = $1 and w.org_unit_path ^@ any($3::text[]) and w.customer_id = coalesce(
        (select o.customer_id from worth o where o.run_id = $1 and o.subscription_id = $2 and o.org_unit_path ^@ any($3::text[])), $2)
      order by w.subscription_id limit ${SUBSCRIPTIONS_MAX}`;
    const rows = await this.database.query<WorthRow>(sql, [run.run_id, id, units]);
    if (rows.length === 0) throw valueUnknown();
    const settings = storedSettings(run.settings);
    const step = await this.parameters.get('worth.weightStep');
    const subscriptions = [];
    for (const row of rows) {
      const value = subscriptionValue(row, settings.weights, run.currency, horizonsOf(row, run, settings));
      if (withSensitivity) value.sensitivity = await this.sensitivity(run.run_id, row, settings, step);
      subscriptions.push(value);
    }
    return {
      ...{ customerId: rows[0]!.customer_id, month: run.month, runId: run.run_id, subscriptions },
      grade: rows.flatMap(({ grade }) => grade ?? []).sort()[0] ?? '',
      margin: moneyOf(sumOf(rows.map(({ margin }) => margin)), run.currency),
      futureValue: moneyOf(sumOf(rows.map(({ future_value: value }) => value)), run.currency),
      ...{ settingsJson: JSON.stringify(run.settings), definitions: run.definitions, missing: run.missing },
      ...{ computedAt: run.computed_at, hazards: valueHazards(run.hazard_months, run.horizons) },
    };
  }

  /**
   * With each weight one step lower and higher, by one scan of the subscriptions of the region that the grade is within;
   * the answer has shares only, so that a caller of a part of it learns nothing about others.
   */
  private async sensitivity(
    runId: string,
    row: WorthRow,
    { weights, grades }: WorthSettings,
    step: number,
  ): Promise<WeightSensitivity[]> {
    if (row.value_index === null) return [];
    const changed = COMPONENTS.flatMap((name) => [shifted(weights, name, -step), shifted(weights, name, step)]);
    const own = changed.map((each) => indexSql(each, '(select ranks from own)'));
    const counted = changed.map((each, at) => {
      return `count(*) filter (where ${indexSql(each, 'w.ranks')} > (select i${at} from own_indexes))::float8 as n${at}`;
    });
    const sql = `with own as (select $2::float8[] as ranks),
        own_indexes as materialized (select ${own.map((index, at) => `${index} as i${at}`).join(', ')})
      select count(*)::float8 as rows, ${counted.join(', ')}, ${own
        .map((_, at) => `(select i${at} from own_indexes)`)
        .map((index, at) => `${index} as i${at}`)
        .join(', ')}
      from worth w where w.run_id = $1 and w.region = $3 and w.value_index is not null`;
    const [found] = await this.database.query<Record<string, number>>(sql, [runId, row.ranks, row.region]);
    const gradeAt = (at: number, component: keyof Weights): WeightedGrade => {
      const percentile = found!['rows']! <= 1 ? 0 : found![`n${at}`]! / (found!['rows']! - 1);
      const weight = changed[at]![component];
      return { weight, valueIndex: found![`i${at}`]!, percentile, grade: gradeOf(percentile, grades) };
    };
    return COMPONENTS.map((component, at) => {
      return { component, lower: gradeAt(2 * at, component), higher: gradeAt(2 * at + 1, component) };
    });
  }

  /** @throws notFound, invalid */
  async list(request: ListValuesRequest, units: OrgUnitFilter, language: Language): Promise<ListValuesResponse> {
    const sort = known(SORTS, request.sort === '' ? '-value' : request.sort, 'sort') as Sort;
    const group = GROUPS[known(GROUPS, request.group, 'group') as keyof typeof GROUPS];
    const segment = request.segment === '' ? '' : known(SEGMENT_WORDS, request.segment, 'segment');
    const after = request.pageToken === '' ? undefined : decodePage(request.pageToken);
    if (after !== undefined && after.sort !== sort) throw pageTokenInvalid();
    const run = await this.newest(request.month === '' ? '' : checkedMonth(request.month), after?.runId);
    if (run === undefined) throw monthUnknown();
    const [figure, type] = [SORTS[sort], FIGURE_TYPES[sort]];
    const size = Math.min(request.pageSize || 100, PAGE_ROWS_MAX);
    const sql = `select w.*, (${figure})::text as figure from worth w
      where w.run_id = $1 and w.org_unit_path ^@ any($2::text[]) and w.org_unit_path ^@ $3 and ${group}
        and ($4 = '' or w.quadrant = $4) and ($5 = '' or w.cause = $5) and ($6 = '' or w.grade = $6)
        and ($7 = '' or w.manager_id = $7) and ($8::bigint is null or w.future_value >= $8) and (not $9 or w.in_pareto)
        and ($13 = '' or w.segment = $13)
        and ($10::${type} is null or ${figure} < $10 or (${figure} = $10 and w.subscription_id > $11::uuid))
      order by ${figure} desc, w.subscription_id limit $12`;
    const rows = await this.database.query<WorthRow & { figure: string }>(sql, [
      ...[run.run_id, units, request.orgUnitPath, request.quadrant, request.cause, request.grade, request.managerId],
      ...[request.valueMin ?? null, request.paretoOnly, after?.figure ?? null, after?.subscriptionId ?? null, size + 1],
      segment,
    ]);
    const page = rows.slice(0, size);
    const last = page.at(-1);
    const end = { runId: run.run_id, sort, figure: last?.figure ?? '', subscriptionId: last?.subscription_id ?? '' };
    const settings = storedSettings(run.settings);
    const meanings = await this.parameters.get('quadrant.meanings');
    return {
      values: page.map((row) => listedValue(row, run.currency, horizonsOf(row, run, settings))),
      ...{ runId: run.run_id, month: run.month, definitions: run.definitions },
      hazards: valueHazards(run.hazard_months, run.horizons),
      quadrants: Object.fromEntries(Object.entries(meanings).map(([letter, texts]) => [letter, texts[language]])),
      nextPageToken: rows.length > size ? Buffer.from(JSON.stringify(end)).toString('base64url') : '',
    };
  }

  /** The newest run with its worth, of a month if one is given; a certain one if that has not gone meanwhile. */
  private async newest(month: string, runId?: string): Promise<RunRow | undefined> {
    const sql = `select w.run_id, w.month, r.currency, w.settings, w.definitions, w.missing, w.computed_at, w.hazard_months,
        m.horizons
      from worth_run w join scoring_run r on r.id = w.run_id join model m on m.id = r.model_id
      where r.withdrawn_at is null and r.purged_at is null and ($1 = '' or w.month = $1) and ($2::uuid is null or w.run_id = $2)
      order by w.month desc, r.published_at desc, w.run_id desc limit 1`;
    const [run] = await this.database.query<RunRow>(sql, [month, runId ?? null]);
    return run;
  }
}

/** By the lines that the run was computed with. */
function horizonsOf(row: WorthRow, run: RunRow, { future }: WorthSettings): ValueHorizon[] {
  if (row.margin === null) return [];
  const lines = hazardLines(run.horizons).slice(0, run.hazard_months - 1);
  return valueHorizons({ margin: Number(row.margin), probability: row.probability }, lines, future, run.currency);
}

function known(words: object, asked: string, name: string): string {
  if (!Object.hasOwn(words, asked)) throw listInvalid({ name, value: asked });
  return asked;
}

function decodePage(token: string): z.output<typeof pageSchema> {
  try {
    return pageSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw pageTokenInvalid();
  }
}

/** Sum of what is known; null where nothing is. */
function sumOf(amounts: readonly (string | null)[]): string | null {
  const found = amounts.flatMap((amount) => amount ?? []);
  return found.length === 0 ? null : String(found.reduce((sum, amount) => sum + Number(amount), 0));
}
