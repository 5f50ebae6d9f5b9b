import { monthText } from '@holdfast/platform/calendar';
import { arpuCents, type BilledMonth } from '../behaviour/bill.js';
import { minutesOf, type MonthTotals } from '../behaviour/month-totals.js';
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
  return [
    id,
    monthText(month),
    totals.voiceOut,
    totals.voiceIn,
    totals.voiceOutS,
    totals.voiceInS,
    totals.localOutS,
    totals.localInS,
    totals.longDistance,
    totals.longDistanceS,
    totals.roaming,
    totals.roamingS,
    totals.onNet,
    totals.onNetS,
    totals.offNet,
    totals.offNetS,
    minutesOf(totals, 'local'),
    minutesOf(totals, 'long_distance'),
    minutesOf(totals, 'roaming'),
    totals.smsOutOnNet,
    totals.smsOutOffNet,
    totals.smsInOnNet,
    totals.smsInOffNet,
    (totals.dataMilliMb / 1000).toFixed(3),
    totals.activeDays,
    totals.hotlineCalls,
    serviceCalls,
    droppedCalls,
    undefined,
  ];
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
  return [
    id,
    monthText(month),
    centsText(arpu),
    centsText(bill.localCents),
    centsText(bill.dataCents),
    centsText(bill.smsCents),
    centsText(vasCents),
    centsText(bill.longDistanceCents),
    centsText(bill.roamingCents),
    centsText(bill.rentCents),
    centsText(discountCents),
    centsText(isPaid ? arpu : 0),
    centsText(Math.round((totals.offNetS / 2 / 60) * INTERCONNECT_CENTS_PER_MIN)),
    centsText(SERVE_CENTS + contacts * SERVE_CENTS_PER_CONTACT),
    undefined,
  ];
}

/** @param id of the contact */
export function contactRow(id: string, subscription: string, contact: ServiceContact): Cell[] {
  const { day, second, kind, category, channel, staff, resolvedDay, satisfaction } = contact;
  const resolvedAt = resolvedDay === undefined ? undefined : momentText(resolvedDay, second);
  const moment = momentText(day, second);
  return [id, subscription, moment, kind, category, channel, `T-STAFF-${staff}`, resolvedAt, satisfaction, undefined];
}
