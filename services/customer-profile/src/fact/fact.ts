/** What a fact is about; each kind comes from one table of the extract. */
const FACT_KINDS = [
  // what is known of a customer, an account, a subscription: true only from the extract on
  ...(['customer', 'account', 'subscription'] as const),
  // what held of a subscription for a while
  ...(['status', 'plan', 'number', 'handset', 'payment', 'household', 'contact'] as const),
  // what held of a customer
  ...(['link', 'address', 'verified'] as const),
  // what an account had in a month
  'accountMonth',
  // what codes stand for
  ...(['handsetModel', 'planOffer', 'product'] as const),
] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/** Codes, figures and dates by the contract's column names; money in minor units. Nothing personal. */
export type Detail = Record<string, string | number | boolean>;

/** A row of an extract, ready to be stored: whatever is personal in it is sealed. */
export interface Fact {
  subjectId: string;
  /** By its natural key: the same in every extract. */
  factId: string;
  validFrom: Date;
  /** Undefined: it has not ended. */
  validTo: Date | undefined;
  knowledgeFrom: Date;
  /** Knowledge time of the next version in the extract; undefined for the last. */
  supersededFrom: Date | undefined;
  /** Knowledge time of its end. */
  endKnowledgeFrom: Date | undefined;
  otherId: string | undefined;
  detail: Detail;
  sealed: Buffer | undefined;
  lookup: Buffer | undefined;
  digest: Buffer;
  orgUnitPath: string;
  /** Keyed hashes of its contact numbers; stored in `contact_number`. */
  contactNumbers: Buffer[];
}

/** A fact as it was known at a moment. */
export interface KnownFact {
  subjectId: string;
  kind: FactKind;
  validFrom: Date;
  /** Undefined: no end was known. */
  validTo: Date | undefined;
  otherId: string | undefined;
  detail: Detail;
  sealed: Buffer | undefined;
}
