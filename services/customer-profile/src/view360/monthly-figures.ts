import { Inject, Injectable } from '@nestjs/common';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import { ValueGroupServiceDefinition, type ValueGroupService } from '@holdfast/contracts/feature_store/v1/value_group';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { addMonths } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { asFailure } from '@holdfast/platform/errors';
import { factsRequest } from '@holdfast/platform/facts';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { FactRows } from '../fact/fact-rows.js';
import { doesNotAnswer, needsTable, type Reason } from './reasons.js';

/**
 * Tables that are read from feature-store for a view, with the number of months before the last one; all months where
 * the field covers all past use.
 */
const FIGURE_TABLES = { billing: 2, usage: Infinity, product_usage: Infinity, product_orders: undefined } as const;
type FactTable = keyof typeof FIGURE_TABLES;
/** Value groups are computed by feature-store, from this table. */
export const VALUE_GROUPS = 'value_groups';
const VALUE_GROUPS_NEED = 'billing';
export type FigureTable = FactTable | typeof VALUE_GROUPS;
const TABLES = [...(Object.keys(FIGURE_TABLES) as FactTable[]), VALUE_GROUPS] as const;

/** The table of the contract that figures need. */
export function tableOf(figures: string): string {
  return figures === VALUE_GROUPS ? VALUE_GROUPS_NEED : figures;
}

/** A view that waits longer is of no use to an agent with a customer on the line; the rest is shown. */
const FETCH_DEADLINE_MS = 3_000;
const ROWS_MAX = 20_000;

export type FigureRow = Readonly<Record<string, string | number>>;

/** Figures of feature-store for some subscriptions in the last months. */
export interface Figures {
  /** Rows of a table about a subscription; none where the table is not available. */
  of(table: FigureTable, subscriptionId: string): readonly FigureRow[];
  /** Why a table is not available; undefined where it is. */
  missing(table: FigureTable): Reason | undefined;
}

/** Monthly figures are in feature-store and are read with each view, all tables at once. */
@Injectable()
export class MonthlyFigures {
  private readonly log = log('view360');

  constructor(
    private readonly clock: Clock,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
    @Inject(ValueGroupServiceDefinition.fullName) private readonly valueGroups: Rpc<ValueGroupService>,
  ) {}

  /** The caller has checked that the subscriptions are visible. @param month the last closed one at that time */
  async of(
    call: Call,
    subscriptionIds: readonly string[],
    month: string,
    asOf: Date,
    wanted: ReadonlySet<FigureTable>,
  ): Promise<Figures> {
    const answers = await Promise.all(
      TABLES.map(async (table) => {
        const isAsked = wanted.has(table) && subscriptionIds.length > 0 && month !== '';
        return [table, isAsked ? await this.rowsOf(call, table, subscriptionIds, month, asOf) : new Map()] as const;
      }),
    );
    const byTable = new Map<FigureTable, Map<string, FigureRow[]> | Reason>(answers);
    return {
      of: (table, subscriptionId) => {
        const rows = byTable.get(table);
        return rows instanceof Map ? (rows.get(subscriptionId) ?? []) : [];
      },
      missing: (table) => {
        const rows = byTable.get(table);
        return rows instanceof Map ? undefined : rows;
      },
    };
  }

  private async rowsOf(
    call: Call,
    table: FigureTable,
    subscriptionIds: readonly string[],
    month: string,
    asOf: Date,
  ): Promise<Map<string, FigureRow[]> | Reason> {
    const deadlineAtMs = Math.min(call.deadlineAtMs ?? Infinity, this.clock.wall().getTime() + FETCH_DEADLINE_MS);
    const asking: Call = { ...call, caller: systemCaller('customer-profile'), deadlineAtMs };
    try {
      const bySubscription = new Map<string, FigureRow[]>();
      let count = 0;
      const batches = this.batchesOf(asking, table, { subscriptionIds: [...subscriptionIds], month, asOf });
      for await (const batch of batches) {
        if ((count += batch.rows) > ROWS_MAX) break;
        for (const row of FactRows.of(batch).records()) {
          const id = String(row['subscription_id']);
          bySubscription.set(id, [...(bySubscription.get(id) ?? []), row]);
        }
      }
      return bySubscription;
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.kind === 'precondition') return needsTable(tableOf(table));
      this.log.warn({ err: failure, table }, 'a view goes without figures');
      return doesNotAnswer;
    }
  }

  private batchesOf(
    call: Call,
    table: FigureTable,
    { subscriptionIds, month, asOf }: { subscriptionIds: string[]; month: string; asOf: Date },
  ): AsyncIterable<ColumnBatch> {
    // A view as of a moment before a withdrawal stays as it was.
    const asked = { knowledgeTime: asOf, beforeWithdrawals: true, subscriptionIds };
    if (table === VALUE_GROUPS)
      return this.valueGroups.readValueMonths(call, { ...asked, fromMonth: month, toMonth: month, shards: undefined });
    const lags = FIGURE_TABLES[table];
    const request = factsRequest(table, {
      ...asked,
      fromMonth: lags === undefined || lags === Infinity ? '' : addMonths(month, -lags),
      toMonth: lags === undefined ? '' : month,
    });
    return this.facts.readFacts(call, request);
  }
}
