import type { ColumnKind, ContractTable } from '@holdfast/extract-contract/table';
import { contractTableOf, subjectKey } from '@holdfast/extract-contract/tables';
import type { FactKind } from '../fact/fact.js';
import type { LookupKind } from '../personal/identifier-lookup.js';

type DetailType = 'text' | 'number' | 'day' | 'moment' | 'flag';
type Begin = { day: string } | { moment: string } | { month: string } | { definedSince: string };
type End = { day: string } | { moment: string };

/** The facts that a table of the contract gives. */
interface TableFacts {
  table: string;
  kind: FactKind;
  /** Columns that are stored open, separated by blanks. */
  detail: string;
  /** Columns that are stored sealed, by the name of the stored datum. */
  personal?: Readonly<Record<string, string>>;
  /** The personal datum that finds the row, and the kind of its identifier. */
  lookup?: { personal: string; kind: LookupKind };
  /** Column with the id of a related subject. */
  other?: string;
  /** The personal datum with an address, of which keys are stored. */
  address?: string;
  /** The personal datum with telephone numbers, which refusals follow. */
  contactNumber?: string;
}

/** How the rows of a table become facts. */
export interface ExtractSource extends Omit<TableFacts, 'detail'> {
  /** The column with the subject's id, or the natural key of a catalogue entry. */
  subject: { column: string } | { catalogue: string };
  /** Columns of the natural key, without the subject's. */
  key: readonly string[];
  /** Whether the key does not include the subject. */
  ownKey: boolean;
  /** Column of the first day or moment; a row without one is valid from the extract on, a definition always. */
  from?: Begin;
  /** Column of the end. */
  to?: End;
  detail: Readonly<Record<string, DetailType>>;
}

/** Owners come before what they own. */
const TABLES: readonly TableFacts[] = [
  {
    table: 'customers',
    kind: 'customer',
    other: 'group_id',
    detail:
      'kind gender occupation industry interests district city registered_on group_type vip_level manager_id ' +
      'org_unit_path source_system',
    personal: {
      key: 'customer_key',
      name: 'name',
      birthDate: 'birth_date',
      documentType: 'id_document_type',
      document: 'id_document_no',
      ethnicity: 'ethnicity',
      employer: 'employer',
      address: 'address',
      phone: 'contact_phone',
    },
    lookup: { personal: 'document', kind: 'document' },
    address: 'address',
    contactNumber: 'phone',
  },
  {
    table: 'accounts',
    kind: 'account',
    other: 'customer_id',
    detail: 'mode means opened_on kind',
    personal: { key: 'account_key' },
  },
  {
    table: 'subscriptions',
    kind: 'subscription',
    other: 'user_customer_id',
    detail:
      'customer_id account_id service network_owner brand activated_on status status_changed_on entry_channel ' +
      'community_id entry_channel_type source_system',
    personal: { key: 'subscription_key' },
  },
  {
    table: 'account_months',
    kind: 'accountMonth',
    detail: 'month balance arrears credit_class credit_limit points points_redeemable',
  },
  { table: 'account_payments', kind: 'payment', other: 'account_id', detail: 'is_primary' },
  {
    table: 'number_history',
    kind: 'number',
    detail: 'how',
    personal: { number: 'msisdn' },
    lookup: { personal: 'number', kind: 'number' },
    contactNumber: 'number',
  },
  { table: 'status_history', kind: 'status', detail: 'status suspension reason_code' },
  { table: 'plan_history', kind: 'plan', detail: 'plan_id contract_end_on penalty entry_campaign_id' },
  { table: 'handset_use', kind: 'handset', detail: 'tac bundled' },
  { table: 'household_members', kind: 'household', detail: 'household_id role' },
  {
    table: 'contacts',
    kind: 'contact',
    detail: 'kind category channel staff_id satisfaction',
    personal: { text: 'text' },
  },
  { table: 'customer_links', kind: 'link', other: 'to_customer_id', detail: 'kind role' },
  {
    table: 'address_observations',
    kind: 'address',
    detail: 'channel verified',
    personal: { address: 'address' },
    address: 'address',
  },
  { table: 'verified_fields', kind: 'verified', detail: 'field method', personal: { value: 'value' } },
  {
    table: 'handset_models',
    kind: 'handsetModel',
    detail: 'tac brand model price launched_on os screen_inches capabilities',
  },
  {
    table: 'plans',
    kind: 'planOffer',
    detail: 'plan_id name service monthly_fee voice_minutes data_mb sms_count tier kind',
  },
  { table: 'products', kind: 'product', detail: 'product_id name category monthly_fee' },
];

const DETAIL_TYPES: Partial<Record<ColumnKind, DetailType>> = {
  money: 'number',
  amount: 'number',
  count: 'number',
  quantity: 'number',
  number: 'number',
  date: 'day',
  moment: 'moment',
  flag: 'flag',
};

/** In the order in which they are stored. */
export const EXTRACT_SOURCES: readonly ExtractSource[] = TABLES.map((facts) => {
  const table = contractTableOf(facts.table)!;
  const isCatalogue = table.about === 'none';
  const subject = subjectKey(table)?.name ?? (isCatalogue ? table.key[0]!.name : table.aboutColumn);
  const from = beginOf(table);
  const to = endOf(table);
  return {
    ...facts,
    subject: isCatalogue ? { catalogue: subject } : { column: subject },
    key: table.key.map(({ name }) => name).filter((name) => name !== subject),
    ownKey: table.key.every(({ name }) => name !== subject),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    detail: Object.fromEntries(facts.detail.split(' ').map((name) => [name, detailTypeOf(table, name)])),
  };
});

function beginOf({ time }: ContractTable): Begin | undefined {
  if (!('column' in time) || time.column === undefined) return undefined;
  if (time.kind === 'definition') return { definedSince: time.column };
  if (time.kind === 'month') return { month: time.column };
  return time.kind === 'moment' ? { moment: time.column } : { day: time.column };
}

/** The end of a spell or an event; definitions and snapshots are valid until the next extract. */
function endOf({ time, columns }: ContractTable): End | undefined {
  const end = columns.find(({ name, endsWith }) => endsWith === name);
  if (end === undefined || (time.kind !== 'spell' && time.kind !== 'moment')) return undefined;
  return end.kind === 'moment' ? { moment: end.name } : { day: end.name };
}

/** Columns outside the contract, and those that feature-store adds, are texts. */
function detailTypeOf({ columns }: ContractTable, column: string): DetailType {
  const kind = columns.find(({ name }) => name === column)?.kind;
  return (kind && DETAIL_TYPES[kind]) ?? 'text';
}
