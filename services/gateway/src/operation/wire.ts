import { z } from 'zod';
import type { Money as MoneyMessage } from '@holdfast/contracts/platform/v1/money';
import { decimalText, parseDecimal } from '@holdfast/platform/money';
import { MONTH_PATTERN } from '@holdfast/platform/calendar';
import { GRPC_SERVICES } from '@holdfast/platform/services';
import { LEVERS } from '@holdfast/platform/levers';
import {
  ANY_CHANNEL,
  CAUSES,
  CHANNELS,
  GATE_REASONS,
  PURPOSES,
  QUADRANTS,
  CAUSE_BRANCHES,
  OTHER_CAUSES,
} from '@holdfast/platform/terms';

/** Shapes that several groups share, and how they come from the services' messages. */

export const Id = z.uuid().describe('Internal id (UUID)');
export const Instant = z.iso.datetime({ offset: true }).describe('RFC 3339 time with zone');
export const Month = z.string().regex(MONTH_PATTERN, 'a month such as 2026-09 is needed');
export const TableName = z.string().min(1).max(100).describe('Name of a table');
export const OrgUnitPath = z.string().describe('Organisation unit, such as `demo/shenyang/`');
export const Channel = z.enum(CHANNELS).meta({ id: 'Channel' });
export const ChannelOrAny = z.enum([...CHANNELS, ANY_CHANNEL]).meta({ id: 'ChannelOrAny' });
export const Purpose = z.enum(PURPOSES).meta({ id: 'Purpose' });
export const GateReason = z
  .enum(GATE_REASONS)
  .describe(
    'number_refused: another customer with the same contact number refused or is suppressed; number_unconfirmed: another ' +
      'person answered at the number; retry: not reached, or a call back at another time',
  )
  .meta({ id: 'GateReason' });
export const Quadrant = z
  .enum(QUADRANTS)
  .describe('A (low, low), B (low probability, high efficiency), C (high, high), D (high, low)')
  .meta({ id: 'Quadrant' });
export const ChurnCause = z.enum(CAUSES).meta({ id: 'ChurnCause' });
export const OtherCause = z.enum(OTHER_CAUSES).meta({ id: 'OtherCause' });
/** One of the seven reasons, or a cause outside them. */
export const AnyCause = z.enum([...CAUSES, ...OTHER_CAUSES]).meta({ id: 'AnyCause' });
export const CauseBranch = z
  .enum(CAUSE_BRANCHES)
  .describe('Of the taxonomy of churn; natural churn is unintentional or involuntary')
  .meta({ id: 'CauseBranch' });
export const ModelKind = z
  .enum(['status', 'involuntary', 'value'])
  .describe(
    'status: the subscriber churns and is not made to leave; involuntary: it leaves for arrears, fraud or death; ' +
      'value: the bills of the next two months are below the line, churn included',
  );
export const Lever = z
  .enum(LEVERS)
  .describe('What can be done about arrears before a subscription is cut off')
  .meta({ id: 'Lever' });
export const ServiceName = z.enum(GRPC_SERVICES).meta({ id: 'ServiceName' });
export const Probability = z.number().min(0).max(1);
export const Count = z.number().int().min(0);

/** Any JSON value; not declared by `z.json()`, whose schema refers to itself, which many generators of clients refuse. */
export const JsonValue = z.unknown().refine((value) => value !== undefined, 'a value is needed');

/** Of a published run. */
export const RunId = Id.or(z.literal('latest')).describe('UUID, or `latest` for the newest');

/** The newest run is requested from a service with an empty id. */
export function runIdOf({ runId }: { runId: string }): string {
  return runId === 'latest' ? '' : runId;
}

const MONEY_DIGITS = 2;

export const Money = z
  .strictObject({
    amount: z
      .string()
      .regex(/^-?\d+\.\d{2}$/)
      .describe('Decimal'),
    currency: z.string().describe('ISO 4217; empty if the table names none'),
  })
  .meta({ id: 'Money' });
export type MoneyJson = z.output<typeof Money>;

/** Money from an amount in the currency's minor unit. */
export function moneyJson(money: MoneyMessage | undefined): MoneyJson | null {
  if (money === undefined) return null;
  return { amount: decimalText(money.minor, MONEY_DIGITS), currency: money.currency };
}

/** Of an amount that its schema checked. */
export function moneyMessage({ amount, currency }: MoneyJson): MoneyMessage {
  return { minor: parseDecimal(amount), currency };
}

/** Money from a figure that a service computed. */
export function computedMoneyJson(amount: number | undefined, currency: string): MoneyJson | null {
  return amount === undefined ? null : { amount: amount.toFixed(MONEY_DIGITS), currency };
}

export function instantJson(at: Date): string;
export function instantJson(at: Date | undefined): string | null;
export function instantJson(at: Date | undefined): string | null {
  return at === undefined ? null : at.toISOString();
}

/** The moment that a checked `Instant` names. */
export function dateOf(instant: string): Date;
export function dateOf(instant: string | undefined): Date | undefined;
export function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant);
}

/** A number that comes as text, in a query. */
export function numberText(number: z.ZodNumber) {
  return z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .transform(Number)
    .pipe(number);
}

/** `pageSize` and `pageToken` of every list. */
export function page(sizeMax: number, sizeDefault = Math.min(50, sizeMax)) {
  return {
    pageSize: numberText(z.number().int().min(1).max(sizeMax)).default(sizeDefault).describe('Entries of a page'),
    pageToken: z.string().max(2_000).default('').describe('`nextPageToken` of the page before'),
  };
}

/** Empty on the last page. */
export const NextPageToken = z
  .string()
  .nullable()
  .describe('Give it as `pageToken` for the next page; null on the last');

export function nextPageTokenJson(token: string): string | null {
  return token === '' ? null : token;
}

/** The word of an enum's value: `JOB_STATE_RUNNING` is `running`, `COMPARISON_KIND_CHURN_SHARE` is `churnShare`. */
export function wordOf(value: string, prefix: string): string {
  return value
    .slice(prefix.length)
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
