import * as accounts from './accounts.js';
import * as customers from './customers.js';
import * as done from './interactions.js';
import * as where from './locations.js';
import { marketRows } from './market.js';
import * as what from './products.js';
import * as who from './subscriptions.js';
import type { TableSet } from './table-set.js';
import type { TableSource } from './table-source.js';
import * as tables from './tables.js';

/** Writes the tables with one file each. */
export function writeStaticTables(set: TableSet, source: TableSource): void {
  const persons = customers.customersOf(source);
  set.write(tables.orgUnits, where.orgUnitRows());
  set.write(tables.cells, where.cellRows(source));
  set.write(tables.communities, where.communityRows(source));
  set.write(tables.cellCommunities, where.cellCommunityRows(source));
  set.write(tables.holidays, where.holidayRows(source));
  set.write(tables.customers, customers.customerRows(source, persons));
  set.write(tables.customerLinks, customers.linkRows(source, persons));
  set.write(tables.addressObservations, customers.addressRows(source, persons));
  set.write(tables.accounts, accounts.accountRows(source));
  set.write(tables.subscriptions, who.subscriptionRows(source, persons));
  set.write(tables.accountPayments, accounts.accountPaymentRows(source));
  set.write(tables.accountMonths, accounts.firmAccountMonthRows(source), 'account_months/firms.csv');
  set.write(tables.numberHistory, who.numberRows(source));
  set.write(tables.statusHistory, who.statusRows(source));
  set.write(tables.householdMembers, who.householdRows(source));
  set.write(tables.plans, what.planRows());
  set.write(tables.planRates, what.planRateRows());
  set.write(tables.planHistory, what.planHistoryRows(source));
  set.write(tables.products, what.productRows());
  set.write(tables.handsetModels, what.handsetModelRows());
  set.write(tables.handsetUse, what.handsetUseRows(source));
  set.write(tables.marketMonths, marketRows(source));
  const hasTrial = done.hasTrial(source);
  const hasContacts = (source.contactHistory?.contacts.length ?? 0) > 0;
  if (hasTrial || hasContacts) set.write(tables.campaigns, done.campaignRows(source));
  if (hasTrial) set.write(tables.assignments, done.assignmentRows(source));
  if (hasTrial || hasContacts) set.write(tables.touches, done.touchRows(source));
  set.write(tables.productOrders, what.productOrderRows(source));
}
