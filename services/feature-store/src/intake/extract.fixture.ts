import { gzipSync } from 'node:zlib';
import { subscriptionId } from '@holdfast/platform/identity';
import type { Files } from '../feature-store.fixture.js';

export const SUBSCRIBERS = 300;
export const NAME = 'Zzname';
const MONTHS = ['2026-08', '2026-09'];
/** The operator's key of a subscription. */
export const s = (at: number): string => `SUB${at}`;
export const idOf = (at: number): string => subscriptionId('demo', s(at));
export const csv = (...lines: string[]): string => lines.join('\n');

/** Every subscription has a customer, an account, a number and a status; months 2026-08 and 2026-09. */
export function tables(): Files {
  const all = Array.from({ length: SUBSCRIBERS }, (_, at) => at);
  const lines = (header: string, row: (at: number) => string | string[]): string =>
    [header, ...all.flatMap(row)].join('\n');
  const monthly = (names: string, row: (at: number) => string): string =>
    lines(`subscription_id,month,${names}`, (at) => MONTHS.map((month) => `${s(at)},${month},${row(at)}`));
  const unitOf = (at: number): string => (at % 2 === 0 ? 'SY1' : 'DL');
  const genderOf = (at: number): string => (at % 3 === 0 ? 'm' : '');
  const customer = (at: number): string => `CUS${at},person,${NAME}${at},1990000${at},${unitOf(at)},${genderOf(at)}`;
  const subscription = (at: number): string => `${s(at)},CUS${at},ACC${at},mobile,2024-01-01,active,${unitOf(at)}`;
  const spells = (at: number): string[] =>
    at === 7 ? ['active,2024-01-01,2026-09-20', 'suspended,2026-09-20,'] : ['active,2024-01-01,'];
  const subscriptionHeader = 'subscription_id,customer_id,account_id,service,activated_on,status,unit_id';
  return {
    'org_units.csv': 'unit_id,level,parent_id,name\nP,province,,L\nSY,city,P,S\nDL,city,P,D\nSY1,area,SY,S1',
    'customers.csv.gz': gzipSync(lines('customer_id,kind,name,contact_phone,unit_id,gender', customer)),
    'accounts.csv': lines('account_id,customer_id', (at) => `ACC${at},CUS${at}`),
    'subscriptions.csv': lines(subscriptionHeader, subscription),
    'number_history.csv': lines('msisdn,subscription_id,valid_from', (at) => `1990000${at},${s(at)},2024-01-01`),
    'status_history.csv': lines('subscription_id,status,valid_from,valid_to', (at) =>
      spells(at).map((spell) => `${s(at)},${spell}`),
    ),
    'billing/1.csv': monthly('arpu,recorded_at', (at) => `${at}.50,`),
    'usage/1.csv': monthly('voice_out_s,dropped', (at) => `60,${at % 5}`),
    'contacts.csv':
      'contact_id,subscription_id,at,kind,resolved_at,satisfaction,text\n' +
      `K1,${s(1)},2026-08-05T10:00:00,complaint,2026-09-25T10:00:00,2,${NAME} is cross`,
  };
}
