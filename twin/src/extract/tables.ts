import { RECORDED_AT, contractTable } from '@holdfast/extract-contract/table';
import { contractTableOf } from '@holdfast/extract-contract/tables';
import type { ExtractTable } from '../table/table.js';

interface Options {
  hasRecordedAt?: boolean;
  acceptsErrors?: boolean;
}

/** A table of the input contract. @param omitted columns that the twin does not fill */
function extractTable(
  name: string,
  omitted: readonly string[] = [],
  { hasRecordedAt = false, acceptsErrors = true }: Options = {},
): ExtractTable {
  const isFilled = (column: string): boolean => (column === RECORDED_AT ? hasRecordedAt : !omitted.includes(column));
  return { name, columns: contractTableOf(name)!.columns.filter((column) => isFilled(column.name)), acceptsErrors };
}

const clean = { acceptsErrors: false };

const PERSONAL = ['id_document_no', 'ethnicity', 'industry', 'employer', 'interests', 'manager_id'];
export const customers = extractTable('customers', PERSONAL);
export const customerLinks = extractTable('customer_links');
export const addressObservations = extractTable('address_observations');
export const accounts = extractTable('accounts');
export const accountPayments = extractTable('account_payments');
export const subscriptions = extractTable('subscriptions', ['community_id']);
export const numberHistory = withRequired(extractTable('number_history'), 'how');
export const statusHistory = extractTable('status_history');
export const householdMembers = extractTable('household_members');

const PLAN_TERMS = ['rollover_months', 'prepay', 'giveback_months', 'kin_numbers_max', 'eligible_segment'];
export const plans = extractTable('plans', PLAN_TERMS, clean);
export const planRates = extractTable('plan_rates', ['call_cap', 'free_units', 'valid_to'], clean);
export const planHistory = extractTable('plan_history', ['entry_campaign_id']);
export const products = extractTable('products', ['content_type', 'exclusive_with'], clean);
export const productOrders = extractTable('product_orders', ['expires_on', 'bundle_id']);
export const handsetModels = extractTable('handset_models', [], clean);
export const handsetUse = extractTable('handset_use');

const ACCOUNT_TERMS = ['credit_limit', 'points_redeemable', 'points_expire_on'];
export const accountMonths = extractTable('account_months', ACCOUNT_TERMS);
export const productUsage = extractTable('product_usage', ['downloads', 'last_channel', 'top_contents']);
export const billing = extractTable('billing', ['ip_long_distance_fee'], { hasRecordedAt: true });
export const usage = usageTable();
export const contacts = extractTable('contacts', ['text'], { hasRecordedAt: true });

export const orgUnits = extractTable('org_units', [], clean);
export const cells = extractTable('cells', [], clean);
export const communities = extractTable('communities', ['built_on', 'ports', 'build_cost'], clean);
export const cellCommunities = extractTable('cell_communities', ['valid_to'], clean);
export const holidays = extractTable('holidays', [], clean);
export const marketMonths = extractTable('market_months', ['population', 'households']);

export const campaigns = extractTable('campaigns', [], clean);
export const assignments = extractTable('assignments');
export const touches = extractTable('touches');

/** With the free attribute `dropped_calls`, which is not a column of the contract. */
function usageTable(): ExtractTable {
  const groups = ['group_in_count', 'group_in_s', 'group_out_count', 'group_out_s'];
  const forwarded = ['forwarded_count', 'forwarded_unicom', 'forwarded_mobile', 'forwarded_phs'];
  const others = ['ip_s', 'roaming_intra_s', 'roaming_inter_s', 'roaming_intl_s', 'mms_count'];
  const { columns, ...table } = extractTable('usage', [...groups, ...forwarded, ...others], { hasRecordedAt: true });
  const [droppedCalls] = contractTable('usage', { kind: 'snapshot' }, ['dropped_calls count']).columns;
  const volume = columns.filter(({ name }) => name === 'data_mb');
  const [counts, recordedAt] = [columns.slice(0, -2), columns.slice(-1)];
  const active = counts.findIndex(({ name }) => name === 'active_days');
  const ordered = [...counts.slice(0, active), ...volume, ...counts.slice(active), droppedCalls!, ...recordedAt];
  return { ...table, columns: ordered };
}

/** The twin always fills the column and injects its absence as an error. */
function withRequired(table: ExtractTable, required: string): ExtractTable {
  const columns = table.columns.map((column) => (column.name === required ? { ...column, isRequired: true } : column));
  return { ...table, columns };
}
