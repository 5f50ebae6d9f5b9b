export const CHANNELS = ['call', 'sms', 'app', 'hall'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Fitted plan, discount, free product, handset voucher with a contract, or advice. */
export const OFFER_KINDS = ['fitted_plan', 'discount', 'product', 'handset', 'care'] as const;
export type OfferKind = (typeof OFFER_KINDS)[number];

export const RESPONSES = ['accepted', 'declined', 'no_answer', 'not_reached'] as const;
export type Response = (typeof RESPONSES)[number];

/** A contact in the continuation, decided by a system. */
export interface Contact {
  /** Index in the list of all contacts. */
  number: number;
  at: number;
  /** Month of the span, day, and second of the day. */
  month: number;
  day: number;
  second: number;
  channel: Channel;
  offer: OfferKind;
  campaign: string;
  /** The response in the system's data; otherwise the twin samples one. */
  given: Response | undefined;
}

export interface ContactOutcome {
  response: Response;
  /** See RESPONSE_TYPES; undefined after churn. */
  type: number | undefined;
  /** Cost of the contact, and one-off cost of the accepted offer, CNY. */
  costCny: number;
  offerCostCny: number;
}
