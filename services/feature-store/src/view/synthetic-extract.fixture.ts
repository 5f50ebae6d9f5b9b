import { monthRange } from '@holdfast/platform/calendar';
import type { Manifest } from '@holdfast/extract-contract/manifest';
import { withManifest, type Files } from '../feature-store.fixture.js';

export const SUBSCRIPTIONS = 48;
export const SYNTHETIC_EXTRACT = { from: '2026-01', to: '2026-07', extractedAt: '2026-08-02T03:00:00+08:00' };

/**
 * What is special about a subscription, by its number modulo 8: it was cancelled on the last day of May, suspended for seven
 * or six days of June, or cancelled on the first of July.
 */
export const FATES = { cancelledInMay: 0, sevenDaysInJune: 1, sixDaysInJune: 2, cancelledInJuly: 3 } as const;

/** Complains half an hour before the end of May, and again half an hour after it. */
export const COMPLAINS = 5;
/** Its use of April was known on the 20th of May only. */
export const IS_LATE = 6;
/** Its bill of April is corrected by the second extract: first 10.00, then 99.00. */
export const IS_CORRECTED = 7;
/** Its bill of April was 22.00 as known on the 3rd of May, and 33.00 from the 20th on: two versions in each extract. */
export const HAS_VERSIONS = 12;

export const keyOf = (subscription: number): string => `SYNTHETIC-${subscription}`;

interface SyntheticOptions extends Partial<Pick<Manifest, 'sequence' | 'to' | 'extractedAt'>> {
  isCorrected?: boolean;
  ordered?: (rows: readonly string[]) => string[];
  /** Replacements of rows. */
  instead?: ReadonlyMap<string, string>;
}

/** A small extract whose every fact is known. */
export function syntheticExtract(options: SyntheticOptions = {}): Files {
  const { isCorrected = false, ordered = (rows) => [...rows], instead, ...change } = options;
  const span = { ...SYNTHETIC_EXTRACT, ...change };
  const files = Object.entries(tablesOf(monthRange(span.from, span.to), isCorrected)).map(
    ([table, [header, ...rows]]) => {
      const lines = [header, ...ordered(rows.map((row) => instead?.get(row) ?? row))];
      return [`${table}.csv`, `${lines.join('\n')}\n`] as const;
    },
  );
  return withManifest(Object.fromEntries(files), span);
}

const numbers = Array.from({ length: SUBSCRIPTIONS }, (_, at) => at);

function endOf(subscription: number): string {
  const fate = subscription % 8;
  if (fate === FATES.cancelledInMay) return '2026-05-31';
  return fate === FATES.cancelledInJuly ? '2026-07-01' : '';
}

function tablesOf(months: readonly string[], isCorrected: boolean): Record<string, string[]> {
  const lived = numbers.flatMap((at) =>
    months.filter((month) => endOf(at) === '' || month <= endOf(at).slice(0, 7)).map((month) => ({ at, month })),
  );
  return {
    org_units: ['unit_id,level,parent_id,name', 'P,province,,Province', 'A,city,P,City A', 'B,city,P,City B'],
    customers: ['customer_id,kind,name,unit_id', ...numbers.map((at) => `C${at},person,Secret ${at},${unitOf(at)}`)],
    accounts: ['account_id,customer_id', ...numbers.map((at) => `ACC${at},C${at}`)],
    subscriptions: [
      'subscription_id,customer_id,account_id,service,activated_on,status,unit_id',
      ...numbers.map((at) => `${keyOf(at)},C${at},ACC${at},mobile,2025-01-01,active,${unitOf(at)}`),
    ],
    status_history: [
      'subscription_id,status,suspension,valid_from,valid_to,reason_code',
      ...numbers.flatMap(statusRows),
    ],
    plans: [
      'plan_id,name,service,monthly_fee,voice_minutes,data_mb,sms_count,kind,on_sale_from',
      'SMALL,Small,mobile,10.00,50,100,0,mainstream,2024-01-01',
      'BIG,Big,mobile,60.00,500,1000,0,mainstream,2024-01-01',
    ],
    plan_rates: [
      'plan_id,item,rate,unit,rounding,valid_from',
      ...['SMALL', 'BIG'].flatMap((plan) => [
        `${plan},local,0.10,60,ceil,2024-01-01`,
        `${plan},data,0.01,1,exact,2024-01-01`,
        `${plan},sms,0.10,1,ceil,2024-01-01`,
      ]),
    ],
    plan_history: [
      'subscription_id,plan_id,valid_from,valid_to,contract_end_on,penalty',
      ...numbers.map((at) => `${keyOf(at)},${at % 2 === 0 ? 'BIG' : 'SMALL'},2025-01-01,${endOf(at)},2026-06-30,50.00`),
    ],
    billing: [
      'subscription_id,month,arpu,voice_fee,paid_amount,recorded_at',
      ...lived.flatMap(({ at, month }) => billingRows(at, month, isCorrected)),
    ],
    usage: [
      'subscription_id,month,voice_out_count,voice_in_count,voice_out_s,voice_in_s,local_billed_min,data_mb,odd,recorded_at',
      ...lived.map(({ at, month }) => usageRow(at, month)),
    ],
    contacts: [
      'contact_id,subscription_id,at,kind,category,resolved_at,satisfaction',
      // Contacts are counted from January on.
      `K0,${keyOf(COMPLAINS + 8)},2026-01-10T10:00:00,enquiry,plan,,`,
      `K1,${keyOf(COMPLAINS)},2026-05-31T23:30:00,complaint,billing,2026-06-02T10:00:00,1`,
      `K2,${keyOf(COMPLAINS)},2026-06-01T00:30:00,complaint,billing,,`,
    ],
  };
}

const unitOf = (at: number): string => (at % 2 === 0 ? 'A' : 'B');

function statusRows(at: number): string[] {
  const key = keyOf(at);
  const days = { [FATES.sevenDaysInJune]: '2026-06-12', [FATES.sixDaysInJune]: '2026-06-11' }[at % 8];
  if (days !== undefined) {
    return [
      `${key},active,,2025-01-01,2026-06-05,`,
      `${key},suspended,two_way,2026-06-05,${days},arrears`,
      `${key},active,,${days},,`,
    ];
  }
  const end = endOf(at);
  return [`${key},active,,2025-01-01,${end},`, ...(end === '' ? [] : [`${key},cancelled,,${end},,competitor`])];
}

function billingRows(at: number, month: string, isCorrected: boolean): string[] {
  const row = (arpu: string, recorded = ''): string => [keyOf(at), month, arpu, '1.00', '10.00', recorded].join(',');
  if (at !== HAS_VERSIONS || month !== '2026-04') return [row(arpuOf(at, month, isCorrected))];
  return [row('33.00', '2026-05-20T10:00:00'), row('22.00', '2026-05-03T10:00:00')];
}

function arpuOf(at: number, month: string, isCorrected: boolean): string {
  if (at === IS_CORRECTED && month === '2026-04') return isCorrected ? '99.00' : '10.00';
  return (10 + at + Number(month.slice(5))).toFixed(2);
}

function usageRow(at: number, month: string): string {
  const number = Number(month.slice(5));
  const recorded = at === IS_LATE && month === '2026-04' ? '2026-05-20T00:00:00' : '';
  return [keyOf(at), month, 10 + number, 5, 600 + 60 * at, 300, 10 + at, 100 * number, number, recorded].join(',');
}
