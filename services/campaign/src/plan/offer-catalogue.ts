import { Inject, Injectable } from '@nestjs/common';
import type { Arm, CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import {
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { localCalendar } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { readCategoryTexts, readNumbers } from '@holdfast/platform/columns';
import { Failure, asFailure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import type { CampaignParameters } from '../parameters.js';
import { refuse, type Complaint } from './plan-rule.js';

/** For how long a lease relies on what the catalogue said. */
const FRESH_MS = 5 * 60_000;

/** A table of the extract with offers, and the columns with the days on which they are on sale. */
interface OfferTable {
  table: string;
  id: string;
  from: string;
  /** First day without it. */
  to?: string;
}

const BUNDLES: OfferTable = { table: 'bundle_items', id: 'bundle_id', from: 'valid_from', to: 'valid_to' };
const TABLES: Readonly<Record<string, readonly OfferTable[]>> = {
  discount: [BUNDLES],
  product: [{ table: 'products', id: 'product_id', from: 'launched_on' }, BUNDLES],
  handset: [{ table: 'handset_models', id: 'tac', from: 'launched_on' }, BUNDLES],
};

/** Which offers there are on a day: of the operator's extract, of its plans, and of the parameter `offer.catalogue`. */
@Injectable()
export class OfferCatalogue {
  private readonly log = log('offer-catalogue');
  private readonly recent = new Map<string, { readAtMs: number; ids: Promise<ReadonlySet<string>> }>();

  constructor(
    private readonly clock: Clock,
    private readonly parameters: Parameters<CampaignParameters>,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
    @Inject(PlanFitServiceDefinition.fullName) private readonly plans: Rpc<PlanFitService>,
  ) {}

  /** @throws invalid, naming every arm whose offer is not on sale today; unavailable where that cannot be known now */
  async requireOnSale({ arms }: Pick<CampaignPlan, 'arms'>): Promise<void> {
    const at = this.clock.now();
    const ids = new Map<string, ReadonlySet<string>>();
    for (const kind of kindsOf(arms)) ids.set(kind, await this.read(kind, at));
    const day = localCalendar(await this.parameters.get('campaign.timeZone', at)).dayTextOf(at);
    refuse(
      arms.flatMap((arm, index): Complaint[] => {
        if (arm.offerId === '' || ids.get(arm.offerKind)?.has(arm.offerId) === true) return [];
        return [[`/arms/${index}/offerId`, 'offerUnknown', offerUnknown(arm, day)]];
      }),
    );
  }

  /** Arms whose offers are not on sale any more; a catalogue that cannot be read now stops nobody. */
  async goneArms({ arms }: Pick<CampaignPlan, 'arms'>): Promise<string[]> {
    const gone: string[] = [];
    for (const kind of kindsOf(arms)) {
      const ids = await this.recentIds(kind);
      if (ids === undefined) continue;
      gone.push(...arms.filter((arm) => isOf(arm, kind) && !ids.has(arm.offerId)).map(({ arm }) => arm));
    }
    return gone;
  }

  private async recentIds(kind: string): Promise<ReadonlySet<string> | undefined> {
    const now = this.clock.now();
    let known = this.recent.get(kind);
    if (known === undefined || now.getTime() - known.readAtMs >= FRESH_MS) {
      known = { readAtMs: now.getTime(), ids: this.read(kind, now) };
      this.recent.set(kind, known);
    }
    try {
      return await known.ids;
    } catch (thrown) {
      this.recent.delete(kind);
      this.log.warn({ err: asFailure(thrown), kind }, 'catalogue of offers unavailable: all count as on sale');
      return undefined;
    }
  }

  private async read(kind: string, at: Date): Promise<ReadonlySet<string>> {
    const named = await this.parameters.get('offer.catalogue', at);
    const ids = new Set(named.filter((offer) => offer.kind === kind).map(({ id }) => id));
    const day = localCalendar(await this.parameters.get('campaign.timeZone', at)).dayOf(at);
    for (const table of TABLES[kind] ?? []) await this.readTable(table, day, ids);
    if (kind === 'product') await this.readPlans(ids);
    return ids;
  }

  private async readTable({ table, id, from, to }: OfferTable, day: number, ids: Set<string>): Promise<void> {
    const request = {
      ...{ table, columns: to === undefined ? [from] : [from, to], shards: undefined, knowledgeTime: undefined },
      ...{ fromMonth: '', toMonth: '', subscriptionIds: [], kinds: [], sequence: 0 },
    };
    await ifThere(async () => {
      for await (const batch of this.facts.readFacts({ caller: systemCaller('campaign') }, request)) {
        const [firstDays, daysAfter] = [daysIn(batch, from), daysIn(batch, to)];
        for (const [row, offer] of readCategoryTexts(batch, id).entries()) {
          // A day that nobody wrote down bounds nothing.
          if (offer !== undefined && !(firstDays[row]! > day) && !(daysAfter[row]! <= day)) ids.add(offer);
        }
      }
    });
  }

  private async readPlans(ids: Set<string>): Promise<void> {
    await ifThere(async () => {
      const { plans } = await this.plans.listPlans({ caller: systemCaller('campaign') }, { onSale: true });
      for (const { planId } of plans) ids.add(planId);
    });
  }
}

/** An operator without such a table has no such offers. */
async function ifThere(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind !== 'precondition') throw thrown;
  }
}

function isOf(arm: Arm, kind: string): boolean {
  return arm.offerId !== '' && arm.offerKind === kind;
}

function kindsOf(arms: readonly Arm[]): string[] {
  return [...new Set(arms.filter(({ offerId }) => offerId !== '').map(({ offerKind }) => offerKind))];
}

function daysIn(batch: ColumnBatch, column: string | undefined): Float64Array {
  const isThere = column !== undefined && batch.columns.some(({ name }) => name === column);
  return isThere ? readNumbers(batch, column) : new Float64Array(batch.rows).fill(NaN);
}

function offerUnknown({ arm, offerKind, offerId }: Arm, day: string): Complaint[2] {
  return {
    en:
      `Arm ${arm}: the ${offerKind} ${offerId} is not on sale on ${day}. Known are the products, handsets and bundles of ` +
      'the extract, plans on sale (as products), and what the parameter offer.catalogue of campaign names.',
    'zh-CN':
      `方案组 ${arm}：${offerKind} ${offerId} 在 ${day} 不在售。可用的有：数据包中的产品、终端和捆绑包，在售套餐（作为 product），` +
      '以及 campaign 服务参数 offer.catalogue 中列出的优惠。',
  };
}
