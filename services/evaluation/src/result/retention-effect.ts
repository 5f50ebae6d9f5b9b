import { createHash } from 'node:crypto';
import type {
  CampaignResults,
  Effect,
  GroupEffect,
  RetentionEffect,
  SavedPerContact,
} from '@holdfast/contracts/evaluation/v1/results';
import { intervalOf } from '@holdfast/learning/difference-in-means';
import {
  errorOfInterval,
  inverseVarianceMean,
  pooledEffect,
  shrunkEffect,
  type MeasuredEffect,
} from '@holdfast/learning/random-effects';
import { CONTROL } from '@holdfast/platform/control-group';

const CONFIDENCE = 0.95;

/** Effect of a contact in one campaign. */
interface Measured extends MeasuredEffect {
  readonly campaignId: string;
  readonly customers: number;
}

/** A measured effect and the group that it belongs to. */
interface Grouped extends Measured {
  readonly dimension: GroupEffect['dimension'];
  readonly name: string;
}

/**
 * What a contact achieves, by closed campaigns that were randomised. The comparison is by intention to treat; divided by
 * the share that was contacted it is the effect on those contacted, since control groups are not contacted (Bloom,
 * Evaluation Review 8, 1984). Campaigns are pooled as random effects; those of a region, channel or arm are shrunk
 * towards all. Arms of a campaign share their control group and are pooled within an arm's name only.
 * @param customersMin least number of evaluated customers in offers and in the control group
 */
export function retentionEffect(results: readonly CampaignResults[], customersMin: number): RetentionEffect {
  const closed = results.filter(({ state, randomised }) => state === 'final' && randomised === 'yes');
  const measured = closed.flatMap((campaign) => offersOf(campaign, customersMin));
  if (measured.length === 0)
    return { campaigns: 0, customers: 0, saved: undefined, deviation: 0, groups: [], version: '' };
  const pooled = pooledEffect(measured);
  const effectById = new Map(measured.map((each) => [each.campaignId, each]));
  const grouped = closed.flatMap((campaign): Grouped[] => {
    const effect = effectById.get(campaign.campaignId);
    if (effect === undefined) return [];
    // A campaign by several channels shows the effect of none of them.
    const channels = campaign.channels.length === 1 ? campaign.channels : [];
    return [
      { ...effect, dimension: 'region', name: campaign.orgUnitPath },
      ...channels.map(({ channel }): Grouped => ({ ...effect, dimension: 'channel', name: channel })),
      ...armsOf(campaign, customersMin),
    ];
  });
  const groups = new Map<string, Grouped[]>();
  for (const each of grouped) {
    const key = `${each.dimension} ${each.name}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return {
    ...{ campaigns: measured.length, customers: customersOf(measured) },
    ...{ saved: savedOf(pooled), deviation: Math.sqrt(pooled.variance) },
    groups: [...groups.entries()]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, members]) => ({
        ...{ dimension: members[0]!.dimension, name: members[0]!.name },
        ...{ campaigns: members.length, customers: customersOf(members) },
        measured: savedOf(inverseVarianceMean(members, 0)),
        shrunk: savedOf(shrunkEffect(members, pooled)),
      })),
    version: versionOf(grouped),
  };
}

/** All offers of a campaign together; none if it does not count. */
function offersOf(campaign: CampaignResults, customersMin: number): Measured[] {
  const offers = campaign.arms.filter(({ arm }) => arm !== CONTROL);
  return measuredOf(campaign, offers, campaign.effect, { customersMin, confidence: CONFIDENCE });
}

function armsOf(campaign: CampaignResults, customersMin: number): Grouped[] {
  // The intervals of several offers hold together (Bonferroni).
  const confidence = 1 - (1 - CONFIDENCE) / (campaign.arms.length - 1);
  return campaign.effects.flatMap(({ arm, effect }) => {
    const own = campaign.arms.filter((each) => each.arm === arm);
    const found = measuredOf(campaign, own, effect, { customersMin, confidence });
    return found.map((each): Grouped => ({ ...each, dimension: 'arm', name: arm }));
  });
}

function measuredOf(
  campaign: CampaignResults,
  offers: CampaignResults['arms'],
  effect: Effect | undefined,
  { customersMin, confidence }: { customersMin: number; confidence: number },
): Measured[] {
  const total = (arms: CampaignResults['arms'], of: (arm: CampaignResults['arms'][number]) => number): number =>
    arms.reduce((sum, arm) => sum + of(arm), 0);
  const [offered, control] = [offers, campaign.arms.filter(({ arm }) => arm === CONTROL)].map((arms) =>
    total(arms, ({ subscriptions }) => subscriptions),
  );
  const assigned = total(offers, ({ subscriptions, notJudged }) => subscriptions + notJudged);
  const contacted = total(offers, ({ touched }) => touched) / assigned;
  if (effect === undefined || !(contacted > 0) || Math.min(offered!, control!) < customersMin) return [];
  const standardError = errorOfInterval(effect.low, effect.high, confidence) / contacted;
  if (!(standardError > 0)) return [];
  const { campaignId } = campaign;
  return [{ campaignId, customers: offered! + control!, estimate: -effect.estimate / contacted, standardError }];
}

function savedOf(effect: MeasuredEffect): SavedPerContact {
  return { estimate: effect.estimate, ...intervalOf(effect, CONFIDENCE) };
}

function customersOf(measured: readonly Measured[]): number {
  return measured.reduce((sum, { customers }) => sum + customers, 0);
}

function versionOf(grouped: readonly Grouped[]): string {
  const rows = grouped.map(({ campaignId, dimension, name, customers, estimate, standardError }) =>
    JSON.stringify([campaignId, dimension, name, customers, estimate, standardError]),
  );
  return createHash('sha256').update(rows.sort().join('\n')).digest('hex').slice(0, 16);
}
