import { SECONDS_PER_DAY } from '../calendar/calendar.js';
import { dayKindOf } from '../calendar/holidays.js';
import { simulateLives } from '../hazard/life-simulator.js';
import { HOUSEHOLD_KINDS } from '../world/household-kinds.js';
import { buildWorld, homeCellOf } from '../world/world.js';
import { KIND } from './event-columns.js';
import { MonthEvents } from './month-events.js';

/** October 2025 had eight days of holidays, November none. */
const world = buildWorld({ seed: 2, subscribers: 4000, months: 3, to: '2025-12' });
const lives = simulateLives(world);

/** Share of locations between 01:00 and 05:00 that are at home. */
function nightsAtHome(inDormitory: boolean, isHoliday: boolean): number {
  const generator = new MonthEvents(world, lives);
  const dormitory = HOUSEHOLD_KINDS.indexOf('dormitory');
  let [home, seen] = [0, 0];
  for (let at = 0; at < world.subscriptions.count; at += 1) {
    const person = world.subscriptions.person[at]!;
    const isOfDormitory = world.households.kind[world.people.household[person]!] === dormitory;
    if (isOfDormitory !== inDormitory || world.people.nightShift[person] === 1) continue;
    for (const event of generator.fill(at, 0)) {
      const { moment, kind, cell } = generator.events;
      const day = Math.floor(moment[event]! / SECONDS_PER_DAY);
      const hour = (moment[event]! % SECONDS_PER_DAY) / 3600;
      if (kind[event] !== KIND.location || hour < 1 || hour >= 5) continue;
      if ((dayKindOf(day) === 'holiday') !== isHoliday) continue;
      seen += 1;
      home += cell[event] === homeCellOf(world, person, 0) ? 1 : 0;
    }
  }
  expect(seen).toBeGreaterThan(50);
  return home / seen;
}

test('residents of a dormitory sleep there, and most of them at home in long holidays', () => {
  expect(nightsAtHome(true, false)).toBeGreaterThan(0.85);
  expect(nightsAtHome(true, true)).toBeLessThan(0.6);
  expect(nightsAtHome(false, false)).toBeGreaterThan(0.85);
  expect(nightsAtHome(false, true)).toBeGreaterThan(0.85);
});
