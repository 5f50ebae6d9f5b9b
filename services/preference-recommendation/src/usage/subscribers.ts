import { type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { type FactService, type ReadFactsRequest } from '@holdfast/contracts/feature_store/v1/facts';
import type { ShardRange } from '@holdfast/contracts/feature_store/v1/lake';
import { firstDayOf, lastDayOf } from '@holdfast/platform/calendar';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { factsRequest, numbersOf, textsOf } from '@holdfast/platform/facts';
import type { Call, Rpc } from '@holdfast/platform/grpc';

/** Whose facts, from where, as known when. */
export interface FactScope {
  readonly facts: Rpc<FactService>;
  readonly call: Call;
  readonly knowledgeTime: Date;
  /** Ascending, `YYYY-MM`. */
  readonly months: readonly string[];
  /** Undefined for those of the named subscriptions. */
  readonly shards?: ShardRange;
  /** Only these; empty for all. */
  readonly subscriptionIds: readonly string[];
}

/** Facts of the scope's subscriptions, of all months unless they are narrowed. */
export function factsIn(
  { facts, call, knowledgeTime, shards, subscriptionIds }: FactScope,
  table: string,
  narrowed: Partial<ReadFactsRequest>,
): AsyncIterable<ColumnBatch> {
  const ofScope = { knowledgeTime, shards, subscriptionIds: [...subscriptionIds] };
  return facts.readFacts(call, factsRequest(table, { ...ofScope, ...narrowed }));
}

/** A subscription that can be advised, by month in the order of the scope's months. */
export interface Subscriber {
  readonly id: string;
  readonly orgUnitPath: string;
  /** Whether it was there at all in the month: a month begun costs the whole fee. */
  readonly isThere: boolean[];
  /** Plan held at the end of the month, or the last one held in it; undefined for none. */
  readonly planIds: (string | undefined)[];
  /** The last day to which the present plan binds, days since 1970-01-01; undefined if it does not. */
  contractEndDay: number | undefined;
  /** Nothing was used and nothing billed in the last month; undefined where the operator has no figures of it. */
  isDoubleZero: boolean | undefined;
}

/** Subscriptions that are at risk of leaving, so still there, at the end of the last month, by id. */
export async function readSubscribers(scope: FactScope): Promise<Map<string, Subscriber>> {
  const all = new Map<string, Subscriber>();
  const staying = new Set<string>();
  const { facts, call, months, knowledgeTime, shards, subscriptionIds } = scope;
  const last = months.at(-1)!;
  const asked = { fromMonth: months[0]!, toMonth: last, shards, knowledgeTime, subscriptionIds: [...subscriptionIds] };
  for await (const batch of facts.readStatusMonths(call, asked)) {
    const [ids, units] = [readUuids(batch, 'subscription_id'), readCategoryTexts(batch, 'org_unit_path')];
    const [monthOf, atRisk] = [readCategoryTexts(batch, 'month'), readNumbers(batch, 'at_risk')];
    const [silent, arpu] = [readNumbers(batch, 'silent'), readNumbers(batch, 'arpu')];
    ids.forEach((id, row) => {
      const month = months.indexOf(monthOf[row] ?? '');
      if (month < 0) return;
      const subscriber = all.get(id) ?? newSubscriber(id, units[row] ?? '', months.length);
      all.set(id, subscriber);
      subscriber.isThere[month] = true;
      if (month < months.length - 1) return;
      const isKnown = !Number.isNaN(silent[row]!) && !Number.isNaN(arpu[row]!);
      subscriber.isDoubleZero = isKnown ? silent[row] === 1 && arpu[row] === 0 : undefined;
      if (atRisk[row] === 1) staying.add(id);
    });
  }
  for (const id of all.keys()) if (!staying.has(id)) all.delete(id);
  await addPlans(scope, all);
  return all;
}

function newSubscriber(id: string, orgUnitPath: string, months: number): Subscriber {
  return {
    id,
    orgUnitPath,
    isThere: new Array<boolean>(months).fill(false),
    planIds: new Array<undefined>(months).fill(undefined),
    contractEndDay: undefined,
    isDoubleZero: undefined,
  };
}

/** Spells of plans are half-open; where two hold at once, the one that began later counts. */
async function addPlans(scope: FactScope, subscribers: Map<string, Subscriber>): Promise<void> {
  const { months } = scope;
  const columns = ['plan_id', 'valid_to', 'contract_end_on'];
  const spans = months.map((month) => ({ firstDay: firstDayOf(month), lastDay: lastDayOf(month) }));
  const held = new Map<string, number[]>();
  for await (const batch of factsIn(scope, 'plan_history', { columns })) {
    const [ids, planIds] = [readUuids(batch, 'subscription_id'), textsOf(batch, 'plan_id')];
    const [from, to] = [numbersOf(batch, 'valid_from'), numbersOf(batch, 'valid_to')];
    const contractEnds = numbersOf(batch, 'contract_end_on');
    ids.forEach((id, row) => {
      const subscriber = subscribers.get(id);
      if (subscriber === undefined) return;
      const since = held.get(id) ?? new Array<number>(months.length).fill(-Infinity);
      held.set(id, since);
      const endDay = Number.isNaN(to[row]!) ? Infinity : to[row]!;
      spans.forEach(({ firstDay, lastDay }, month) => {
        if (from[row]! > lastDay || endDay <= firstDay || from[row]! < since[month]!) return;
        // A plan that ended within the last month is not held any more.
        if (month === months.length - 1 && endDay <= lastDay) return;
        since[month] = from[row]!;
        subscriber.planIds[month] = planIds[row];
        if (month === months.length - 1)
          subscriber.contractEndDay = Number.isNaN(contractEnds[row]!) ? undefined : contractEnds[row];
      });
    });
  }
}
