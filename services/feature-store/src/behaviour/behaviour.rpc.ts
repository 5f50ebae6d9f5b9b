import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type {
  BehaviourChange,
  BehaviourService,
  ComparedMeasure,
  ListChangesRequest,
  ListChangesResponse,
} from '@holdfast/contracts/feature_store/v1/behaviour';
import { addMonths, checkedMonth } from '@holdfast/platform/calendar';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { Parameters } from '@holdfast/platform/parameters';
import { scoped } from '@holdfast/platform/scoped';
import { Lanes } from '../engine/lanes.js';
import { Extracts, closedMonthsOf, type LoadedExtract } from '../facts/extracts.js';
import { Facts, needsTable } from '../facts/facts.js';
import { statusMonths } from '../facts/status-months.js';
import type { FeatureStoreParameters } from '../parameters.js';
import { SharedResults } from '../view/shared-results.js';
import { CHANGE_MEASURES, MONTHS_BEFORE, SCORED_MONTHS, behaviourChanges, type ChangeMeasure } from './changes-sql.js';

const PAGE_MAX = 1_000;
/** Months whose changes are kept in memory, some ten thousand rows each. */
const MONTHS_KEPT = 2;

const changesInvalid = failure('invalid', 'changes.invalid', {
  en: 'The month must be closed, the measure one of {measures}, the direction up or down, and a page of 1 to {max}.',
  'zh-CN': '月份须已关账，指标为 {measures} 之一，方向为 up 或 down，每页 1 至 {max} 条。',
});

interface Total {
  readonly measure: ChangeMeasure;
  readonly orgUnitPath: string;
  readonly compared: number;
  readonly changed: number;
  readonly threshold: number;
}

/** All changes of a month, whatever the region; only those of the caller's region are answered. */
interface MonthChanges {
  readonly changes: readonly BehaviourChange[];
  readonly totals: readonly Total[];
  readonly asOf: Date;
}

/** Subscriptions whose behaviour changed. */
@Injectable()
export class BehaviourRpc {
  private readonly results = new SharedResults<MonthChanges>(MONTHS_KEPT);

  constructor(
    private readonly facts: Facts,
    private readonly extracts: Extracts,
    private readonly lanes: Lanes,
    private readonly parameters: Parameters<FeatureStoreParameters>,
    private readonly clock: Clock,
  ) {}

  readonly handlers: Rpc<BehaviourService> = {
    listChanges: scoped('features:read', (call, request) => this.list(call, request)),
  };

  private async list({ caller, signal }: Call, request: ListChangesRequest): Promise<ListChangesResponse> {
    const extracts = await this.extracts.loaded();
    const tables = new Set(extracts.flatMap((extract) => extract.tables.map(({ table }) => table)));
    if (!tables.has('status_history')) throw needsTable({ table: 'status_history' });
    const last = closedMonthsOf(extracts).at(-1) ?? '';
    const month = request.month === '' ? last : checkedMonth(request.month);
    checkRequest(request, month, last);
    const { value: rule, version: ruleVersion } = await this.parameters.inForce('changes.rule');
    const status = {
      suspendedDaysMin: await this.parameters.get('churn.suspendedDaysMin'),
      cancelCounts: await this.parameters.get('churn.cancelCounts'),
    };
    const made = [month, rule, status, extracts.map(({ importId }) => importId)];
    const key = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
    const { changes, totals, asOf } = await this.results.get(key, signal, async (shared) => {
      const months = { from: addMonths(month, 1 - SCORED_MONTHS), to: month };
      const relation = statusMonths(months, status, { usage: false, billing: false });
      return this.compute(shared, extracts, tables, month, relation, rule.alarmShare);
    });
    const units = orgUnitFilter(caller);
    const isVisible = ({ orgUnitPath }: { orgUnitPath: string }): boolean =>
      units.some((unit) => orgUnitPath.startsWith(unit)) && orgUnitPath.startsWith(request.orgUnitPath);
    const listed = changes.filter((change) => isVisible(change) && isAsked(change, request));
    const from = offsetOf(request.pageToken, key);
    const to = from + request.pageSize;
    return {
      ...{ changes: listed.slice(from, to), month, ruleVersion, asOf },
      measures: measuresOf(totals.filter(isVisible), rule.alarmShare),
      nextPageToken: to < listed.length ? `${key}.${to}` : '',
    };
  }

  /** One statement a measure, so that memory holds the months of one. */
  private async compute(
    signal: AbortSignal,
    extracts: readonly LoadedExtract[],
    tables: ReadonlySet<string>,
    month: string,
    status: string,
    alarmShare: number,
  ): Promise<MonthChanges> {
    const asOf = new Date(Math.max(this.clock.now().getTime(), extracts.at(-1)!.extractedAt.getTime()));
    const changes: BehaviourChange[] = [];
    const totals: Total[] = [];
    const fromMonth = addMonths(month, 1 - SCORED_MONTHS - MONTHS_BEFORE);
    const hasPlans = tables.has('plan_history');
    for (const [name, { table }] of Object.entries(CHANGE_MEASURES)) {
      if (!tables.has(table)) continue;
      const measure = name as ChangeMeasure;
      const needed = ['status_history', table, ...(hasPlans ? ['plan_history'] : [])];
      const options = { tables: needed, fromMonth, toMonth: month, knowledgeTime: asOf, extracts };
      const sql = behaviourChanges(status, measure, { month, alarmShare, hasPlans });
      const rows = await this.lanes.bulk.run(signal, (connection) =>
        this.facts.withFacts(connection, options, async () => {
          try {
            return (await connection.runAndReadAll(sql)).getRowObjectsJS();
          } finally {
            connection.startCleaning();
          }
        }),
      );
      for (const row of rows) {
        if (row['is_total'] === true) totals.push(totalOf(row, measure));
        else changes.push(changeOf(row, measure, month));
      }
    }
    changes.sort(
      (left, right) =>
        Math.abs(right.score) - Math.abs(left.score) ||
        (left.subscriptionId < right.subscriptionId ? -1 : 1) ||
        (left.measure < right.measure ? -1 : 1),
    );
    return { changes, totals, asOf };
  }
}

/** @throws invalid */
function checkRequest({ measure, direction, pageSize }: ListChangesRequest, month: string, last: string): void {
  const isKnown = measure === '' || Object.hasOwn(CHANGE_MEASURES, measure);
  const isDirection = ['', 'up', 'down'].includes(direction);
  const isPage = pageSize >= 1 && pageSize <= PAGE_MAX;
  if (month === '' || month > last || !isKnown || !isDirection || !isPage)
    throw changesInvalid({ measures: Object.keys(CHANGE_MEASURES).join(', '), max: PAGE_MAX });
}

function isAsked(change: BehaviourChange, { measure, direction, scoreMin }: ListChangesRequest): boolean {
  const isMeasure = measure === '' || change.measure === measure;
  return isMeasure && (direction === '' || change.direction === direction) && Math.abs(change.score) >= scoreMin;
}

/** A token belongs to the data that it was given out for. @throws invalid */
function offsetOf(pageToken: string, key: string): number {
  if (pageToken === '') return 0;
  const [own, offset] = pageToken.split('.');
  if (own !== key || !/^\d{1,9}$/.test(offset ?? '')) throw pageTokenInvalid();
  return Number(offset);
}

function measuresOf(totals: readonly Total[], alarmShare: number): ComparedMeasure[] {
  return Object.keys(CHANGE_MEASURES).flatMap((measure) => {
    const own = totals.filter((total) => total.measure === measure);
    if (own.length === 0) return [];
    const sum = (name: 'compared' | 'changed'): number => own.reduce((all, total) => all + total[name], 0);
    return [{ measure, compared: sum('compared'), changed: sum('changed'), threshold: own[0]!.threshold, alarmShare }];
  });
}

type Row = Record<string, unknown>;

function totalOf(row: Row, measure: ChangeMeasure): Total {
  const of = (name: string): number => Number(row[name]);
  const orgUnitPath = String(row['org_unit_path']);
  return { measure, orgUnitPath, compared: of('compared'), changed: of('changed'), threshold: of('threshold') };
}

function changeOf(row: Row, measure: ChangeMeasure, month: string): BehaviourChange {
  const of = (name: string): number => Number(row[name]);
  const score = of('score');
  return {
    ...{ subscriptionId: String(row['subscription_id']), orgUnitPath: String(row['org_unit_path']), measure, score },
    ...{ direction: score > 0 ? 'up' : 'down', value: of('value'), usual: of('usual') },
    ...{ relativeChange: Math.expm1(of('excess')), sinceMonth: addMonths(month, 1 - of('months')) },
  };
}
