import { dayText } from '@holdfast/platform/calendar';
import { hasAccepted, hasAcceptedOld } from '../behaviour/accepted-offers.js';
import { momentText } from '../calendar/calendar.js';
import { isInUse } from '../hazard/lives.js';
import { Purpose } from '../randomness/stream.js';
import { flagText, type Cell } from '../table/table.js';
import { FIRST_AGENT, oldRuleMonth } from '../treatment/old-rule.js';
import { ARM_SHARES, ARMS, UNASSIGNED, trialMonth } from '../treatment/trial.js';
import { firstDayOfMonth } from '../world/world.js';
import { countyOrgUnitOf } from './identifiers.js';
import { CAMPAIGN_ID, OLD_CAMPAIGN_ID } from './products.js';
import type { TableSource } from './table-source.js';

const CALL_COST_CNY = '2.50';
const OLD_CALL_COST_CNY = '3.20';
const OLD_NO_ANSWER_COST_CNY = '0.80';
const HIT = 0.9;

export function hasTrial({ world }: TableSource): boolean {
  return trialMonth(world.historyMonths) !== undefined;
}

export function* campaignRows(source: TableSource): Generator<Cell[]> {
  if (hasTrial(source)) yield* pastCampaignRows(source);
  yield* liveCampaignRows(source);
}

function* pastCampaignRows({ world }: TableSource): Generator<Cell[]> {
  const first = firstDayOfMonth(world, trialMonth(world.historyMonths)!);
  const [starts, ends] = [dayText(first), dayText(first + 14)];
  yield [CAMPAIGN_ID, '春季挽留外呼', 'retention', starts, ends, ARMS.slice(1).join('+'), 'discount', '60.00'];
  const old = oldRuleMonth(world.historyMonths);
  if (old === undefined) return;
  const [oldStarts, oldEnds] = [firstDayOfMonth(world, old), firstDayOfMonth(world, old) + 14].map(dayText);
  yield [OLD_CAMPAIGN_ID, '合约到期高额用户回访', 'retention', oldStarts, oldEnds, 'discount', 'discount', '60.00'];
}

/**
 * The arm is that of the household, so that its members are not compared with each other. The old-rule campaign has
 * called customers only, without a propensity.
 */
export function* assignmentRows({ world, lives, identifiers }: TableSource): Generator<Cell[]> {
  const assignedAt = momentText(firstDayOfMonth(world, trialMonth(world.historyMonths)!), 3600);
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    const arm = lives.arm[at]!;
    if (arm === UNASSIGNED) continue;
    const stratum = countyOrgUnitOf(world.geography.district[world.people.homeCell[world.subscriptions.person[at]!]!]!);
    yield [CAMPAIGN_ID, identifiers.subscription(at), 'subscription', ARMS[arm], assignedAt, ARM_SHARES[arm], stratum];
  }
  const old = oldRuleMonth(world.historyMonths);
  if (old === undefined) return;
  const oldAt = momentText(firstDayOfMonth(world, old), 3600);
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    if (lives.isOldCalled[at] !== 1) continue;
    const id = identifiers.subscription(at);
    yield [OLD_CAMPAIGN_ID, id, 'subscription', 'discount', oldAt, undefined, undefined];
  }
}

export function* touchRows(source: TableSource): Generator<Cell[]> {
  if (hasTrial(source)) yield* pastTouchRows(source);
  yield* liveTouchRows(source);
}

function* pastTouchRows(source: TableSource): Generator<Cell[]> {
  const { world, lives, identifiers, stream } = source;
  let touch = 0;
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    const arm = lives.arm[at]!;
    if (arm === UNASSIGNED || arm === 0 || lives.isCalled[at] !== 1) continue;
    const day = lives.touchDay[at]!;
    const random = stream.at(Purpose.response, at, 3);
    const second = 9 * 3600 + random.below(11 * 3600);
    const isThere = isInUse(lives, world.subscriptions.activatedDay[at]!, at, day);
    const answer = hasAccepted(stream, lives, at) ? 'accepted' : 'declined';
    const response = !isThere ? 'not_reached' : lives.isAnswered[at] === 1 ? answer : 'no_answer';
    const isAnswered = lives.isAnswered[at] === 1;
    touch += 1;
    yield [
      `T-TOUCH-${touch}`,
      CAMPAIGN_ID,
      identifiers.subscription(at),
      momentText(day, second),
      'telemarketing',
      `T-STAFF-${random.below(40)}`,
      CALL_COST_CNY,
      flagText(isAnswered),
      isAnswered ? flagText(random.chance(HIT)) : undefined,
      response,
      isAnswered ? momentText(day, second + 120) : undefined,
    ];
  }
  yield* oldTouchRows(source, touch);
}

function* oldTouchRows({ world, lives, identifiers, stream }: TableSource, earlierTouches: number): Generator<Cell[]> {
  let touch = earlierTouches;
  for (const at of identifiers.inOrder(0, world.subscriptions.count)) {
    if (lives.isOldCalled[at] !== 1) continue;
    const day = lives.oldTouchDay[at]!;
    const isAnswered = lives.isOldAnswered[at] === 1;
    const isThere = isInUse(lives, world.subscriptions.activatedDay[at]!, at, day);
    const answer = hasAcceptedOld(stream, lives, at) ? 'accepted' : 'declined';
    const second = 9 * 3600 + stream.at(Purpose.oldRule, at, 3).below(11 * 3600);
    touch += 1;
    yield [
      `T-TOUCH-${touch}`,
      OLD_CAMPAIGN_ID,
      identifiers.subscription(at),
      momentText(day, second),
      'telemarketing',
      `T-STAFF-${FIRST_AGENT + lives.oldAgent[at]!}`,
      isAnswered ? OLD_CALL_COST_CNY : OLD_NO_ANSWER_COST_CNY,
      flagText(isAnswered),
      undefined,
      isAnswered ? answer : isThere ? 'no_answer' : 'not_reached',
      isAnswered ? momentText(day, second + 180) : undefined,
    ];
  }
}

/** A campaign of the system lasts from its first contact to its last. */
function* liveCampaignRows({ contactHistory }: TableSource): Generator<Cell[]> {
  const days = new Map<string, { first: number; last: number; offers: Set<string> }>();
  for (const { campaign, day, offer } of contactHistory?.contacts ?? []) {
    const { first, last, offers } = days.get(campaign) ?? { first: day, last: day, offers: new Set<string>() };
    days.set(campaign, { first: Math.min(first, day), last: Math.max(last, day), offers: offers.add(offer) });
  }
  for (const [campaign, { first, last, offers }] of days) {
    const offered = [...offers].sort().join('+');
    yield [campaign, undefined, 'retention', dayText(first), dayText(last), offered, undefined, undefined];
  }
}

/** Touches of contacts that a system decided. */
function* liveTouchRows({ contactHistory, identifiers }: TableSource): Generator<Cell[]> {
  for (const { number, campaign, at, day, second, channel } of contactHistory?.contacts ?? []) {
    const { response, costCny } = contactHistory!.outcomes[number]!;
    const isAnswered = response === 'accepted' || response === 'declined';
    yield [
      `T-LIVE-${number + 1}`,
      campaign,
      identifiers.subscription(at),
      momentText(day, second),
      channel,
      undefined,
      costCny.toFixed(2),
      flagText(isAnswered),
      undefined,
      response,
      isAnswered ? momentText(day, second + 120) : undefined,
    ];
  }
}
