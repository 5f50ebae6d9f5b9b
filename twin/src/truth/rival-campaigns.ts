import { monthText } from '@holdfast/platform/calendar';
import type { TableSource } from '../extract/table-source.js';
import type { Cell } from '../table/table.js';
import { DISTRICTS } from '../world/geography.js';
import { RIVAL_OFFERS, RIVALS, RivalCampaigns } from '../world/rivals.js';

export function* rivalCampaignRows({ world }: TableSource): Generator<Cell[]> {
  const { all } = new RivalCampaigns(world.seed, world.firstMonth, world.months);
  for (const { offer, district, firstMonth, months, calls } of all) {
    const { id, name, rival, ages } = RIVAL_OFFERS[offer]!;
    const [from, to] = [firstMonth, firstMonth + months - 1].map(monthText);
    yield [id, name, RIVALS[rival], DISTRICTS[district]!.name, from, to, ages[0], ages[1], calls.toFixed(3)];
  }
}
