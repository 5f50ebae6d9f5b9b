import { dayText } from '@holdfast/platform/calendar';
import { hasAccepted, hasAcceptedOld } from '../behaviour/accepted-offers.js';
import { momentText } from '../calendar/calendar.js';
import { isInUse, type CampaignColumns } from '../hazard/lives.js';
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
export function* assignmentRows({ world, lives, identifiers, all }: TableSource): Generator<Cell[]> {
  const assignedAt = momentText(firstDayOfMonth(world, trialMonth(world.historyMonths)!), 3600);
  for (const at of all) {
    const arm = lives.trial.arm[at]!;
    if (arm === UNASSIGNED) continue;
    const stratum = countyOrgUnitOf(world.geography.district[world.people.homeCell[world.subscriptions.person[at]!]!]!);
    yield [CAMPAIGN_ID, identifiers.subscription(at), 'subscription', ARMS[arm], assignedAt, ARM_SHARES[arm], stratum];
  }
  const old = oldRuleMonth(world.historyMonths);
  if (old === undefined) return;
  const oldAt = momentText(firstDayOfMonth(world, old), 3600);
  for (const at of all) {
    if (lives.oldRule.isCalled[at] !== 1) continue;
    const id = identifiers.subscription(at);
    yield [OLD_CAMPAIGN_ID, id, 'subscription', 'discount', oldAt, undefined, undefined];
  }
}

export function* touchRows(source: TableSource): Generator<Cell[]> {
  if (hasTrial(source)) yield* pastTouchRows(source);
  yield* liveTouchRows(source);
}

function* pastTouchRows({ world, lives, identifiers, all, stream }: TableSource): Generator<Cell[]> {
  const { trial, oldRule } = lives;
  let touch = 0;
  const pastTouch = (at: number, { isAnswered, touchDay }: CampaignColumns, hasAcceptedOffer: boolean) => ({
    id: `T-TOUCH-${(touch += 1)}`,
    subscription: identifiers.subscription(at),
    day: touchDay[at]!,
    channel: 'telemarketing',
    isAnswered: isAnswered[at] === 1,
    response: responseOf(isAnswered[at] === 1, isInUse(world, lives, at, touchDay[at]!), hasAcceptedOffer),
  });
  for (const at of all) {
    const arm = trial.arm[at]!;
    if (arm === UNASSIGNED || arm === 0 || trial.isCalled[at] !== 1) continue;
    const random = stream.at(Purpose.response, at, 3);
    const second = 9 * 3600 + random.below(11 * 3600);
    const touched = pastTouch(at, trial, hasAccepted(stream, lives, at));
    const staff = `T-STAFF-${random.below(40)}`;
    const hit = touched.isAnswered ? flagText(random.chance(HIT)) : undefined;
    yield touchRow({ ...touched, campaign: CAMPAIGN_ID, second, staff, cost: CALL_COST_CNY, hit, answerSeconds: 120 });
  }
  for (const at of all) {
    if (oldRule.isCalled[at] !== 1) continue;
    const touched = pastTouch(at, oldRule, hasAcceptedOld(stream, lives, at));
    const second = 9 * 3600 + stream.at(Purpose.oldRule, at, 3).below(11 * 3600);
    const staff = `T-STAFF-${FIRST_AGENT + oldRule.agent[at]!}`;
    const cost = touched.isAnswered ? OLD_CALL_COST_CNY : OLD_NO_ANSWER_COST_CNY;
    yield touchRow({ ...touched, campaign: OLD_CAMPAIGN_ID, second, staff, cost, answerSeconds: 180 });
  }
}

function responseOf(isAnswered: boolean, isReachable: boolean, isAccepted: boolean): string {
  if (!isAnswered) return isReachable ? 'no_answer' : 'not_reached';
  return isAccepted ? 'accepted' : 'declined';
}

interface Touch extends Record<'id' | 'campaign' | 'subscription' | 'channel' | 'cost' | 'response', string> {
  day: number;
  second: number;
  staff?: string;
  isAnswered: boolean;
  hit?: Cell;
  /** Until the response. */
  answerSeconds: number;
}

function touchRow(touch: Touch): Cell[] {
  const { id, campaign, subscription, day, second, channel, staff, cost, isAnswered, hit, response } = touch;
  const respondedAt = isAnswered ? momentText(day, second + touch.answerSeconds) : undefined;
  const start = [id, campaign, subscription, momentText(day, second), channel];
  return [...start, staff, cost, flagText(isAnswered), hit, response, respondedAt];
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
  for (const { number, at, ...contact } of contactHistory?.contacts ?? []) {
    const { response, costCny } = contactHistory!.outcomes[number]!;
    const isAnswered = response === 'accepted' || response === 'declined';
    const id = `T-LIVE-${number + 1}`;
    const outcome = { isAnswered, response, cost: costCny.toFixed(2), answerSeconds: 120 };
    yield touchRow({ id, subscription: identifiers.subscription(at), ...contact, ...outcome });
  }
}
