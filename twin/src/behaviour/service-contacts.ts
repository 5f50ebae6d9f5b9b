import { isInUse, type Lives } from '../hazard/lives.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { userOf } from '../world/ownership.js';
import { daysOfMonth, firstDayOfMonth, movesIn, type World } from '../world/world.js';

/** A contact that the subscriber starts. */
export type ServiceContact = ReturnType<typeof serviceContactsOf>[number];

const ENQUIRIES_PER_MONTH = 0.1;
/** Share of movers that enquire about coverage or the contract, or report the address. */
const MOVER_ASKS = 0.8;
/** The same per month for others. */
const OTHER_ASKS = 0.003;
const CONTACTS_PER_MONTH_MAX = 8;
const STAFF = 40;
const NETWORK_DROPPED_MIN = 3;

/** Complaints of the simulated life, questions about moving, and random enquiries. */
export function serviceContactsOf(stream: Stream, world: World, lives: Lives, at: number, month: number) {
  const place = at * world.months + month;
  const random = stream.at(Purpose.contact, at, month + 1000);
  const complaints = lives.complaints[place]!;
  const enquiries = random.poisson(ENQUIRIES_PER_MONTH);
  const moves = movesIn(world, userOf(world, at, month), month);
  const relocations = random.chance(moves ? MOVER_ASKS : OTHER_ASKS) ? 1 : 0;
  const count = Math.min(complaints + relocations + enquiries, CONTACTS_PER_MONTH_MAX);
  const contacts = Array.from({ length: count }, (_, each) => {
    const isComplaint = each < complaints;
    const isRelocation = !isComplaint && each < complaints + relocations;
    const day = firstDayOfMonth(world, month) + random.below(daysOfMonth(world, month));
    const second = 8 * 3600 + random.below(13 * 3600);
    const isNetwork = lives.droppedCalls[place]! >= NETWORK_DROPPED_MIN && random.chance(0.8);
    const complaintOf = isNetwork ? 'network' : random.pick(['billing', 'service', 'network'] as const);
    const enquiryOf = random.pick(['plan', 'billing', 'handset'] as const);
    const resolvedDay = day + Math.floor(random.exponential(isComplaint ? 5 : 0.5));
    const satisfaction = isComplaint ? 1 + random.below(4) : 3 + random.below(3);
    const isRated = random.chance(0.4);
    return {
      /** Unique in the world. */
      number: numberedPlace(world, at, month) * CONTACTS_PER_MONTH_MAX + each,
      day,
      second,
      kind: isComplaint ? 'complaint' : random.pick(['enquiry', 'service_call'] as const),
      category: isComplaint ? complaintOf : isRelocation ? 'relocation' : enquiryOf,
      channel: random.pick(['hotline', 'hotline', 'hall', 'app'] as const),
      staff: random.below(STAFF),
      /** Undefined while open. */
      resolvedDay: resolvedDay < world.afterLastDay ? resolvedDay : undefined,
      /** 1 to 5. */
      satisfaction: isRated ? satisfaction : undefined,
    };
  });
  return contacts.filter(({ day }) => isInUse(world, lives, at, day));
}

/** Unique per subscription and month, and stable when the world continues. */
function numberedPlace({ historyMonths, subscriptions }: World, at: number, month: number): number {
  return month < historyMonths ? at * historyMonths + month : subscriptions.count * month + at;
}
