import { Injectable } from '@nestjs/common';
import type {
  AddSuppressionRequest,
  ListSuppressionsRequest,
  ListSuppressionsResponse,
  Suppression as SuppressionMessage,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isUuid, newId } from '@holdfast/platform/identity';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { changeCustomer } from '../customer/change-customer.js';
import { CHANNELS, SUPPRESSION_REASONS, termOf } from './terms.js';

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

const COLUMNS = 'suppression_id, customer_id, channel, reason, valid_from, valid_to';

interface SuppressionRow {
  suppression_id: string;
  customer_id: string;
  channel: string;
  reason: string;
  valid_from: Date;
  /** Null: for ever. */
  valid_to: Date | null;
}

/** Who must not be approached. */
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
    if (pageToken !== '' && !isUuid(pageToken)) throw pageTokenInvalid();
    const pageSize = Math.min(request.pageSize || PAGE_ROWS, PAGE_ROWS_MAX);
    const rows = await this.database.query<SuppressionRow>(
      `select ${COLUMNS} from suppression
       where org_unit_path ^@ any($1::text[]) and ($2::uuid is null or customer_id = $2)
         and ($3::uuid is null or suppression_id < $3)
       order by suppression_id desc limit $4`,
      [orgUnitFilter(caller), customerId || null, pageToken || null, pageSize + 1],
    );
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    return { suppressions: page.map(messageOf), nextPageToken: last?.suppression_id ?? '' };
  }

  /**
   * Returns the existing one for an equal request, so that a retry does not create a second.
   * @throws notFound, invalid, unprocessable
   */
  add(caller: Caller, request: AddSuppressionRequest): Promise<SuppressionMessage> {
    const channel = termOf('channel', CHANNELS, request.channel);
    const reason = termOf('reason', SUPPRESSION_REASONS, request.reason);
    const { customerId } = request;
    return this.database.transaction(async (tx) => {
      const { orgUnitPath } = await changeCustomer(tx, caller, customerId);
      const validFrom = this.clock.now();
      const validTo = request.to ?? null;
      if (validTo !== null && validTo <= validFrom) throw endsInPast();
      const [existing] = await rowsOf<SuppressionRow>(
        tx,
        `select ${COLUMNS} from suppression
         where customer_id = $1 and channel = $2 and reason = $3 and valid_to is not distinct from $4`,
        [customerId, channel, reason, validTo],
      );
      if (existing !== undefined) return messageOf(existing);
      const [added] = await rowsOf<SuppressionRow>(
        tx,
        `insert into suppression (suppression_id, customer_id, channel, reason, valid_from, valid_to, added_by, org_unit_path)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${COLUMNS}`,
        [newId(), customerId, channel, reason, validFrom, validTo, caller.client, orgUnitPath],
      );
      return messageOf(added!);
    });
  }

  /**
   * Ends one now; one that has ended stays as it is.
   * @throws notFound
   */
  end(caller: Caller, suppressionId: string): Promise<SuppressionMessage> {
    return this.database.transaction(async (tx) => {
      const [row] = isUuid(suppressionId)
        ? await rowsOf<SuppressionRow>(
            tx,
            `select ${COLUMNS} from suppression where suppression_id = $1 and org_unit_path ^@ any($2::text[]) for update`,
            [suppressionId, orgUnitFilter(caller)],
          )
        : [];
      if (row === undefined) throw suppressionUnknown();
      const now = this.clock.now();
      if (row.valid_to !== null && row.valid_to <= now) return messageOf(row);
      await rowsOf(tx, 'update suppression set valid_to = $2 where suppression_id = $1', [suppressionId, now]);
      return messageOf({ ...row, valid_to: now });
    });
  }
}

function messageOf(row: SuppressionRow): SuppressionMessage {
  return {
    suppressionId: row.suppression_id,
    customerId: row.customer_id,
    channel: row.channel,
    reason: row.reason,
    from: row.valid_from,
    to: row.valid_to ?? undefined,
  };
}
