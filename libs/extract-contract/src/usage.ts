import { contractTable, type ColumnKind } from './table.js';

const columns = (kind: ColumnKind, names: string): string[] => names.split(' ').map((name) => `${name} ${kind}`);

/** Bills, usage, events, contacts and surveys. */
export const USAGE_TABLES = [
  contractTable('billing', { kind: 'month', column: 'month' }, [
    'subscription_id subscription * key > subscriptions, month month * key',
    'arpu money *',
    ...columns('money', 'voice_fee data_fee sms_fee vas_fee long_distance_fee ip_long_distance_fee roaming_fee'),
    ...columns('money', 'monthly_rent discount paid_amount interconnect_cost serve_cost'),
  ]),
  contractTable('usage', { kind: 'month', column: 'month' }, [
    'subscription_id subscription * key > subscriptions, month month * key',
    ...columns('quantity', 'voice_out_count voice_in_count voice_out_s voice_in_s local_out_s local_in_s'),
    ...columns('quantity', 'long_distance_count long_distance_s ip_s roaming_count roaming_s roaming_intra_s'),
    ...columns('quantity', 'roaming_inter_s roaming_intl_s on_net_count on_net_s off_net_count off_net_s'),
    ...columns('quantity', 'group_in_count group_in_s group_out_count group_out_s'),
    ...columns('quantity', 'local_billed_min long_distance_billed_min roaming_billed_min'),
    ...columns('quantity', 'forwarded_count forwarded_unicom forwarded_mobile forwarded_phs'),
    ...columns('quantity', 'sms_out_on_net sms_out_off_net sms_in_on_net sms_in_off_net mms_count'),
    ...columns('quantity', 'active_days rival_service_calls service_calls'),
    'data_mb quantity',
  ]),
  contractTable('events', { kind: 'moment', column: 'at' }, [
    'at moment *, subscription_id subscription * > subscriptions',
    'kind enum(voice_out|voice_in|sms_out|sms_in|data|location|forward|port_query|hall_visit) *, peer peer',
    'peer_subscription_id subscription, peer_network enum(own|rival_a|rival_b|fixed), peer_service text',
    'call_type enum(local|long_distance|roaming|roaming_intl), duration_s quantity, volume_mb quantity',
    'cell_id id > cells',
  ]),
  contractTable('contacts', { kind: 'moment', column: 'at' }, [
    'contact_id id * key',
    'subscription_id subscription * > subscriptions, at moment *',
    'kind enum(complaint|enquiry|suggestion|service_call|visit) *, category text, channel text, staff_id id',
    'resolved_at moment ends, satisfaction number 1..5 ends with resolved_at, text personal',
  ]),
  contractTable('surveys', { kind: 'moment', column: 'at' }, [
    'answer_id id * key',
    'customer_id customer * > customers, at moment *, factor text *, rating number 1..10, importance number 1..5',
    'alternatives number 0..1, source text',
  ]),
];
