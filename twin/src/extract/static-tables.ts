import * as accounts from './accounts.js';
import * as customers from './customers.js';
import * as done from './done.js';
import { marketRows } from './market.js';
import type { TableSet } from './table-set.js';
import type { TableSource } from './table-source.js';
import * as tables from './tables.js';
import * as what from './what.js';
import * as where from './where.js';
import * as who from './who.js';

/** Writes the tables that are one file each. */
export function writeStaticTables(set: TableSet, known: TableSource): void {
  const persons = customers.customersOf(known);
  set.write(tables.orgUnits, where.orgUnitRows());
  set.write(tables.cells, where.cellRows(known));
  set.write(tables.communities, where.communityRows(known));
  set.write(tables.cellCommunities, where.cellCommunityRows(known));
  set.write(tables.holidays, where.holidayRows(known));
  set.write(tables.customers, customers.customerRows(known, persons));
  set.write(tables.customerLinks, customers.linkRows(known, persons));
  set.write(tables.addressObservations, customers.addressRows(known, persons));
  set.write(tables.accounts, accounts.accountRows(known));
  set.write(tables.subscriptions, who.subscriptionRows(known, persons));
  set.write(tables.accountPayments, accounts.accountPaymentRows(known));
  set.write(tables.accountMonths, accounts.firmAccountMonthRows(known), 'account_months/firms.csv');
  set.write(tables.numberHistory, who.numberRows(known));
  set.write(tables.statusHistory, who.statusRows(known));
  set.write(tables.householdMembers, who.householdRows(known));
  set.write(tables.plans, what.planRows());
  set.write(tables.planRates, what.planRateRows());
  set.write(tables.planHistory, what.planHistoryRows(known));
  set.write(tables.products, what.productRows());
  set.write(tables.handsetModels, what.handsetModelRows());
  set.write(tables.handsetUse, what.handsetUseRows(known));
  set.write(tables.marketMonths, marketRows(known));
  const hasTrial = done.hasTrial(known);
  const hasContacts = (known.contacted?.contacts.length ?? 0) > 0;
  if (hasTrial || hasContacts) set.write(tables.campaigns, done.campaignRows(known));
  if (hasTrial) set.write(tables.assignments, done.assignmentRows(known));
  if (hasTrial || hasContacts) set.write(tables.touches, done.touchRows(known));
  set.write(tables.productOrders, what.productOrderRows(known));
}
