import { dayText, monthText } from '@holdfast/platform/calendar';
import { handOverDayOf } from '../behaviour/numbers.js';
import { NEVER, dayTextWithin } from '../calendar/calendar.js';
import { Purpose } from '../randomness/stream.js';
import { centsText, flagText, sortedBy, type Cell } from '../table/table.js';
import { accountOf, firmOfAccount, ownerOf } from '../world/ownership.js';
import type { TableSource } from './table-source.js';

const BALANCE_CENTS_MEAN = 30_000;
/** Before every hand-over. */
const FIRST_MONTH = -1;

interface PaymentSpell {
  account: number;
  fromDay: number;
  /** First day on which the account no longer pays. */
  toDay: number;
}

/** The paying accounts of a subscription in order of time. */
function paymentSpells({ world, lives }: TableSource, at: number): PaymentSpell[] {
  const fromDay = world.subscriptions.activatedDay[at]!;
  const toDay = lives.cancelledDay[at]!;
  const account = accountOf(world, at, FIRST_MONTH);
  const handOverDay = handOverDayOf(world, lives, at);
  if (handOverDay === NEVER) return [{ account, fromDay, toDay }];
  const later = accountOf(world, at, world.subscriptions.handOverMonth[at]!);
  return [
    { account, fromDay, toDay: handOverDay },
    { account: later, fromDay: handOverDay, toDay },
  ];
}

interface Account {
  /** Number of the customer that signed. */
  owner: number;
  openedDay: number;
}

function accountsOf(source: TableSource): Map<number, Account> {
  const { world, all } = source;
  const { subscriptions, people } = world;
  const { owner, activatedDay } = subscriptions;
  const accounts = new Map<number, Account>();
  for (const at of all) {
    for (const { account, fromDay } of paymentSpells(source, at)) {
      const firm = firmOfAccount(world, account);
      const before = accounts.get(account)?.openedDay ?? NEVER;
      const isOwn = account < subscriptions.count;
      if (firm >= 0) accounts.set(account, { owner: people.count + firm, openedDay: Math.min(fromDay, before) });
      else if (!isOwn) accounts.set(account, { owner: ownerOf(world, at, world.months), openedDay: fromDay });
      else accounts.set(account, { owner: owner[account]!, openedDay: activatedDay[account]! });
    }
  }
  return accounts;
}

export function* accountRows(source: TableSource): Generator<Cell[]> {
  const { world, identifiers, stream } = source;
  const accounts = accountsOf(source);
  for (const account of sortedBy([...accounts.keys()], (number) => identifiers.account(number))) {
    const { owner, openedDay } = accounts.get(account)!;
    const random = stream.at(Purpose.payment, account, 1000);
    const mode = random.chance(0.55) ? 'prepaid' : 'postpaid';
    const means = random.pick(['cash', 'bank', 'wallet', 'wallet'] as const);
    const ofFirm = firmOfAccount(world, account) >= 0;
    const terms = ofFirm ? ['postpaid', 'bank'] : [mode, means];
    const kind = ofFirm ? 'group' : 'personal';
    yield [identifiers.account(account), identifiers.customer(owner), ...terms, dayText(openedDay), kind];
  }
}

export function* accountPaymentRows(source: TableSource): Generator<Cell[]> {
  const { world, identifiers, all } = source;
  const { payer, count } = world.subscriptions;
  for (const at of all) {
    for (const { account, fromDay, toDay } of paymentSpells(source, at)) {
      const isPrimary = flagText(account >= count || payer[at] === at);
      const days = [dayText(fromDay), dayTextWithin(toDay, world.afterLastDay)];
      yield [identifiers.account(account), identifiers.subscription(at), ...days, isPrimary];
    }
  }
}

/** Account months of firms, which have no arrears; those of other accounts are written with the bills. */
export function* firmAccountMonthRows(source: TableSource): Generator<Cell[]> {
  const { world, lives, identifiers, all, stream, fromMonth } = source;
  const { payingFirm } = world.subscriptions;
  const paid = all.filter((at) => payingFirm[at]! >= 0);
  for (let month = fromMonth; month < world.months; month += 1) {
    const used = paid.filter((at) => lives.voiceScale[at * world.months + month]! > 0);
    for (const account of new Set(used.map((at) => accountOf(world, at, month)))) {
      const balance = Math.round(stream.at(Purpose.payment, account, month).exponential(BALANCE_CENTS_MEAN));
      const id = identifiers.account(account);
      yield [id, monthText(world.firstMonth + month), centsText(balance), centsText(0), 'A', undefined];
    }
  }
}
