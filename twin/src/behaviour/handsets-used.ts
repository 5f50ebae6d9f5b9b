import { NEVER } from '../calendar/calendar.js';
import type { Lives } from '../hazard/lives.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { handsetSpells, handsetUtilities, type HandsetSpell } from '../world/handsets.js';
import { firstHandsetDay, handsetTasteOf, type World } from '../world/world.js';

interface HandsetUse extends HandsetSpell {
  /** Whether it came with an offer. */
  isBundled: boolean;
}

/**
 * Handsets until the end of the subscription, oldest first. A voucher adds one from its day on, by the same utilities,
 * until the next regular one.
 */
export function handsetsUsed(stream: Stream, world: World, lives: Lives, at: number): HandsetUse[] {
  const after = Math.min(lives.cancelledDay[at]!, world.afterLastDay);
  const taste = handsetTasteOf(world, at);
  const spells = handsetSpells(stream, at, firstHandsetDay(world, at), after, taste);
  const day = lives.handsetDay[at]!;
  const place = spells.findIndex(({ fromDay, toDay }) => fromDay < day && (toDay === undefined || day < toDay));
  const own = spells.map((spell): HandsetUse => ({ ...spell, isBundled: false }));
  if (day === NEVER || day >= after || place < 0) return own;
  const before = own[place]!;
  const weights = handsetUtilities(day, taste, before.model).map(Math.exp);
  const model = stream.at(Purpose.handset, at, day).weighted(weights);
  const bundled = { model, fromDay: day, toDay: before.toDay, isBundled: true };
  return [...own.slice(0, place), { ...before, toDay: day }, bundled, ...own.slice(place + 1)];
}
