import { z } from 'zod';

/** Name by which `market_months` has the operator itself. */
export const OWN_OPERATOR = 'own';

const amount = z.number().min(0).max(1e6);

/**
 * Terms of rivals' offers that the operator knows from advertisements, by the name in `market_months`. Amounts are in the
 * currency of the extract: a fee per month, rates per minute, MB and message beyond the units.
 */
export const rivalOffersSchema = z
  .array(
    z.strictObject({
      operator: z.string().min(1).max(64),
      offer: z.string().min(1).max(200),
      monthlyFee: amount,
      voiceMinutes: amount.optional(),
      dataMb: z.number().min(0).max(1e9).optional(),
      smsCount: amount.optional(),
      voiceRate: amount.optional(),
      dataRate: amount.optional(),
      smsRate: amount.optional(),
      source: z.string().min(1).max(300),
      statedOn: z.iso.date(),
    }),
  )
  .max(500);
export type RivalOffer = z.output<typeof rivalOffersSchema>[number];

/** Terms of one offer of a month; no fee where it is not known. */
export interface OfferTerms extends Partial<Omit<RivalOffer, 'operator' | 'offer' | 'source' | 'statedOn'>> {
  readonly operator: string;
  readonly offer: string;
  /** Where the terms are from: the parameter's text, or `market_months`. */
  readonly source: string;
  /** Date of the source, or month of the table. */
  readonly statedOn: string;
}

/** A row of `market_months`. */
export interface MarketText {
  readonly operator: string;
  /** Offers separated by `;`. */
  readonly offers: string;
}

/** Each offer of the rows once, with the stated terms, else with those in its text. O(rows + stated). */
export function termsOfTexts(rows: readonly MarketText[], stated: readonly RivalOffer[], month: string): OfferTerms[] {
  const keyOf = (operator: string, offer: string): string => JSON.stringify([operator, offer]);
  const byKey = new Map(stated.map((terms) => [keyOf(terms.operator, terms.offer), terms]));
  const found = new Map<string, OfferTerms>();
  for (const { operator, offers } of rows) {
    for (const offer of offers.split(';').map((text) => text.trim())) {
      const key = keyOf(operator, offer);
      if (offer === '' || found.has(key)) continue;
      const fromText = { operator, offer, ...termsInText(offer), source: 'market_months', statedOn: month };
      found.set(key, byKey.get(key) ?? fromText);
    }
  }
  return [...found.values()];
}

const NUMBER = String.raw`(\d{1,9}(?:\.\d{1,4})?)`;
const FEE = new RegExp(String.raw`(?:CNY|RMB|¥|￥)\s*${NUMBER}|${NUMBER}\s*(?:CNY|RMB|yuan|元)`, 'i');
const DATA = new RegExp(String.raw`${NUMBER}\s*(GB|G|MB|M)(?![A-Za-z])`, 'i');
const VOICE = new RegExp(String.raw`${NUMBER}\s*(?:minutes|min|分钟)`, 'i');
const MESSAGES = new RegExp(String.raw`${NUMBER}\s*(?:messages|SMS|条)`, 'i');

/** The fee and units that a text states, such as `99 CNY for 60 GB` or `59元 30GB 300分钟`; without a fee nothing. */
export function termsInText(
  text: string,
): Partial<Pick<RivalOffer, 'monthlyFee' | 'dataMb' | 'voiceMinutes' | 'smsCount'>> {
  const fee = FEE.exec(text);
  if (fee === null) return {};
  const data = DATA.exec(text);
  const [voice, messages] = [VOICE.exec(text)?.[1], MESSAGES.exec(text)?.[1]];
  const isGigabytes = data?.[2]?.toUpperCase().startsWith('G') === true;
  return {
    monthlyFee: Number(fee[1] ?? fee[2]),
    ...(data === null ? {} : { dataMb: Number(data[1]) * (isGigabytes ? 1024 : 1) }),
    ...(voice === undefined ? {} : { voiceMinutes: Number(voice) }),
    ...(messages === undefined ? {} : { smsCount: Number(messages) }),
  };
}
