import path from 'node:path';
import { ErrorInjector, type ErrorSettings, type InjectedError } from '../error-injection/error-injector.js';
import { TableFile, type Cell, type ExtractTable, type WrittenFile } from '../table/table.js';
import * as accounts from './accounts.js';
import * as customers from './customers.js';
import * as interactions from './interactions.js';
import * as locations from './locations.js';
import { marketRows } from './market.js';
import * as products from './products.js';
import * as subscriptions from './subscriptions.js';
import type { TableSource } from './table-source.js';
import * as tables from './tables.js';

/** Writes the tables with one file each. */
export function writeStaticTables(set: TableSet, source: TableSource): void {
  const persons = customers.customersOf(source);
  set.write(tables.orgUnits, locations.orgUnitRows());
  set.write(tables.cells, locations.cellRows(source));
  set.write(tables.communities, locations.communityRows(source));
  set.write(tables.cellCommunities, locations.cellCommunityRows(source));
  set.write(tables.holidays, locations.holidayRows(source));
  set.write(tables.customers, customers.customerRows(source, persons));
  set.write(tables.customerLinks, customers.linkRows(source, persons));
  set.write(tables.addressObservations, customers.addressRows(source, persons));
  set.write(tables.accounts, accounts.accountRows(source));
  set.write(tables.subscriptions, subscriptions.subscriptionRows(source, persons));
  set.write(tables.accountPayments, accounts.accountPaymentRows(source));
  set.write(tables.accountMonths, accounts.firmAccountMonthRows(source), 'account_months/firms.csv');
  set.write(tables.numberHistory, subscriptions.numberRows(source));
  set.write(tables.statusHistory, subscriptions.statusRows(source));
  set.write(tables.householdMembers, subscriptions.householdRows(source));
  set.write(tables.plans, products.planRows());
  set.write(tables.planRates, products.planRateRows());
  set.write(tables.planHistory, products.planHistoryRows(source));
  set.write(tables.products, products.productRows());
  set.write(tables.handsetModels, products.handsetModelRows());
  set.write(tables.handsetUse, products.handsetUseRows(source));
  set.write(tables.marketMonths, marketRows(source));
  const hasTrial = interactions.hasTrial(source);
  const hasContacts = (source.contactHistory?.contacts.length ?? 0) > 0;
  if (hasTrial || hasContacts) set.write(tables.campaigns, interactions.campaignRows(source));
  if (hasTrial) set.write(tables.assignments, interactions.assignmentRows(source));
  if (hasTrial || hasContacts) set.write(tables.touches, interactions.touchRows(source));
  set.write(tables.productOrders, products.productOrderRows(source));
}

const SALT = 1 << 25;

/** Writes tables with one file each, with injected errors. */
export class TableSet {
  readonly files: WrittenFile[] = [];
  readonly injectedErrors: InjectedError[] = [];
  private written = 0;

  constructor(
    private readonly folder: string,
    private readonly setting: ErrorSettings,
  ) {}

  /** @param relative path in the folder */
  write(table: ExtractTable, rows: Iterable<Cell[]>, relative = `${table.name}.csv`): void {
    this.written += 1;
    const hooks = new ErrorInjector(table, relative, this.setting, SALT + this.written);
    const file = new TableFile(table, path.resolve(this.folder), relative, hooks);
    for (const row of rows) file.write(row);
    this.files.push(file.close());
    this.injectedErrors.push(...hooks.rows);
  }
}
