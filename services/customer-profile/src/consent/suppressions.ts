import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import type {
  AddSuppressionRequest,
  ListSuppressionsRequest,
  ListSuppressionsResponse,
  Suppression as SuppressionMessage,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { sees, orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { isUuid, newId } from '@holdfast/platform/identity';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { changeCustomer } from '../customer/change-customer.js';
import { Suppression } from './suppression.entity.js';
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
    const query = this.database.orm.manager
      .createQueryBuilder(Suppression, 'suppression')
      .where('suppression.orgUnitPath ^@ any(cast(:region as text[]))', { region: orgUnitFilter(caller) })
      .orderBy('suppression.suppressionId', 'DESC')
      .take(pageSize + 1);
    if (customerId !== '') query.andWhere('suppression.customerId = :customerId', { customerId });
    if (pageToken !== '') query.andWhere('suppression.suppressionId < :pageToken', { pageToken });
    const rows = await query.getMany();
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    return { suppressions: page.map(messageOf), nextPageToken: last?.suppressionId ?? '' };
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
      const same = { customerId, channel, reason, validTo: validTo ?? IsNull() };
      const there = await tx.findOneBy(Suppression, same);
      if (there !== null) return messageOf(there);
      const added = tx.create(Suppression, {
        ...{ customerId, channel, reason, validFrom, validTo, orgUnitPath },
        suppressionId: newId(),
        addedBy: caller.client,
      });
      await tx.insert(Suppression, added);
      return messageOf(added);
    });
  }

  /**
   * Ends one now; one that has ended stays as it is.
   * @throws notFound
   */
  end(caller: Caller, suppressionId: string): Promise<SuppressionMessage> {
    return this.database.transaction(async (tx) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const found = isUuid(suppressionId) ? await tx.findOne(Suppression, { where: { suppressionId }, lock }) : null;
      if (found === null || !sees(caller, found.orgUnitPath)) throw suppressionUnknown();
      const now = this.clock.now();
      if (found.validTo !== null && found.validTo <= now) return messageOf(found);
      await tx.update(Suppression, { suppressionId }, { validTo: now });
      found.validTo = now;
      return messageOf(found);
    });
  }
}

function messageOf(suppression: Suppression): SuppressionMessage {
  const { suppressionId, customerId, channel, reason, validFrom, validTo } = suppression;
  return { suppressionId, customerId, channel, reason, from: validFrom, to: validTo ?? undefined };
}
