import { table } from '../table/table.js';

/** Tables of the input contract with the columns that the twin fills. */
export const customers = table('customers', [
  'customer_id id * key',
  'kind enum *',
  'name text',
  'gender enum',
  'birth_date date',
  'id_document_type text',
  'occupation text',
  'address text',
  'district text',
  'city text',
  'unit_id id > org_units',
  'contact_phone text',
  'registered_on date',
  'group_id id',
  'group_type text',
  'vip_level text',
  'marketing_consent flag',
  'consent_changed_at moment',
]);

export const customerLinks = table('customer_links', [
  'from_customer_id id * key > customers',
  'to_customer_id id * key > customers',
  'kind text * key',
  'role text',
  'valid_from date',
  'valid_to date',
]);

export const addressObservations = table('address_observations', [
  'customer_id id * key > customers',
  'at moment * key',
  'channel text * key',
  'address text *',
  'verified flag',
]);

export const accounts = table('accounts', [
  'account_id id * key',
  'customer_id id * > customers',
  'mode enum',
  'means text',
  'opened_on date',
  'kind enum',
]);

export const accountPayments = table('account_payments', [
  'account_id id * key > accounts',
  'subscription_id id * key > subscriptions',
  'valid_from date * key',
  'valid_to date',
  'is_primary flag',
]);

export const subscriptions = table('subscriptions', [
  'subscription_id id * key',
  'customer_id id * > customers',
  'account_id id * > accounts',
  'service enum *',
  'network_owner enum',
  'brand text',
  'activated_on date *',
  'status enum *',
  'status_changed_on date',
  'entry_channel text',
  'unit_id id > org_units',
  'user_customer_id id > customers',
]);

export const numberHistory = table('number_history', [
  'msisdn text * key',
  'subscription_id id * > subscriptions',
  'valid_from date * key',
  'valid_to date',
  'how enum *',
]);

export const statusHistory = table('status_history', [
  'subscription_id id * key > subscriptions',
  'status enum *',
  'suspension enum',
  'valid_from date * key',
  'valid_to date',
  'reason_code enum',
]);

export const householdMembers = table('household_members', [
  'household_id id * key',
  'subscription_id id * key > subscriptions',
  'role text',
  'valid_from date',
  'valid_to date',
]);

export const plans = table(
  'plans',
  [
    'plan_id id * key',
    'name text *',
    'service enum *',
    'monthly_fee money *',
    'voice_minutes number',
    'data_mb number',
    'sms_count number',
    'tier number',
    'kind enum',
    'family_members_max number',
    'shared flag',
    'min_spend money',
    'commitment_months number',
    'exit_fee money',
    'on_sale_from date',
    'on_sale_to date',
  ],
  { acceptsErrors: false },
);

export const planRates = table(
  'plan_rates',
  [
    'plan_id id * key > plans',
    'item enum * key',
    'direction text key',
    'peer_network text key',
    'time_band text key',
    'from_unit number key',
    'rate money *',
    'unit number',
    'rounding enum',
    'valid_from date key',
  ],
  { acceptsErrors: false },
);

export const planHistory = table('plan_history', [
  'subscription_id id * key > subscriptions',
  'plan_id id * > plans',
  'valid_from date * key',
  'valid_to date',
  'contract_id id',
  'contract_end_on date',
  'penalty money',
]);

export const products = table(
  'products',
  [
    'product_id id * key',
    'name text *',
    'category text *',
    'monthly_fee money',
    'margin number',
    'launched_on date',
    'requires text',
  ],
  { acceptsErrors: false },
);

export const productOrders = table('product_orders', [
  'subscription_id id * key > subscriptions',
  'product_id id * key > products',
  'ordered_on date * key',
  'cancelled_on date',
  'campaign_id id > campaigns',
  'channel text',
  'fee money',
]);

export const handsetModels = table(
  'handset_models',
  [
    'tac id * key',
    'brand text *',
    'model text *',
    'price money',
    'launched_on date',
    'os text',
    'screen_inches number',
    'capabilities text',
  ],
  { acceptsErrors: false },
);

export const handsetUse = table('handset_use', [
  'subscription_id id * key > subscriptions',
  'tac id * > handset_models',
  'first_seen_on date * key',
  'last_seen_on date',
  'bundled flag',
]);

export const accountMonths = table('account_months', [
  'account_id id * key > accounts',
  'month month * key',
  'balance number',
  'arrears money',
  'credit_class text',
  'points number',
]);

export const productUsage = table('product_usage', [
  'subscription_id id * key > subscriptions',
  'product_id id * key > products',
  'month month * key',
  'uses number',
  'successes number',
  'fee money',
]);

export const billing = table('billing', [
  'subscription_id id * key > subscriptions',
  'month month * key',
  'arpu money *',
  'voice_fee money',
  'data_fee money',
  'sms_fee money',
  'vas_fee money',
  'long_distance_fee money',
  'roaming_fee money',
  'monthly_rent money',
  'discount money',
  'paid_amount money',
  'interconnect_cost money',
  'serve_cost money',
  'recorded_at moment',
]);

/** `dropped_calls` is a free attribute, not a column of the contract. */
export const usage = table('usage', [
  'subscription_id id * key > subscriptions',
  'month month * key',
  ...[
    ...['voice_out_count', 'voice_in_count', 'voice_out_s', 'voice_in_s', 'local_out_s', 'local_in_s'],
    ...['long_distance_count', 'long_distance_s', 'roaming_count', 'roaming_s', 'on_net_count', 'on_net_s'],
    ...['off_net_count', 'off_net_s', 'local_billed_min', 'long_distance_billed_min', 'roaming_billed_min'],
    ...['sms_out_on_net', 'sms_out_off_net', 'sms_in_on_net', 'sms_in_off_net', 'data_mb', 'active_days'],
    ...['rival_service_calls', 'service_calls', 'dropped_calls'],
  ].map((name) => `${name} number`),
  'recorded_at moment',
]);

export const contacts = table('contacts', [
  'contact_id id * key',
  'subscription_id id * > subscriptions',
  'at moment *',
  'kind enum *',
  'category text',
  'channel text',
  'staff_id id',
  'resolved_at moment',
  'satisfaction number',
  'recorded_at moment',
]);

export const orgUnits = table(
  'org_units',
  ['unit_id id * key', 'level enum *', 'parent_id id', 'name text', 'latitude number', 'longitude number'],
  { acceptsErrors: false },
);

export const cells = table(
  'cells',
  [
    'cell_id id * key',
    'latitude number',
    'longitude number',
    'city text',
    'district text',
    'unit_id id > org_units',
    'scene text',
    'scene_name text',
  ],
  { acceptsErrors: false },
);

export const communities = table(
  'communities',
  [
    'community_id id * key',
    'name text *',
    'district text',
    'unit_id id > org_units',
    'latitude number',
    'longitude number',
    'own_network flag',
    'homes_passed number',
  ],
  { acceptsErrors: false },
);

export const cellCommunities = table(
  'cell_communities',
  [
    'cell_id id * key > cells',
    'community_id id * key > communities',
    'relation enum *',
    'share number',
    'valid_from date',
  ],
  { acceptsErrors: false },
);

export const holidays = table('holidays', ['date date * key', 'kind enum *', 'name text'], { acceptsErrors: false });

export const marketMonths = table('market_months', [
  'district text * key',
  'month month * key',
  'operator text * key',
  'subscribers number',
  'offers text',
]);

export const campaigns = table(
  'campaigns',
  [
    'campaign_id id * key',
    'name text',
    'goal text',
    'starts_on date',
    'ends_on date',
    'offer_id text',
    'reward_mode text',
    'unit_cost money',
  ],
  { acceptsErrors: false },
);

export const assignments = table('assignments', [
  'campaign_id id * key > campaigns',
  'unit_id id * key > subscriptions',
  'unit_kind enum *',
  'arm text *',
  'assigned_at moment *',
  'propensity number',
  'stratum text',
]);

export const touches = table('touches', [
  'touch_id id * key',
  'campaign_id id * > campaigns',
  'subscription_id id * > subscriptions',
  'at moment *',
  'channel text',
  'staff_id id',
  'cost money',
  'recommended flag',
  'hit flag',
  'response enum',
  'responded_at moment',
]);
