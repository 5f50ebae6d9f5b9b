import { monthText } from '@holdfast/platform/calendar';
import { isInUse } from '../hazard/lives.js';
import type { Cell } from '../table/table.js';
import { DISTRICTS } from '../world/geography.js';
import { RIVAL_OFFERS, RIVALS, RivalCampaigns } from '../world/rivals.js';
import { firstDayOfMonth, homeCellOf } from '../world/world.js';
import type { TableSource } from './table-source.js';

const OWN = 'own';

/**
 * Market by district and month: own subscribers at its end, and visible offers of rivals, whose subscribers are
 * unknown.
 */
export function* marketRows(source: TableSource): Generator<Cell[]> {
  const { world, fromMonth } = source;
  const rivals = new RivalCampaigns(world.seed, world.firstMonth, world.months);
  for (let month = fromMonth; month < world.months; month += 1) {
    const ours = subscribersByDistrict(source, month);
    const calendarMonth = world.firstMonth + month;
    for (const [district, { name }] of DISTRICTS.entries()) {
      const row = (operator: string, subscribers?: number, offers?: string): Cell[] => {
        return [name, monthText(calendarMonth), operator, subscribers, offers];
      };
      yield row(OWN, ours[district]!);
      for (const [rival, operator] of RIVALS.entries()) {
        const offers = rivals.in(district, calendarMonth).map(({ offer }) => RIVAL_OFFERS[offer]!);
        const names = new Set(offers.flatMap((offer) => (offer.rival === rival ? [offer.name] : [])));
        yield row(operator, undefined, names.size === 0 ? undefined : [...names].join(';'));
      }
    }
  }
}

function subscribersByDistrict({ world, lives }: TableSource, month: number): number[] {
  const { geography, subscriptions } = world;
  const counts = DISTRICTS.map(() => 0);
  const lastDay = firstDayOfMonth(world, month + 1) - 1;
  for (let at = 0; at < subscriptions.count; at += 1) {
    if (!isInUse(world, lives, at, lastDay)) continue;
    counts[geography.district[homeCellOf(world, subscriptions.person[at]!, month)]!]! += 1;
  }
  return counts;
}
