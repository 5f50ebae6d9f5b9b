import { SECONDS_PER_DAY } from '../calendar/calendar.js';
import { dayKindOf, type DayKind } from '../calendar/holidays.js';
import { DEPARTURE_WAYS, isInUse, type Lives } from '../hazard/lives.js';
import { scramble, Purpose, Stream } from '../randomness/stream.js';
import { cityOf } from '../world/geography.js';
import { usageProfileOf, userOf } from '../world/ownership.js';
import { RIVALS, RivalCampaigns } from '../world/rivals.js';
import { daysOfMonth, firstDayOfMonth, homeCellOf, workCellOf, type World } from '../world/world.js';
import { CALL, KIND, NETWORK, EventColumns } from './event-columns.js';
import { Rhythm, type Places } from './rhythm.js';

/** rival_a, rival_b, fixed. */
const OFF_NET_SHARES = [0.5, 0.35, 0.15];
const OFF_NET_PEERS_MIN = 6;
const OFF_NET_LONG_DISTANCE = 0.1;
const LOCATIONS_PER_DAY = 0.3;
const SESSIONS_PER_MONTH = 24;
const HALL_VISITS_PER_MONTH = 0.06;
const TRIPS_PER_MONTH = 0.12;
/**
 * Journeys per person in a long holiday: 888 million in the eight days of October 2025 (Ministry of Culture and
 * Tourism, 9 October 2025) for 1.408 billion people. Residents of dormitories travel to their families.
 */
const HOLIDAY_TRIPS = 888 / 1408;
const LONG_HOLIDAY_DAYS = 5;
const CALL_SECONDS_MAX = 7200;
/** Limit of a 32-bit column. */
const SESSION_MILLI_MB_MAX = 2_000_000_000;

/** Events of a subscription in a month, in order of time. */
export class MonthEvents {
  /** Valid until the next `fill`. */
  readonly events = new EventColumns();
  private readonly stream: Stream;
  private readonly placeStream: Stream;
  private readonly rhythm: Rhythm;
  private readonly rivals: RivalCampaigns;
  private readonly hotlineCalls = new Float64Array(RIVALS.length);
  private sortKeys = new Float64Array(256);
  private order = new Uint32Array(256);
  private kinds: DayKind[] = [];
  private kindsOf = -1;
  private firstDay = 0;
  private days = 0;
  private at = 0;
  private person = 0;
  private month = 0;
  /** The subscription whose off-net peers it calls. */
  private usageProfile = 0;
  private places: Places = { homeCell: 0, workCell: 0 };
  private tripFrom = 0;
  private tripTo = 0;
  private isHomeForHolidays = false;

  constructor(
    private readonly world: World,
    private readonly lives: Lives,
  ) {
    this.stream = new Stream(world.seed);
    this.placeStream = new Stream(world.seed);
    this.rhythm = new Rhythm(world);
    this.rivals = new RivalCampaigns(world.seed, world.firstMonth, world.months);
  }

  /** @returns indexes in `events` in order of time; valid until the next call */
  fill(at: number, month: number): Uint32Array {
    this.begin(at, month);
    this.addOnNetCalls();
    this.addOffNetCalls();
    this.addMessages();
    this.addData();
    this.addLocationEvents();
    return this.sorted();
  }

  private begin(at: number, month: number): void {
    const { world } = this;
    this.events.clear();
    this.at = at;
    this.month = month;
    this.person = userOf(world, at, month);
    this.usageProfile = usageProfileOf(world, at, month);
    const homeCell = homeCellOf(world, this.person, month);
    this.places = { homeCell, workCell: workCellOf(world, this.person, month, homeCell) };
    this.placeStream.at(Purpose.place, at, month);
    if (this.kindsOf !== month) {
      this.kindsOf = month;
      this.firstDay = firstDayOfMonth(world, month);
      this.days = daysOfMonth(world, month);
      this.kinds = Array.from({ length: this.days }, (_, day) => dayKindOf(this.firstDay + day));
    }
    const trip = this.stream.at(Purpose.trip, this.person, month);
    const travels = trip.chance(TRIPS_PER_MONTH);
    this.tripFrom = travels ? this.firstDay + trip.below(this.days) : 0;
    this.tripTo = travels ? this.tripFrom + 2 + trip.below(4) : 0;
    const isLong = this.kinds.filter((kind) => kind === 'holiday').length >= LONG_HOLIDAY_DAYS;
    const goesHome = isLong && this.rhythm.livesInDormitory(this.person);
    this.isHomeForHolidays = goesHome && this.stream.at(Purpose.holidayHome, this.person, month).chance(HOLIDAY_TRIPS);
  }

  /** One random stream per pair and month, so that both sides have the same calls. */
  private addOnNetCalls(): void {
    const { at, month } = this;
    const { callGraph, subscriptions } = this.world;
    for (let place = callGraph.start[at]!; place < callGraph.start[at + 1]!; place += 1) {
      const edge = callGraph.edgeOf[place]!;
      if (month < callGraph.fromMonth[edge]! || month >= callGraph.untilMonth[edge]!) continue;
      const from = callGraph.from[edge]!;
      const to = callGraph.to[edge]!;
      const other = from === at ? to : from;
      const scale = Math.sqrt(this.scaleOf(from) * this.scaleOf(to));
      if (scale === 0) continue;
      const random = this.stream.at(Purpose.edgeCalls, edge, month);
      const calls = random.poisson(callGraph.callsPerMonth[edge]! * scale);
      for (let call = 0; call < calls; call += 1) {
        const isFromFirst = random.chance(0.5);
        const caller = isFromFirst ? from : to;
        const day = this.sampleDay(random);
        const second = this.rhythm.secondOfUse(random, userOf(this.world, caller, month), 'call');
        const seconds = callSeconds(random, subscriptions.callSecondsMean[caller]!);
        if (!this.isUsable(day, from) || !this.isUsable(day, to)) continue;
        const isLongDistance = this.cityOfSubscription(from) !== this.cityOfSubscription(to);
        const kind = caller === at ? KIND.voice_out : KIND.voice_in;
        const event = this.addCall(day, second, kind, seconds, isLongDistance);
        this.events.peer[event] = other;
        this.events.peerSubscription[event] = other;
        this.events.network[event] = NETWORK.own;
      }
    }
  }

  /** Usage relative to the world's columns; 0 if not active. */
  private scaleOf(at: number): number {
    return this.lives.voiceScale[at * this.lives.months + this.month]!;
  }

  private addOffNetCalls(): void {
    const { at } = this;
    const { subscriptions } = this.world;
    const random = this.stream.at(Purpose.ownCalls, at, this.month);
    const calls = random.poisson(2 * subscriptions.offNetCalls[at]! * this.scaleOf(at));
    const mean = subscriptions.callSecondsMean[at]!;
    for (let call = 0; call < calls; call += 1) {
      const kind = random.chance(0.5) ? KIND.voice_out : KIND.voice_in;
      const day = this.sampleDay(random);
      const second = this.rhythm.secondOfUse(random, this.person, 'call');
      const seconds = callSeconds(random, mean);
      const peer = this.offNetPeer(random.next());
      if (!this.isUsable(day)) continue;
      const event = this.addCall(day, second, kind, seconds, hashFraction(peer, 2) < OFF_NET_LONG_DISTANCE);
      this.setOffNetPeer(event, peer);
    }
    this.addHotlineCalls(random);
  }

  /** Rivals with a campaign get more of the calls. */
  private addHotlineCalls(random: Stream): void {
    const { world, at, month } = this;
    const calls = this.lives.rivalCalls[at * this.lives.months + month]!;
    if (calls === 0) return;
    const district = world.geography.district[this.places.homeCell]!;
    this.rivals.fillCalls(district, world.firstMonth + month, world.people.age[this.person]!, this.hotlineCalls);
    for (let call = 0; call < calls; call += 1) {
      const day = this.sampleDay(random);
      const second = this.rhythm.secondOfUse(random, this.person, 'call');
      const seconds = callSeconds(random, 180);
      const rival = random.weighted(this.hotlineCalls);
      if (!this.isUsable(day)) continue;
      const event = this.addCall(day, second, KIND.voice_out, seconds, false);
      this.events.network[event] = NETWORK.rival_a + rival;
      this.events.isHotline[event] = 1;
    }
  }

  private addMessages(): void {
    const { world, at, month } = this;
    const random = this.stream.at(Purpose.contact, at, month);
    const mean = world.subscriptions.smsSent[at]!;
    const sent = random.poisson(mean);
    const received = random.poisson(1.3 * mean);
    for (let message = 0; message < sent + received; message += 1) {
      const day = this.sampleDay(random);
      const second = this.rhythm.secondOfUse(random, this.person, 'call');
      const peer = this.offNetPeer(random.next());
      if (!this.isUsable(day)) continue;
      const kind = message < sent ? KIND.sms_out : KIND.sms_in;
      this.setOffNetPeer(this.addEvent(day, second, kind), peer);
    }
  }

  /** Exponential shares spread the month's volume uniformly over the sessions. */
  private addData(): void {
    const { world, at, month } = this;
    const random = this.stream.at(Purpose.dataSessions, at, month);
    const scale = this.lives.dataScale[at * this.lives.months + month]!;
    const monthMilliMb = 1000 * world.subscriptions.dataMb[at]! * scale * random.logNormal(1, 0.1);
    const sessions = random.poisson(SESSIONS_PER_MONTH);
    for (let session = 0; session < sessions; session += 1) {
      const day = this.sampleDay(random);
      const second = this.rhythm.secondOfUse(random, this.person, 'data');
      const volume = Math.min(SESSION_MILLI_MB_MAX, Math.ceil(random.exponential(monthMilliMb / SESSIONS_PER_MONTH)));
      if (!this.isUsable(day)) continue;
      this.events.volumeMilliMb[this.addEvent(day, second, KIND.data)] = volume;
    }
  }

  /** Locations, visits to a hall, and the query before a number is ported out. */
  private addLocationEvents(): void {
    const { lives, at, month } = this;
    const random = this.stream.at(Purpose.place, at, month + 1000);
    const seen = random.poisson(LOCATIONS_PER_DAY * this.days);
    for (let time = 0; time < seen; time += 1) {
      const day = this.sampleDay(random);
      const second = random.below(SECONDS_PER_DAY);
      if (this.isUsable(day)) this.addEvent(day, second, KIND.location);
    }
    const visits = random.poisson(HALL_VISITS_PER_MONTH);
    for (let visit = 0; visit < visits; visit += 1) {
      const day = this.sampleDay(random);
      const moment = day * SECONDS_PER_DAY + 9 * 3600 + random.below(9 * 3600);
      const hall = this.rhythm.hallNear(this.person, this.places.homeCell);
      if (this.isUsable(day)) this.events.add(moment, at, KIND.hall_visit, hall);
    }
    if (lives.churnMonth[at] === month && DEPARTURE_WAYS[lives.departureWay[at]!] === 'portOut') {
      const day = lives.churnDay[at]! - 1 - random.below(5);
      const second = 9 * 3600 + random.below(9 * 3600);
      if (day >= this.firstDay && this.isUsable(day)) this.addEvent(day, second, KIND.port_query);
    }
  }

  private addCall(day: number, second: number, kind: number, seconds: number, isLongDistance: boolean): number {
    const event = this.addEvent(day, second, kind);
    this.events.durationS[event] = seconds;
    this.events.callType[event] = this.isAway(day) ? CALL.roaming : isLongDistance ? CALL.long_distance : CALL.local;
    return event;
  }

  private addEvent(day: number, second: number, kind: number): number {
    return this.events.add(day * SECONDS_PER_DAY + second, this.at, kind, this.cell(day, second));
  }

  private sampleDay(random: Stream): number {
    return this.firstDay + random.below(this.days);
  }

  private cell(day: number, second: number): number {
    if (this.isAway(day)) return this.rhythm.cellFarFrom(this.placeStream, this.places.homeCell);
    return this.rhythm.cellAt(this.placeStream, this.person, this.places, this.kinds[day - this.firstDay]!, second);
  }

  private isAway(day: number): boolean {
    const isHoliday = this.isHomeForHolidays && this.kinds[day - this.firstDay] === 'holiday';
    return isHoliday || (day >= this.tripFrom && day < this.tripTo);
  }

  private isUsable(day: number, at = this.at): boolean {
    return isInUse(this.world, this.lives, at, day);
  }

  private cityOfSubscription(at: number): number {
    const { geography, people } = this.world;
    return cityOf(geography, people.homeCell[userOf(this.world, at, this.month)]!);
  }

  /** A peer outside the network, low ranks more often; some are shared with other subscriptions. */
  private offNetPeer(chance: number): number {
    const { count } = this.world.subscriptions;
    const peers = OFF_NET_PEERS_MIN + ((scramble(this.usageProfile) >>> 0) % 8);
    const rank = Math.floor(chance * chance * peers);
    return count + ((scramble(this.usageProfile * 16 + rank) >>> 0) % (2 * count));
  }

  private setOffNetPeer(event: number, peer: number): void {
    const share = hashFraction(peer, 1);
    const network = share < OFF_NET_SHARES[0]! ? 1 : share < OFF_NET_SHARES[0]! + OFF_NET_SHARES[1]! ? 2 : 3;
    this.events.peer[event] = peer;
    this.events.network[event] = network;
  }

  private sorted(): Uint32Array {
    const { count, moment } = this.events;
    if (count > this.order.length) {
      this.order = new Uint32Array(2 * count);
      this.sortKeys = new Float64Array(2 * count);
    }
    const places = 2 ** 20; // both fit into the 53 bits of a double
    const keys = this.sortKeys.subarray(0, count);
    for (let at = 0; at < count; at += 1) keys[at] = moment[at]! * places + at;
    keys.sort();
    const order = this.order.subarray(0, count);
    for (let at = 0; at < count; at += 1) order[at] = keys[at]! % places;
    for (let at = 1; at < count; at += 1) this.separateDuplicates(order[at - 1]!, order[at]!);
    return order;
  }

  /** Equal events of the same second would count as duplicates, an injected error: moves one by a second. */
  private separateDuplicates(first: number, second: number): void {
    const { moment } = this.events;
    if (moment[first] !== moment[second] || !this.events.isSame(first, second)) return;
    const isDayEnd = (moment[second]! + 1) % SECONDS_PER_DAY === 0;
    moment[isDayEnd ? first : second]! += isDayEnd ? -1 : 1;
  }
}

function callSeconds(random: Stream, mean: number): number {
  return Math.min(CALL_SECONDS_MAX, Math.max(1, Math.ceil(random.exponential(mean))));
}

/** A fixed value of a number, uniform in [0, 1). */
function hashFraction(number: number, salt: number): number {
  return (scramble(number * 4 + salt) >>> 0) / 4294967296;
}
