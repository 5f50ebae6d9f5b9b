import { Purpose, Stream } from '../randomness/stream.js';
import { DISTRICTS } from './geography.js';

interface RivalOffer {
  id: string;
  name: string;
  /** Index in RIVALS. */
  rival: number;
  /** Target ages, both included. */
  ages: readonly [number, number];
  /** Relative frequency among the rival's campaigns, January to December. */
  shareByMonth: readonly number[];
}

export const RIVALS = ['rival_a', 'rival_b'] as const;

const ALL_YEAR = [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3];
/** Autumn, the start of terms. */
const TERM = [0, 1, 1, 0, 0, 0, 2, 6, 6, 1, 0, 0];
/** New Year, and the sales of June and November. */
const SALES = [4, 4, 1, 1, 1, 4, 1, 1, 1, 1, 6, 2];

export const RIVAL_OFFERS: readonly RivalOffer[] = [
  { id: 'RA-PORT', name: '孪甲携号转网半价', rival: 0, ages: [25, 60], shareByMonth: ALL_YEAR },
  { id: 'RA-CAMPUS', name: '孪甲校园卡 29元30GB100分钟', rival: 0, ages: [0, 25], shareByMonth: TERM },
  { id: 'RB-DATA', name: '孪乙大流量卡 59元60GB200分钟', rival: 1, ages: [18, 40], shareByMonth: ALL_YEAR },
  { id: 'RB-HOME', name: '孪乙宽带融合', rival: 1, ages: [35, 75], shareByMonth: SALES },
];

/** Months as in `calendar/`. */
interface RivalCampaign {
  offer: number;
  district: number;
  firstMonth: number;
  months: number;
  /** Additional calls per month with the rival's hotline in the target group. */
  calls: number;
}

/** Calls per month with rivals' hotlines without a campaign. */
export const BASELINE_CALLS = 0.05;
const BEGINS_PER_MONTH = 0.05;
/** Factor in the months of SALES. */
const BEGINS_MORE = 2;
const LENGTHS = [0.5, 0.3, 0.2];
const CALLS_MIN = 0.165;
const CALLS_SPREAD = 0.37;
/** Effect of a campaign outside its target group. */
const OFF_TARGET_FACTOR = 0.45;

/**
 * In each district and month a campaign of a rival begins with probability 0.05, 0.1 in the months of the sales, and
 * runs one to three months. The parameters keep the mean rate of the cause `rival` equal to that of independent
 * campaigns in 18 % of the months.
 */
export class RivalCampaigns {
  readonly all: readonly RivalCampaign[];
  private readonly active = new Map<number, RivalCampaign[]>();

  /** @param firstMonth of the queries @param months of the queries */
  constructor(seed: number, firstMonth: number, months: number) {
    const stream = new Stream(seed);
    const all: RivalCampaign[] = [];
    for (let month = firstMonth - LENGTHS.length + 1; month < firstMonth + months; month += 1) {
      for (let district = 0; district < DISTRICTS.length; district += 1) {
        for (let rival = 0; rival < RIVALS.length; rival += 1) {
          const begun = campaignOf(stream, rival, district, month);
          if (begun !== undefined && begun.firstMonth + begun.months > firstMonth) all.push(begun);
        }
      }
    }
    this.all = all;
    for (const campaign of all) {
      for (let month = campaign.firstMonth; month < campaign.firstMonth + campaign.months; month += 1) {
        const key = keyOf(campaign.district, month);
        this.active.set(key, [...(this.active.get(key) ?? []), campaign]);
      }
    }
  }

  in(district: number, month: number): readonly RivalCampaign[] {
    return this.active.get(keyOf(district, month)) ?? [];
  }

  /** Expected calls per month with each rival's hotline. @param into result */
  fillCalls(district: number, month: number, age: number, into: Float64Array): void {
    into.fill(BASELINE_CALLS / RIVALS.length);
    for (const { offer, calls } of this.in(district, month)) {
      const { ages, rival } = RIVAL_OFFERS[offer]!;
      const isTargeted = age >= ages[0] && age <= ages[1];
      into[rival]! += calls * (isTargeted ? 1 : OFF_TARGET_FACTOR);
    }
  }
}

function campaignOf(stream: Stream, rival: number, district: number, month: number): RivalCampaign | undefined {
  const ofYear = month % 12;
  const random = stream.at(Purpose.rivalCampaign, district * RIVALS.length + rival, month);
  const begins = random.chance(BEGINS_PER_MONTH * (SALES[ofYear]! >= 4 ? BEGINS_MORE : 1));
  if (!begins) return undefined;
  const weights = RIVAL_OFFERS.map((offer) => (offer.rival === rival ? offer.shareByMonth[ofYear]! : 0));
  return {
    offer: random.weighted(weights),
    district,
    firstMonth: month,
    months: 1 + random.weighted(LENGTHS),
    calls: CALLS_MIN + CALLS_SPREAD * random.next(),
  };
}

function keyOf(district: number, month: number): number {
  return month * DISTRICTS.length + district;
}
