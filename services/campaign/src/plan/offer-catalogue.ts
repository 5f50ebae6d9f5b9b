import { Inject, Injectable } from '@nestjs/common';
import type { Arm, CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import {
  PlanFitServiceDefinition,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import { localCalendar } from '@holdfast/platform/calendar';
import { systemCaller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { readCategoryTexts } from '@holdfast/platform/columns';
import { asFailure } from '@holdfast/platform/errors';
import { factsRequest, numbersOf, readIfAvailable } from '@holdfast/platform/facts';
import type { Rpc } from '@holdfast/platform/grpc';
import { log } from '@holdfast/platform/log';
import { Parameters } from '@holdfast/platform/parameters';
import type { CampaignParameters } from '../parameters.js';
import { throwPlanErrors, type PlanError } from './plan-rule.js';

/** How long leases use a cached catalogue. */
const CACHE_MS = 5 * 60_000;

/** A table of the extract with offers, and its columns with the days of sale. */
interface OfferTable {
  table: string;
  id: string;
  from: string;
  /** First day after the sale. */
  to?: string;
}

const BUNDLES: OfferTable = { table: 'bundle_items', id: 'bundle_id', from: 'valid_from', to: 'valid_to' };
const TABLES: Readonly<Record<string, readonly OfferTable[]>> = {
  discount: [BUNDLES],
  product: [{ table: 'products', id: 'product_id', from: 'launched_on' }, BUNDLES],
  handset: [{ table: 'handset_models', id: 'tac', from: 'launched_on' }, BUNDLES],
};

/** Offers on sale on a day: from the operator's extract, its plans, and the parameter `offer.catalogue`. */
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

  /** @throws invalid with every arm whose offer is not on sale today; unavailable if the catalogue cannot be read */
  async requireOnSale({ arms }: Pick<CampaignPlan, 'arms'>): Promise<void> {
    const at = this.clock.now();
    const ids = new Map<string, ReadonlySet<string>>();
    for (const kind of kindsOf(arms)) ids.set(kind, await this.read(kind, at));
    const day = localCalendar(await this.parameters.get('campaign.timeZone', at)).dayTextOf(at);
    throwPlanErrors(
      arms.flatMap((arm, index): PlanError[] => {
        if (arm.offerId === '' || ids.get(arm.offerKind)?.has(arm.offerId) === true) return [];
        return [[`/arms/${index}/offerId`, 'offerUnknown', offerUnknown(arm, day)]];
      }),
    );
  }

  /** Arms whose offers are no longer on sale; if the catalogue cannot be read, all count as on sale. */
  async withdrawnArms({ arms }: Pick<CampaignPlan, 'arms'>): Promise<string[]> {
    const withdrawn: string[] = [];
    for (const kind of kindsOf(arms)) {
      const ids = await this.recentIds(kind);
      if (ids === undefined) continue;
      withdrawn.push(...arms.filter((arm) => isOf(arm, kind) && !ids.has(arm.offerId)).map(({ arm }) => arm));
    }
    return withdrawn;
  }

  private async recentIds(kind: string): Promise<ReadonlySet<string> | undefined> {
    const now = this.clock.now();
    let entry = this.recent.get(kind);
    if (entry === undefined || now.getTime() - entry.readAtMs >= CACHE_MS) {
      entry = { readAtMs: now.getTime(), ids: this.read(kind, now) };
      this.recent.set(kind, entry);
    }
    try {
      return await entry.ids;
    } catch (thrown) {
      this.recent.delete(kind);
      this.log.warn({ err: asFailure(thrown), kind }, 'catalogue of offers unavailable: all count as on sale');
      return undefined;
    }
  }

  private async read(kind: string, at: Date): Promise<ReadonlySet<string>> {
    const configured = await this.parameters.get('offer.catalogue', at);
    const ids = new Set(configured.filter((offer) => offer.kind === kind).map(({ id }) => id));
    const day = localCalendar(await this.parameters.get('campaign.timeZone', at)).dayOf(at);
    for (const table of TABLES[kind] ?? []) await this.readTable(table, day, ids);
    if (kind === 'product') await this.readPlans(ids);
    return ids;
  }

  private async readTable({ table, id, from, to }: OfferTable, day: number, ids: Set<string>): Promise<void> {
    const request = factsRequest(table, { columns: to === undefined ? [from] : [from, to] });
    await readIfAvailable(async () => {
      for await (const batch of this.facts.readFacts({ caller: systemCaller('campaign') }, request)) {
        const [firstDays, daysAfter] = [numbersOf(batch, from), numbersOf(batch, to ?? '')];
        for (const [row, offer] of readCategoryTexts(batch, id).entries()) {
          // A missing day does not limit the sale.
          if (offer !== undefined && !(firstDays[row]! > day) && !(daysAfter[row]! <= day)) ids.add(offer);
        }
      }
    });
  }

  private async readPlans(ids: Set<string>): Promise<void> {
    await readIfAvailable(async () => {
      const { plans } = await this.plans.listPlans({ caller: systemCaller('campaign') }, { onSale: true });
      for (const { planId } of plans) ids.add(planId);
    });
  }
}

function isOf(arm: Arm, kind: string): boolean {
  return arm.offerId !== '' && arm.offerKind === kind;
}

function kindsOf(arms: readonly Arm[]): string[] {
  return [...new Set(arms.filter(({ offerId }) => offerId !== '').map(({ offerKind }) => offerKind))];
}

function offerUnknown({ arm, offerKind, offerId }: Arm, day: string): PlanError[2] {
  return {
    en:
      `Arm ${arm}: the ${offerKind} ${offerId} is not on sale on ${day}. An offer must be a product, handset or bundle of ` +
      'the extract, a plan on sale (as a product), or an entry of the parameter offer.catalogue of campaign.',
    'zh-CN':
      `方案组 ${arm}：${offerKind} ${offerId} 在 ${day} 不在售。可用的有：数据包中的产品、终端和捆绑包，在售套餐（作为 product），` +
      '以及 campaign 服务参数 offer.catalogue 中列出的优惠。',
  };
}
