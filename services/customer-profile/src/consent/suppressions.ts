import { Injectable } from '@nestjs/common';
import type {
  AddSuppressionRequest,
  ListSuppressionsRequest,
  ListSuppressionsResponse,
  Suppression,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf, insertRow, messageOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isUuid, newId, uuidOrNull } from '@holdfast/platform/identity';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { changeCustomer } from '../customer/change-customer.js';
import { SUPPRESSION_REASONS } from '@holdfast/platform/terms';
import { CHANNELS, termOf } from './terms.js';

const PAGE_ROWS_MAX = 200;
const PAGE_ROWS = 50;

const suppressionUnknown = failure('notFound', 'suppression.unknown', {
  en: 'There is no such suppression.',
  'zh-CN': '没有这条免打扰记录。',
});
const endsInPast = failure('unprocessable', 'suppression.endsInPast', {
  en: 'The end of a suppression must be in the future.',
  'zh-CN': '免打扰的结束时间必须晚于当前时间。',
});

/** Of a suppression as a message. */
const COLUMNS = 'suppression_id, customer_id, channel, reason, valid_from as "from", valid_to as "to"';

@Injectable()
export class Suppressions {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Newest first: ids rise with the time of making. */
  async list(caller: Caller, request: ListSuppressionsRequest): Promise<ListSuppressionsResponse> {
    const { customerId, pageToken } = request;
    if (customerId !== '' && !isUuid(customerId)) return { suppressions: [], nextPageToken: '' };
    const before = idAfter(pageToken);
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const sql = `select ${COLUMNS} from suppression
      where org_unit_path ^@ any($1::text[]) and ($2::uuid is null or customer_id = $2)
        and ($3::uuid is null or suppression_id < $3)
      order by suppression_id desc limit $4`;
    const params = [orgUnitFilter(caller), customerId || null, before, pageSize + 1];
    const rows = await this.database.query<{ suppression_id: string }>(sql, params);
    const { page, nextPageToken } = pageOf(rows, pageSize, (last) => last.suppression_id);
    return { suppressions: page.map((row) => messageOf<Suppression>(row)), nextPageToken };
  }

  /**
   * Returns the existing one for an equal request, so that a retry does not create a second.
   * @throws notFound, invalid, unprocessable
   */
  add(caller: Caller, request: AddSuppressionRequest): Promise<Suppression> {
    const channel = termOf('channel', CHANNELS, request.channel);
    const reason = termOf('reason', SUPPRESSION_REASONS, request.reason);
    const { customerId } = request;
    return this.database.transaction(async (tx) => {
      const { orgUnitPath } = await changeCustomer(tx, caller, customerId);
      const from = this.clock.now();
      const to = request.to ?? null;
      if (to !== null && to <= from) throw endsInPast();
      const sql = `select ${COLUMNS} from suppression
        where customer_id = $1 and channel = $2 and reason = $3 and valid_to is not distinct from $4`;
      const [existing] = await rowsOf<object>(tx, sql, [customerId, channel, reason, to]);
      if (existing !== undefined) return messageOf(existing);
      const row = {
        ...{ suppression_id: newId(), customer_id: customerId, channel, reason, valid_from: from, valid_to: to },
        ...{ added_by: caller.client, org_unit_path: orgUnitPath },
      };
      const [added] = await insertRow(tx, 'suppression', row, `returning ${COLUMNS}`);
      return messageOf(added!);
    });
  }

  /**
   * Ends one now; one that has ended stays as it is.
   * @throws notFound
   */
  end(caller: Caller, suppressionId: string): Promise<Suppression> {
    return this.database.transaction(async (tx) => {
      const [row] = await rowsOf<{ to: Date | null }>(
        tx,
        `select ${COLUMNS} from suppression where suppression_id = $1 and org_unit_path ^@ any($2::text[]) for update`,
        [uuidOrNull(suppressionId), orgUnitFilter(caller)],
      );
      if (row === undefined) throw suppressionUnknown();
      const now = this.clock.now();
      if (row.to !== null && row.to <= now) return messageOf(row);
      await rowsOf(tx, 'update suppression set valid_to = $2 where suppression_id = $1', [suppressionId, now]);
      return messageOf({ ...row, to: now });
    });
  }
}
