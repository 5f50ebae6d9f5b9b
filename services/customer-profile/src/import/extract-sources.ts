import type { FactKind } from '../fact/fact.js';

/** How a column is read: `code` is any text that names nobody. */
type DetailType = 'code' | 'number' | 'day' | 'moment' | 'flag' | 'id';

/** Where a subject's id comes from: a column that holds it, or the natural key of a catalogue entry. */
type Subject = { column: string } | { catalogue: string };

/** What this service takes of one table of the contract. */
export interface ExtractSource {
  table: string;
  kind: FactKind;
  subject: Subject;
  /** Columns of the natural key beside the subject; `ownKey` where they are one without it. */
  key: readonly string[];
  ownKey?: boolean;
  /**
   * Column of the day or moment from which it holds; without one, it is only true from the extract on. What a code
   * stands for holds since its first day, or since ever.
   */
  from?: { day: string } | { moment: string } | { month: string } | { definedSince: string };
  /** Column of its end, which may become known later than the row. */
  to?: { day: string } | { moment: string };
  detail: Readonly<Record<string, DetailType>>;
  /** Sealed; by the name under which it is kept, from the column. */
  personal?: Readonly<Record<string, string>>;
  /** Which personal datum finds the row again, as which kind of identifier. */
  lookup?: { personal: string; kind: 'number' | 'document' };
  /** Column with the id of whom or what it relates the subject to. */
  other?: string;
  /** Address among the personal data, of which keys are kept. */
  address?: string;
  /** Telephone numbers among the personal data, which refusals follow. */
  contactNumber?: string;
}

const SUBSCRIPTION = { column: 'subscription_id' };
const CUSTOMER = { column: 'customer_id' };

/** In the order in which they are stored: owners before what they own. */
export const EXTRACT_SOURCES: readonly ExtractSource[] = [
  {
    ...{ table: 'customers', kind: 'customer', subject: CUSTOMER, key: [], other: 'group_id' },
    detail: {
      ...{ kind: 'code', gender: 'code', occupation: 'code', industry: 'code', interests: 'code', district: 'code' },
      ...{ city: 'code', registered_on: 'day', group_type: 'code', vip_level: 'code', manager_id: 'code' },
      ...{ org_unit_path: 'code', source_system: 'code' },
    },
    personal: {
      ...{ key: 'customer_key', name: 'name', birthDate: 'birth_date', documentType: 'id_document_type' },
      ...{ document: 'id_document_no', ethnicity: 'ethnicity', employer: 'employer', address: 'address' },
      phone: 'contact_phone',
    },
    lookup: { personal: 'document', kind: 'document' },
    ...{ address: 'address', contactNumber: 'phone' },
  },
  {
    ...{ table: 'accounts', kind: 'account', subject: { column: 'account_id' }, key: [], other: 'customer_id' },
    detail: { mode: 'code', means: 'code', opened_on: 'day', kind: 'code' },
    personal: { key: 'account_key' },
  },
  {
    ...{ table: 'subscriptions', kind: 'subscription', subject: SUBSCRIPTION, key: [], other: 'user_customer_id' },
    detail: {
      ...{ customer_id: 'id', account_id: 'id', service: 'code', network_owner: 'code', brand: 'code' },
      ...{ activated_on: 'day', status: 'code', status_changed_on: 'day', entry_channel: 'code', community_id: 'code' },
      // Columns beside the contract, where the operator has them.
      ...{ entry_channel_type: 'code', source_system: 'code' },
    },
    personal: { key: 'subscription_key' },
  },
  {
    ...{ table: 'account_months', kind: 'accountMonth', subject: { column: 'account_id' }, key: ['month'] },
    from: { month: 'month' },
    detail: {
      ...{ month: 'code', balance: 'number', arrears: 'number', credit_class: 'code', credit_limit: 'number' },
      ...{ points: 'number', points_redeemable: 'number' },
    },
  },
  {
    ...{ table: 'account_payments', kind: 'payment', subject: SUBSCRIPTION, key: ['account_id', 'valid_from'] },
    ...{ from: { day: 'valid_from' }, to: { day: 'valid_to' }, other: 'account_id' },
    detail: { is_primary: 'flag' },
  },
  {
    ...{ table: 'number_history', kind: 'number', subject: SUBSCRIPTION, key: ['msisdn', 'valid_from'], ownKey: true },
    ...{ from: { day: 'valid_from' }, to: { day: 'valid_to' } },
    detail: { how: 'code' },
    personal: { number: 'msisdn' },
    ...{ lookup: { personal: 'number', kind: 'number' }, contactNumber: 'number' },
  },
  {
    ...{ table: 'status_history', kind: 'status', subject: SUBSCRIPTION, key: ['valid_from'] },
    ...{ from: { day: 'valid_from' }, to: { day: 'valid_to' } },
    detail: { status: 'code', suspension: 'code', reason_code: 'code' },
  },
  {
    ...{ table: 'plan_history', kind: 'plan', subject: SUBSCRIPTION, key: ['valid_from'] },
    ...{ from: { day: 'valid_from' }, to: { day: 'valid_to' } },
    detail: { plan_id: 'code', contract_end_on: 'day', penalty: 'number', entry_campaign_id: 'code' },
  },
  {
    ...{ table: 'handset_use', kind: 'handset', subject: SUBSCRIPTION, key: ['first_seen_on'] },
    ...{ from: { day: 'first_seen_on' }, to: { day: 'last_seen_on' } },
    detail: { tac: 'code', bundled: 'flag' },
  },
  {
    ...{ table: 'household_members', kind: 'household', subject: SUBSCRIPTION, key: ['household_id'] },
    ...{ from: { day: 'valid_from' }, to: { day: 'valid_to' } },
    detail: { household_id: 'code', role: 'code' },
  },
  {
    ...{ table: 'contacts', kind: 'contact', subject: SUBSCRIPTION, key: ['contact_id'], ownKey: true },
    ...{ from: { moment: 'at' }, to: { moment: 'resolved_at' } },
    detail: { kind: 'code', category: 'code', channel: 'code', staff_id: 'code', satisfaction: 'number' },
    personal: { text: 'text' },
  },
  {
    ...{ table: 'customer_links', kind: 'link', subject: { column: 'from_customer_id' } },
    key: ['to_customer_id', 'kind'],
    ...{ from: { day: 'valid_from' }, to: { day: 'valid_to' }, other: 'to_customer_id' },
    detail: { kind: 'code', role: 'code' },
  },
  {
    ...{ table: 'address_observations', kind: 'address', subject: CUSTOMER, key: ['at', 'channel'] },
    from: { moment: 'at' },
    detail: { channel: 'code', verified: 'flag' },
    personal: { address: 'address' },
    address: 'address',
  },
  {
    ...{ table: 'verified_fields', kind: 'verified', subject: CUSTOMER, key: ['field', 'verified_at'] },
    from: { moment: 'verified_at' },
    detail: { field: 'code', method: 'code' },
    personal: { value: 'value' },
  },
  {
    ...{ table: 'handset_models', kind: 'handsetModel', subject: { catalogue: 'tac' }, key: [] },
    from: { definedSince: 'launched_on' },
    detail: {
      ...{ tac: 'code', brand: 'code', model: 'code', price: 'number', launched_on: 'day', os: 'code' },
      ...{ screen_inches: 'number', capabilities: 'code' },
    },
  },
  {
    ...{ table: 'plans', kind: 'planOffer', subject: { catalogue: 'plan_id' }, key: [] },
    from: { definedSince: 'on_sale_from' },
    detail: {
      ...{ plan_id: 'code', name: 'code', service: 'code', monthly_fee: 'number', voice_minutes: 'number' },
      ...{ data_mb: 'number', sms_count: 'number', tier: 'number', kind: 'code' },
    },
  },
  {
    ...{ table: 'products', kind: 'product', subject: { catalogue: 'product_id' }, key: [] },
    from: { definedSince: 'launched_on' },
    detail: { product_id: 'code', name: 'code', category: 'code', monthly_fee: 'number' },
  },
];
