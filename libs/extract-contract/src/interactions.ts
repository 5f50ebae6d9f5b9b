import { contractTable } from './table.js';

/** Campaigns, sales opportunities, staff and order processes. */
export const INTERACTION_TABLES = [
  contractTable('campaigns', { kind: 'definition', column: 'starts_on' }, [
    'campaign_id id * key',
    'name text, goal text, starts_on date, ends_on date, offer_id text, reward_mode text, unit_cost money',
  ]),
  contractTable('assignments', { kind: 'moment', column: 'assigned_at' }, [
    'campaign_id id * key > campaigns, unit_id assigned * key > subscriptions',
    'unit_kind enum(subscription|household) *, arm text *, assigned_at moment *, propensity number 0..1',
    'stratum text',
  ]),
  contractTable('touches', { kind: 'moment', column: 'at' }, [
    'touch_id id * key',
    'campaign_id id * > campaigns, subscription_id subscription * > subscriptions, at moment *, channel text',
    'staff_id id, cost money, recommended flag, hit flag ends with responded_at',
    'response enum(accepted|declined|no_answer|not_reached|none) ends with responded_at',
    'responded_at moment ends',
  ]),
  contractTable('potential_users', { kind: 'moment', column: 'registered_at' }, [
    'potential_id id * key',
    'registered_at moment *, unit_id id > org_units, channel text, appointment_type text, home_address personal',
    'community_id id > communities, attitude text, rival text, current_policy text, fee money, expires_on date',
    'consent flag',
  ]),
  contractTable('opportunities', { kind: 'moment', column: 'reported_at' }, [
    'opportunity_id id * key',
    'reported_at moment *, source enum(account_manager|leader|partner)',
    'class enum(standard_product|ict_project|competitor), customer_id customer > customers, rival text',
    'fee money, bandwidth text, expires_on date, level text, stage text, owner_id id, partner_id id',
    'signed_on date ends, amount money ends with signed_on',
  ]),
  contractTable('partners', { kind: 'snapshot' }, ['partner_id id * key', 'name text, city text, registered_on date']),
  contractTable('staff', { kind: 'snapshot' }, [
    'staff_id id * key',
    'role text, unit_id id > org_units, manages list',
  ]),
  contractTable('order_steps', { kind: 'moment', column: 'entered_at' }, [
    'order_id id * key, seq number * key',
    'customer_id customer > customers, subscription_id subscription > subscriptions',
    'community_id id > communities, address personal, step text *, system enum(GIMS|EMOS|CSP|BOSS)',
    'entered_at moment *, left_at moment ends, expected_on date, result text ends with left_at, staff_id id',
  ]),
];
