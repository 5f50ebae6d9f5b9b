import { contractTable } from './table.js';
import { SERVICES } from './parties.js';

/** Plans, products and handsets, and the orders and use of them. */
export const PRODUCT_TABLES = [
  contractTable('plans', { kind: 'definition', column: 'on_sale_from' }, [
    'plan_id id * key',
    'name text *',
    `service enum(${SERVICES}) *`,
    'monthly_fee money *, voice_minutes quantity, data_mb quantity, sms_count quantity, tier number',
    'kind enum(mainstream|retention|family), family_members_max count, shared flag, rollover_months count',
    'min_spend money, prepay money, giveback_months count, kin_numbers_max count, commitment_months count',
    'exit_fee money, eligible_segment text, on_sale_from date, on_sale_to date ends',
  ]),
  contractTable('plan_rates', { kind: 'definition', column: 'valid_from' }, [
    'plan_id id * key > plans, item enum(local|long_distance|roaming|data|sms) * key, direction text key',
    'peer_network text key, time_band text key, from_unit quantity key',
    'rate rate *, unit quantity, rounding enum(ceil|exact), call_cap money, free_units quantity',
    'valid_from date key, valid_to date ends',
  ]),
  contractTable('plan_history', { kind: 'spell', column: 'valid_from' }, [
    'subscription_id subscription * key > subscriptions',
    'plan_id id * > plans, valid_from date * key, valid_to date ends, contract_id id, contract_end_on date',
    'penalty money, entry_campaign_id id',
  ]),
  contractTable('products', { kind: 'definition', column: 'launched_on' }, [
    'product_id id * key',
    'name text *, category text *, content_type text, monthly_fee money, margin amount, launched_on date',
    'requires list, exclusive_with list',
  ]),
  contractTable('product_orders', { kind: 'spell', column: 'ordered_on' }, [
    'subscription_id subscription * key > subscriptions, product_id id * key > products, ordered_on date * key',
    'cancelled_on date ends, expires_on date, bundle_id id, campaign_id id > campaigns, channel text, fee money',
  ]),
  contractTable('product_usage', { kind: 'month', column: 'month' }, [
    'subscription_id subscription * key > subscriptions, product_id id * key > products, month month * key',
    'uses count, successes count, fee money, downloads count, last_channel text, top_contents list',
  ]),
  contractTable('bundle_items', { kind: 'definition', column: 'valid_from' }, [
    'bundle_id id * key, item_id id * key',
    'kind enum(plan|product|handset) *, tac id, subsidy money, min_tier number, contract_months count',
    'stock count, valid_from date, valid_to date ends',
  ]),
  contractTable('handset_models', { kind: 'definition', column: 'launched_on' }, [
    'tac id * key',
    'brand text *, model text *, price money, launched_on date, os text, screen_inches quantity',
    'capabilities list',
  ]),
  contractTable('handset_use', { kind: 'spell', column: 'first_seen_on' }, [
    'subscription_id subscription * key > subscriptions',
    'tac id * > handset_models, first_seen_on date * key, last_seen_on date ends, bundled flag',
  ]),
];
