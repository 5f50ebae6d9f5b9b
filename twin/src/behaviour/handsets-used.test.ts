import { NEVER } from '../calendar/calendar.js';
import { LifeSimulator } from '../hazard/life-simulator.js';
import { allocateLives } from '../hazard/lives.js';
import { Stream } from '../randomness/stream.js';
import { ContactSimulator } from '../respond/contact-simulator.js';
import type { Contact } from '../treatment/contact.js';
import { buildWorld } from '../world/world.js';
import { handsetsUsed } from './handsets-used.js';

describe('handsets', () => {
  const world = buildWorld({ seed: 4, subscribers: 600, months: 3, to: '2026-06', continuedMonths: 3 });
  const stream = new Stream(world.seed);
  const all = Array.from({ length: world.subscriptions.count }, (_, at) => at);
  const day = world.afterHistoryDay + 4;

  function simulateWith(contacts: readonly Contact[]): ReturnType<typeof allocateLives> {
    const lives = allocateLives(world.subscriptions.count, world.months);
    new LifeSimulator(world, lives, { hook: new ContactSimulator(world, lives, contacts) }).simulateHouseholds();
    return lives;
  }

  const offered = all.filter((at) => at % 2 === 0);
  const contacts = offered.map((at, number): Contact => {
    const contact = { number, at, month: world.historyMonths, day, second: 40_000, campaign: 'K' };
    return { ...contact, channel: 'call', offer: 'handset', given: 'accepted' };
  });
  const withoutContacts = simulateWith([]);
  const lives = simulateWith(contacts);

  test('include accepted vouchers from their day on', () => {
    const takers = offered.filter((at) => lives.handsetDay[at] !== NEVER);
    expect(takers.length).toBeGreaterThan(200);
    expect(takers.filter((at) => lives.handsetDay[at] !== day)).toEqual([]);
    const withNew = takers.filter((at) => handsetsUsed(stream, world, lives, at).some(({ isBundled }) => isBundled));
    // except for those that bought another one on the same day
    expect(withNew.length).toBeGreaterThan(0.98 * takers.length);
  });

  test('have no gaps, and a voucher changes no earlier handset', () => {
    for (const at of all) {
      const used = handsetsUsed(stream, world, lives, at);
      expect(used.slice(1).map(({ fromDay }) => fromDay)).toEqual(used.slice(0, -1).map(({ toDay }) => toDay));
      const begunBefore = (spells: typeof used): number[][] =>
        spells.filter(({ fromDay }) => fromDay < day).map(({ model, fromDay }) => [model, fromDay]);
      expect(begunBefore(used)).toEqual(begunBefore(handsetsUsed(stream, world, withoutContacts, at)));
    }
  });

  test('do not change without a voucher', () => {
    const others = all.filter(
      (at) => lives.handsetDay[at] === NEVER && lives.cancelledDay[at] === withoutContacts.cancelledDay[at],
    );
    expect(others.length).toBeGreaterThan(200);
    for (const at of others) {
      expect(handsetsUsed(stream, world, lives, at)).toEqual(handsetsUsed(stream, world, withoutContacts, at));
    }
  });
});
