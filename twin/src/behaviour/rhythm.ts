import type { DayKind } from '../calendar/holidays.js';
import { scramble, type Stream } from '../randomness/stream.js';
import { cellsOf, cityOf, type Geography } from '../world/geography.js';
import { HOUSEHOLD_KINDS } from '../world/household-kinds.js';
import { OCCUPATIONS } from '../world/households.js';
import type { World } from '../world/world.js';

/**
 * Times of usage and locations. Durations of work, commute and sleep are from the National Bureau of Statistics,
 * Communiqué on the 2018 National Time Use Survey (25 January 2019): sleep and rest 9 h 19 min; employed men work 7 h
 * 52 min and women 7 h 24 min per working day; commutes take 61 min in both directions together. They are independent
 * of the rules for household identification.
 *
 * Evenings: of 529 minutes for meals (104), free time (236), unpaid work (162) and learning (27) in the survey, some 79
 * are outside the home: sport (31), company (25), shopping, doctors and offices (23); that is 15 %. Assumptions:
 * persons without a family at home are out two and a half times as often; shares before the evening.
 */
const WORK_BEGINS_MIN = 8 * 60 + 30;
const WORK_MIN = 7 * 60 + 38;
const LUNCH_MIN = 75;
const WAY_MIN = 30;
const SLEEP_MIN = 9 * 60 + 19;
const GETS_UP_MIN = 7 * 60 + 20;
const MINUTES_PER_DAY = 1440;
const NIGHT_SHIFT_MIN = 13 * 60;
const EVENING_BEGINS_MIN = 18 * 60;

/** Relative frequency by hour; later routines shift the curve. */
const CALLS_BY_HOUR = [2, 1, 0.5, 0.5, 0.5, 1, 6, 20, 42, 58, 62, 58, 46, 40, 46, 50, 54, 62, 66, 62, 52, 38, 18, 6];
const DATA_BY_HOUR = [14, 6, 3, 2, 2, 4, 14, 32, 40, 38, 38, 42, 62, 52, 40, 38, 40, 46, 56, 66, 76, 80, 62, 34];
const TOTAL_CALLS = total(CALLS_BY_HOUR);
const TOTAL_DATA = total(DATA_BY_HOUR);

type Use = 'call' | 'data';

/** Cells of the nights and of the working days. */
export interface Places {
  homeCell: number;
  workCell: number;
}

/** Public places. */
interface City {
  shopping: number[];
  subway: number[];
  hall: number[];
  leisure: number[];
}

const RETIRED = OCCUPATIONS.indexOf('retired');
const AT_HOME = OCCUPATIONS.indexOf('home');

export class Rhythm {
  private readonly cities: City[];
  private readonly people: World['people'];
  private readonly geography: Geography;
  /** 1 for residents of shared flats and dormitories, which are out more often. */
  private readonly isOut: Uint8Array;
  private readonly inDormitory: Uint8Array;

  constructor(world: World) {
    this.people = world.people;
    this.geography = world.geography;
    this.cities = [0, 1].map((city) => ({
      shopping: cellsOf(world.geography, 'shopping', city),
      subway: cellsOf(world.geography, 'subway', city),
      hall: cellsOf(world.geography, 'business_hall', city),
      leisure: [...cellsOf(world.geography, 'stadium', city), ...cellsOf(world.geography, 'campus', city)],
    }));
    const dormitory = HOUSEHOLD_KINDS.indexOf('dormitory');
    const out = new Set([HOUSEHOLD_KINDS.indexOf('flatSharers'), dormitory]);
    const { kind } = world.households;
    this.isOut = Uint8Array.from(world.people.household, (household) => (out.has(kind[household]!) ? 1 : 0));
    this.inDormitory = Uint8Array.from(world.people.household, (household) => (kind[household] === dormitory ? 1 : 0));
  }

  /** @returns second of the day */
  secondOfUse(random: Stream, person: number, use: Use): number {
    const hours = use === 'call' ? CALLS_BY_HOUR : DATA_BY_HOUR;
    let left = random.next() * (use === 'call' ? TOTAL_CALLS : TOTAL_DATA);
    let hour = 0;
    while (hour < 23 && (left -= hours[hour]!) >= 0) hour += 1;
    const minute = hour * 60 + random.next() * 60 + this.shiftOf(person);
    return Math.floor(wrapped(minute) * 60);
  }

  /** @param place cells of the month */
  cellAt(random: Stream, person: number, { homeCell, workCell }: Places, day: DayKind, second: number): number {
    const city = this.cities[cityOf(this.geography, homeCell)]!;
    const minute = wrapped(second / 60 - this.shiftOf(person));
    const chance = random.next();
    const occupation = this.people.occupation[person]!;
    const worksToday = day === 'workday' && workCell !== homeCell && occupation !== RETIRED && occupation !== AT_HOME;
    if (isAsleep(minute)) return chance < 0.97 ? homeCell : pickOf(city.leisure, random);
    const workEnds = WORK_BEGINS_MIN + WORK_MIN + LUNCH_MIN;
    if (worksToday && minute >= WORK_BEGINS_MIN - WAY_MIN && minute < workEnds + WAY_MIN) {
      const isOnWay = minute < WORK_BEGINS_MIN || minute >= workEnds;
      if (isOnWay) return chance < 0.5 ? favourite(city.subway, person, 1) : chance < 0.75 ? homeCell : workCell;
      return chance < 0.9 ? workCell : favourite(city.shopping, person, 2);
    }
    const atHome = this.shareAtHome(person, day, minute);
    if (chance < atHome) return homeCell;
    if (chance < atHome + 0.6 * (1 - atHome)) return favourite(city.shopping, person, 2);
    return random.next() < 0.5 ? pickOf(city.shopping, random) : pickOf(city.leisure, random);
  }

  /** Share of the time awake and not at work. */
  private shareAtHome(person: number, day: DayKind, minute: number): number {
    if (minute >= EVENING_BEGINS_MIN) return this.isOut[person] === 1 ? 0.62 : 0.84;
    return day === 'workday' ? 0.74 : 0.58;
  }

  hallNear(person: number, homeCell: number): number {
    return favourite(this.cities[cityOf(this.geography, homeCell)]!.hall, person, 3);
  }

  /** A cell of the other city, for a journey. */
  cellFarFrom(random: Stream, homeCell: number): number {
    return pickOf(this.cities[1 - cityOf(this.geography, homeCell)]!.shopping, random);
  }

  livesInDormitory(person: number): boolean {
    return this.inDormitory[person] === 1;
  }

  private shiftOf(person: number): number {
    return this.people.lateMinutes[person]! + (this.people.nightShift[person] === 1 ? NIGHT_SHIFT_MIN : 0);
  }
}

function isAsleep(minute: number): boolean {
  return minute < GETS_UP_MIN || minute >= GETS_UP_MIN + MINUTES_PER_DAY - SLEEP_MIN;
}

function wrapped(minute: number): number {
  return ((minute % MINUTES_PER_DAY) + MINUTES_PER_DAY) % MINUTES_PER_DAY;
}

function favourite(cells: readonly number[], person: number, salt: number): number {
  return cells[(scramble(person * 4 + salt) >>> 0) % cells.length]!;
}

function pickOf(cells: readonly number[], random: Stream): number {
  return cells[random.below(cells.length)]!;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
