import { addMonths } from '@holdfast/platform/calendar';
import { literal, type Connection } from '../engine/engine.js';
import { OWN_OPERATOR, termsOfTexts, type OfferTerms, type RivalOffer } from './rival-terms.js';

/** Months whose mean use is priced on the offers of rivals. */
export const USE_MONTHS = 3;
/** Rows of offers that are read for a month: one for each district and rival. */
const MARKET_ROWS_MAX = 10_000;

/**
 * SQL of two relations of a `with` clause: `own_use` (`own_use`, a struct of the mean bill and use of the last three months) and
 * `offered` (`offers`, a list of structs, the cheapest first) by subscription; of the rivals' offers of the month in the
 * district of the customer's address.
 *
 * The bill is the mean of the months without value-added services and roaming, which offers do not state. An offer
 * costs its fee and the use beyond its units at its rates; where it does not state units or a rate that the use needs, the
 * cost is a lower bound (`atLeast`), and without a fee it has none. Sums are of whole units.
 */
export function offersOfSubscriptions(month: string, terms: string, shownMax: number): string {
  const first = addMonths(month, 1 - USE_MONTHS);
  const mean = (value: string): string => `sum((coalesce(${value}, 0) * 1000)::bigint)::double / 1000 / count(*)`;
  const beyond = (use: string, units: string): string => `greatest(${use} - coalesce(${units}, 0), 0)`;
  const priced = [
    ['minutes', 'voice_minutes', 'voice_rate'],
    ['data_mb', 'offer_data_mb', 'data_rate'],
    ['messages', 'sms_count', 'sms_rate'],
  ] as const;
  const charges = priced.map(([use, units, rate]) => `${beyond(use, units)} * coalesce(${rate}, 0)`).join(' + ');
  const isOpen = priced.map(([use, units, rate]) => `(${beyond(use, units)} > 0 and ${rate} is null)`).join(' or ');
  return `used_recently as (
      select subscription_id, count(*) as months, ${mean('coalesce(local_billed_min, 0) + coalesce(long_distance_billed_min, 0)')} as minutes,
        ${mean('data_mb')} as data_mb, ${mean('coalesce(sms_out_on_net, 0) + coalesce(sms_out_off_net, 0)')} as messages
      from facts.usage where month between '${first}' and '${month}' group by subscription_id
    ), billed_recently as (
      select subscription_id, round(sum(((arpu - coalesce(vas_fee, 0) - coalesce(roaming_fee, 0)) * 100)::bigint)::double / count(*))::bigint
          as bill
      from facts.billing where month between '${first}' and '${month}' group by subscription_id
    ), own_use as (
      select subscription_id, {'months': months, 'bill': bill, 'minutes': round(minutes, 1), 'dataMb': round(data_mb, 1),
        'messages': round(messages, 1)} as own_use
      from used_recently join billed_recently using (subscription_id)
    ), markets as (
      select m.district, t.* from (
        select district, operator, trim(unnest(string_split(offers, ';'))) as offer
        from facts.market_months where month = '${month}' and operator <> '${OWN_OPERATOR}'
      ) as m join ${terms} as t using (operator, offer)
    ), costs as (
      select o.subscription_id, m.operator, m.offer, m.source, m.stated_on, b.bill,
        round((m.monthly_fee + ${charges}) * 100)::bigint as cost,
        m.monthly_fee is not null and (${isOpen}) as at_least
      from decided as o join facts.customers as c using (customer_id) join markets as m on m.district = c.district
        join used_recently as u using (subscription_id) join billed_recently as b using (subscription_id)
      where o.segment = 'mature_chooser'
    ), offered as (
      select subscription_id, list({'rival': operator, 'offer': offer, 'source': source, 'statedOn': stated_on, 'cost': cost,
        'difference': cost - bill, 'atLeast': at_least} order by cost nulls last, operator, offer)[1:${shownMax}] as offers
      from costs group by subscription_id
    )`;
}

/** Makes the relation of the terms of the month's offers as a temporary table, one row for each rival and offer. */
export async function stageTerms(
  connection: Connection,
  month: string,
  stated: readonly RivalOffer[],
  name: string,
): Promise<void> {
  const sql = `select distinct operator, offers from facts.market_months
    where month = ${literal(month)} and operator <> '${OWN_OPERATOR}' and offers is not null order by all limit ${MARKET_ROWS_MAX}`;
  const rows = (await connection.runAndReadAll(sql)).getRows() as [operator: string, offers: string][];
  const texts = rows.map(([operator, offers]) => ({ operator, offers }));
  await connection.run(`create temp table ${name} (operator varchar, offer varchar, monthly_fee double, voice_minutes double,
    offer_data_mb double, sms_count double, voice_rate double, data_rate double, sms_rate double, source varchar, stated_on varchar)`);
  const terms = termsOfTexts(texts, stated, month).map(rowSql);
  if (terms.length > 0) await connection.run(`insert into ${name} values ${terms.join(', ')}`);
}

function rowSql(terms: OfferTerms): string {
  const number = (value: number | undefined): string => (value === undefined ? 'null' : String(value));
  const { monthlyFee, voiceMinutes, dataMb, smsCount, voiceRate, dataRate, smsRate } = terms;
  const figures = [monthlyFee, voiceMinutes, dataMb, smsCount, voiceRate, dataRate, smsRate].map(number);
  const texts = [terms.operator, terms.offer].map(literal);
  return `(${[...texts, ...figures, literal(terms.source), literal(terms.statedOn)].join(', ')})`;
}
