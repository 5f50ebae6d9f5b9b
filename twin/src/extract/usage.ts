import { monthText } from '@holdfast/platform/calendar';
import { arpuCents, type BilledMonth } from '../behaviour/bill.js';
import type { MonthTotals } from '../behaviour/month-totals.js';
import type { ServiceContact } from '../behaviour/service-contacts.js';
import { momentText } from '../calendar/calendar.js';
import { centsText, type Cell } from '../table/table.js';

export function usageRow(
  id: string,
  month: number,
  totals: MonthTotals,
  serviceCalls: number,
  droppedCalls: number,
): Cell[] {
  const { longDistance, roaming, onNet, offNet } = totals;
  const kinds = [longDistance, roaming, onNet, offNet].flatMap(({ count, seconds }) => [count, seconds]);
  const direction = [totals.out.count, totals.in.count, totals.out.seconds, totals.in.seconds];
  const calls = [...direction, totals.localOut.seconds, totals.localIn.seconds, ...kinds, ...totals.billedMinutes];
  const data = (totals.dataMilliMb / 1000).toFixed(3);
  const days = [totals.activeDays, totals.hotlineCalls, serviceCalls, droppedCalls];
  return [id, monthText(month), ...calls, ...totals.smsOut, ...totals.smsIn, data, ...days, undefined];
}

const SERVE_CENTS = 850;
const SERVE_CENTS_PER_CONTACT = 600;
const INTERCONNECT_CENTS_PER_MIN = 4;

/** `monthly_rent` includes the difference to the minimum spend. */
export function billingRow(
  id: string,
  month: number,
  billed: BilledMonth,
  totals: MonthTotals,
  contacts: number,
): Cell[] {
  const { bill, vasCents, discountCents, isPaid } = billed;
  const arpu = arpuCents(billed);
  const services = [
    bill.localCents,
    bill.dataCents,
    bill.smsCents,
    vasCents,
    bill.longDistanceCents,
    bill.roamingCents,
  ];
  const interconnect = Math.round((totals.offNet.seconds / 2 / 60) * INTERCONNECT_CENTS_PER_MIN);
  const costs = [interconnect, SERVE_CENTS + contacts * SERVE_CENTS_PER_CONTACT];
  const cents = [arpu, ...services, bill.rentCents, discountCents, isPaid ? arpu : 0, ...costs];
  return [id, monthText(month), ...cents.map(centsText), undefined];
}

/** @param id of the contact */
export function contactRow(id: string, subscription: string, contact: ServiceContact): Cell[] {
  const { day, second, kind, category, channel, staff, resolvedDay, satisfaction } = contact;
  const resolvedAt = resolvedDay === undefined ? undefined : momentText(resolvedDay, second);
  const moment = momentText(day, second);
  return [id, subscription, moment, kind, category, channel, `T-STAFF-${staff}`, resolvedAt, satisfaction, undefined];
}
