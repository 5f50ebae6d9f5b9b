import { pageOf } from '@holdfast/platform/paging';
import { Inject, Injectable } from '@nestjs/common';
import type { ListWorkItemsRequest, ListWorkItemsResponse, Queue } from '@holdfast/contracts/campaign/v1/work';
import { orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { moneyOf } from '@holdfast/platform/money';
import { CONFIG } from '@holdfast/platform/service';
import { ITEM_COLUMNS, leaseInForce, workItemMessage, type WorkItemRow } from './work-item.js';

const PAGE_ITEMS_MAX = 1_000;
const PAGE_ITEMS_DEFAULT = 100;
const STATES: readonly string[] = ['', 'open', 'leased', 'done'];

export const queueUnknown = failure('notFound', 'queue.unknown', {
  en: 'There is no such queue.',
  'zh-CN': '没有此工作队列。',
});
const stateUnknown = failure('invalid', 'work.stateUnknown', {
  en: 'The state of a work item is open, leased or done.',
  'zh-CN': '工作项状态只能是 open、leased 或 done。',
});
const pageTokenMalformed = failure('invalid', 'page.tokenMalformed', {
  en: 'The page token is not one of this list.',
  'zh-CN': '分页令牌无效。',
});
const listRebuilt = failure('gone', 'work.listRebuilt', {
  en: 'The list was rebuilt meanwhile. Start again with the first page.',
  'zh-CN': '名单已重新生成，请从第一页重新开始。',
});

interface QueueRow {
  name: string;
  run_id: string;
  model_id: string;
  model_name: string;
  month: string;
  built_at: Date;
  efficiency_basis: string;
  contact_cost_minor: string | null;
  currency: string;
  open: string;
  leased: string;
  done: string;
}

/** Read access to the ranked lists. */
@Injectable()
export class Queues {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /**
   * All queues by name, with counts within the caller's region; without queues of ended campaigns and of campaigns of
   * other regions.
   */
  async list(call: Call): Promise<Queue[]> {
    const sql = `select q.name, q.run_id, b.model_id, b.model_name, b.month, b.built_at, b.efficiency_basis, b.contact_cost_minor, b.currency,
        count(*) filter (where i.state = 'open' and not i.leased) as open,
        count(*) filter (where i.leased) as leased,
        count(*) filter (where i.state = 'done' and not i.leased) as done
      from queue q
      join list_build b on b.id = q.list_build_id
      left join campaign c on c.id = b.campaign_id
      left join lateral (
        select i.state, ${leaseInForce('$2')} as leased from work_item i
        where i.list_build_id = q.list_build_id and i.org_unit_path ^@ any($1::text[])
      ) i on true
      where c.id is null
        or c.state in ('running', 'paused')
          and exists (select from unnest($1::text[]) region where c.org_unit_path ^@ region or region ^@ c.org_unit_path)
      group by q.name, q.run_id, b.id
      order by q.name`;
    const rows = await this.database.query<QueueRow>(sql, [orgUnitFilter(call.caller), this.clock.now()]);
    return rows.map((row) => ({
      queue: row.name,
      runId: row.run_id,
      modelId: row.model_id,
      modelName: row.model_name,
      month: row.month,
      builtAt: row.built_at,
      items: { open: Number(row.open), leased: Number(row.leased), done: Number(row.done) },
      efficiencyBasis: row.efficiency_basis,
      contactCost: moneyOf(row.contact_cost_minor, row.currency),
    }));
  }

  /** A page by rank. @throws notFound; invalid; gone if the list was rebuilt between two pages */
  async listItems(call: Call, request: ListWorkItemsRequest): Promise<ListWorkItemsResponse> {
    if (!STATES.includes(request.state)) throw stateUnknown();
    const selectQueue = 'select list_build_id from queue where name = $1';
    const [queue] = await this.database.query<{ list_build_id: string }>(selectQueue, [request.queue]);
    if (queue === undefined) throw queueUnknown();
    const pageSize = Math.min(request.pageSize || PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX);
    const now = this.clock.now();
    const rows = await this.database.query<WorkItemRow & { leased: boolean }>(
      `select * from (
         select ${ITEM_COLUMNS}, ${leaseInForce('$4')} as leased
         from work_item i join list_build b on b.id = i.list_build_id
         where i.list_build_id = $1 and i.org_unit_path ^@ any($2::text[]) and i.rank > $3
       ) as item
       where $5 = '' or $5 = case when leased then 'leased' else state end
       order by rank limit $6`,
      [
        queue.list_build_id,
        orgUnitFilter(call.caller),
        rankOf(request.pageToken, queue.list_build_id),
        now,
        request.state,
        pageSize + 1,
      ],
      'list-work-items',
    );
    const { page, nextPageToken } = pageOf(rows, pageSize, ({ rank }) => tokenOf(queue.list_build_id, rank));
    const { operator } = this.config;
    return { items: page.map((row) => workItemMessage(row, { leased: row.leased, now, operator })), nextPageToken };
  }
}

/** A rank is only valid within one list build, so the token contains both. */
function tokenOf(listBuildId: string, rank: string): string {
  return Buffer.from(`${listBuildId}/${rank}`, 'utf8').toString('base64url');
}

function rankOf(pageToken: string, listBuildId: string): number {
  if (pageToken === '') return 0;
  const [tokenListBuildId = '', rank = ''] = Buffer.from(pageToken, 'base64url').toString('utf8').split('/');
  if (!isUuid(tokenListBuildId) || !/^\d{1,15}$/.test(rank)) throw pageTokenMalformed();
  if (tokenListBuildId !== listBuildId) throw listRebuilt();
  return Number(rank);
}
