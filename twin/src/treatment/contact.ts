/** Ways to reach somebody. */
export const CHANNELS = ['call', 'sms', 'app', 'hall'] as const;
export type Channel = (typeof CHANNELS)[number];

/**
 * What can be offered, by the kinds that campaigns have: the plan that fits, a discount, a product given away, a
 * voucher for a handset with a contract, or a word.
 */
export const OFFER_KINDS = ['fitted_plan', 'discount', 'product', 'handset', 'care'] as const;
export type OfferKind = (typeof OFFER_KINDS)[number];

export const RESPONSES = ['accepted', 'declined', 'no_answer', 'not_reached'] as const;
export type Response = (typeof RESPONSES)[number];

/** Somebody is contacted in the continuation of a world, as a system decided. */
export interface Contact {
  /** Position in the list of all contacts, from 0. */
  number: number;
  /** The subscription. */
  at: number;
  /** Month of the span, day, and second of it. */
  month: number;
  day: number;
  second: number;
  channel: Channel;
  offer: OfferKind;
  campaign: string;
  /** What came of it, where the system knows; otherwise the twin decides. */
  given: Response | undefined;
}

/** What came of a contact. */
export interface ContactOutcome {
  response: Response;
  /** How the one who was meant takes such a contact; see RESPONSE_TYPES. Undefined for those who had left. */
  type: number | undefined;
  /** What the contact itself cost, and what taking the offer cost at once, CNY. */
  costCny: number;
  offerCostCny: number;
}
