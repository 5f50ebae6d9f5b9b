import { Inject, Injectable } from '@nestjs/common';
import { CustomerContacted } from '@holdfast/contracts/campaign/v1/contact';
import type { GetValueGroupReportRequest, ReportService } from '@holdfast/contracts/evaluation/v1/reports';
import {
  ValueGroupServiceDefinition,
  type CountValueGroupsRequest,
  type CountedMonths,
  type ValueGroupService,
} from '@holdfast/contracts/feature_store/v1/value_group';
import { addMonths, checkedMonth, firstDayOf, localCalendar, type LocalCalendar } from '@holdfast/platform/calendar';
import { orgUnitFilter, systemCaller, type Caller } from '@holdfast/platform/caller';
import { ROWS_PER_BATCH_MAX, categories, columnBatch, uuids } from '@holdfast/platform/columns';
import type { Envelope } from '@holdfast/platform/consumer';
import { Database, insertRow, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID } from '@holdfast/platform/identity';
import { scoped } from '@holdfast/platform/scoped';
import { FactTables } from '../fact-tables.js';

const noMonth = failure('precondition', 'report.noClosedMonth', {
  en: 'No month is closed yet.',
  'zh-CN': '尚无已关账的月份。',
});

interface ContactRow {
  touch_id: string;
  subscription_id: string;
  at: Date;
}

/**
 * The monthly report of value groups. feature-store counts, within the caller's region; contacts made with Holdfast are
 * sent to it, since only those of other systems are in the extracts.
 */
@Injectable()
export class ValueGroupReports {
  constructor(
    private readonly database: Database,
    private readonly facts: FactTables,
    @Inject(ValueGroupServiceDefinition.fullName) private readonly valueGroups: Rpc<ValueGroupService>,
  ) {}

  readonly handlers: Rpc<ReportService> = {
    getValueGroupReport: scoped('evaluation:read', async (call, request) => {
      const { timeZone, closedMonths } = await this.facts.describe(call.signal);
      const months = monthsOf(request, closedMonths.at(-1));
      const calendar = localCalendar(timeZone);
      const orgUnitPaths = pathsOf(call.caller, request.orgUnitPath);
      const { levels } = request;
      const selected = { ...months, orgUnitPaths, levels, knowledgeTime: undefined };
      const asService = { ...call, caller: systemCaller('evaluation') };
      return this.valueGroups.countValueGroups(asService, this.partsOf(selected, calendar));
    }),
  };

  async contacted(tx: Transaction, event: CustomerContacted, { occurredAt }: Envelope): Promise<void> {
    const { touchId, subscriptionId } = event;
    const row = { touch_id: touchId, subscription_id: subscriptionId, at: occurredAt };
    await insertRow(tx, 'own_contact', row, 'on conflict do nothing');
  }

  /** The selection, then the contacts of its months, a batch at a time. */
  private async *partsOf(months: CountedMonths, calendar: LocalCalendar): AsyncGenerator<CountValueGroupsRequest> {
    yield { part: { $case: 'months', months } };
    const end = calendar.startOfDay(firstDayOf(addMonths(months.toMonth, 1)));
    let after = { at: new Date(calendar.startOfDay(firstDayOf(months.fromMonth)).getTime() - 1), touch_id: NIL_UUID };
    for (;;) {
      const sql = `select touch_id, subscription_id, at from own_contact
        where (at, touch_id) > ($1, $2::uuid) and at < $3 order by at, touch_id limit $4`;
      const rows = await this.database.query<ContactRow>(sql, [after.at, after.touch_id, end, ROWS_PER_BATCH_MAX]);
      if (rows.length === 0) return;
      const contacts = columnBatch(rows, {
        subscription_id: uuids((row) => row.subscription_id),
        month: categories((row) => calendar.monthOf(row.at.getTime())),
      });
      yield { part: { $case: 'contacts', contacts } };
      after = rows.at(-1)!;
    }
  }
}

/** @throws invalid for a text that is not a month; precondition where no month is closed */
function monthsOf({ fromMonth, toMonth }: GetValueGroupReportRequest, last: string | undefined) {
  if (last === undefined) throw noMonth();
  const to = toMonth === '' ? last : checkedMonth(toMonth);
  return { fromMonth: fromMonth === '' ? to : checkedMonth(fromMonth), toMonth: to };
}

/** The caller's region, narrowed to an org unit; an org unit outside of it has no rows. */
function pathsOf(caller: Caller, orgUnitPath: string): string[] {
  const region = [...orgUnitFilter(caller)];
  if (orgUnitPath === '') return region;
  const within = region.filter((prefix) => prefix.startsWith(orgUnitPath));
  return region.some((prefix) => orgUnitPath.startsWith(prefix)) ? [orgUnitPath] : within;
}
