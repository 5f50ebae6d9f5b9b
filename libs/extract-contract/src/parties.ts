import { contractTable } from './table.js';

/** Kinds of connection, of subscriptions and plans. */
export const SERVICES = 'mobile|fixed_broadband|fixed_voice|home_phone|mobile_broadband';

/** Customers, accounts, subscriptions, numbers, households. */
export const PARTY_TABLES = [
  contractTable('customers', { kind: 'snapshot' }, [
    'customer_id customer * key',
    'kind enum(person|group) *, name personal, gender enum(m|f), birth_date birthday, id_document_type text',
    'id_document_no personal, ethnicity personal, occupation text, industry text, employer personal',
    'interests list, address personal, district text, city text, unit_id id > org_units, contact_phone personal',
    'registered_on date, group_id customer, group_type text, vip_level text, manager_id id',
    'marketing_consent flag, consent_changed_at moment',
  ]),
  contractTable('customer_links', { kind: 'spell', column: 'valid_from' }, [
    'from_customer_id customer * key > customers, to_customer_id customer * key > customers, kind text * key',
    'role text, valid_from date, valid_to date ends',
  ]),
  contractTable('address_observations', { kind: 'moment', column: 'at' }, [
    'customer_id customer * key > customers, at moment * key, channel text * key',
    'address personal *, verified flag',
  ]),
  contractTable('verified_fields', { kind: 'moment', column: 'verified_at' }, [
    'customer_id customer * key > customers, field text * key',
    'value personal *, verified_at moment key, method text',
  ]),
  contractTable('accounts', { kind: 'snapshot' }, [
    'account_id account * key',
    'customer_id customer * > customers, mode enum(prepaid|postpaid), means text, opened_on date',
    'kind enum(personal|household|group)',
  ]),
  contractTable('account_months', { kind: 'month', column: 'month' }, [
    'account_id account * key > accounts, month month * key',
    'balance amount, arrears money, credit_class text, credit_limit money, points number',
    'points_redeemable number, points_expire_on date',
  ]),
  contractTable('subscriptions', { kind: 'snapshot' }, [
    'subscription_id subscription * key',
    'customer_id customer * > customers, account_id account * > accounts',
    `service enum(${SERVICES}) *`,
    'network_owner enum(own|partner), brand text, activated_on date *, status enum(active|suspended|cancelled) *',
    'status_changed_on date ends, entry_channel text, unit_id id > org_units, community_id id > communities',
    'user_customer_id customer > customers',
  ]),
  contractTable('account_payments', { kind: 'spell', column: 'valid_from' }, [
    'account_id account * key > accounts, subscription_id subscription * key > subscriptions',
    'valid_from date * key',
    'valid_to date ends, is_primary flag',
  ]),
  contractTable('recharges', { kind: 'moment', column: 'at' }, [
    'recharge_id id * key',
    'account_id account * > accounts, subscription_id subscription > subscriptions, at moment *, amount money *',
    'channel text, giveback_month month, giveback_until month',
  ]),
  contractTable('number_history', { kind: 'spell', column: 'valid_from' }, [
    'msisdn personal * key',
    'subscription_id subscription * > subscriptions, valid_from date * key, valid_to date ends',
    'how enum(new|port_in|port_out|change|recycled)',
  ]),
  contractTable('status_history', { kind: 'spell', column: 'valid_from' }, [
    'subscription_id subscription * key > subscriptions',
    'status enum(active|suspended|cancelled) *, suspension enum(voluntary|one_way|two_way|fraud)',
    'valid_from date * key, valid_to date ends',
    'reason_code enum(competitor|price|move|arrears|fraud|device|coverage|service|port_out|internal_transfer|' +
      'reduced_need|death|other) ends with valid_from',
  ]),
  contractTable('household_members', { kind: 'spell', column: 'valid_from' }, [
    'household_id id * key, subscription_id subscription * key > subscriptions',
    'role text, valid_from date, valid_to date ends',
  ]),
];
