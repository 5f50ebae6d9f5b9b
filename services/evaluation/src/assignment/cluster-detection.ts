import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { JobRun } from '@holdfast/platform/jobs';
import { copyColumns, type CopyColumns } from '@holdfast/platform/copy';
import { idsOf } from '@holdfast/platform/facts';
import { shardRanges, type FactTables } from '../fact-tables.js';

/** Largest share of linked groups with several arms (wrong rows, moves) at which a campaign still counts as clustered. */
const MIXED_SHARE_MAX = 0.01;
/** Limit of the label propagation; longer chains of links remain separate clusters. */
const ROUNDS_MAX = 20;

const LINKS = `
  create temporary table staged_link (subscription_id uuid, link text) on commit drop;
  create temporary table linked (subscription_id uuid, link text) on commit drop`;

/** Keeps links of assigned subscriptions and households. */
const KEEP_ASSIGNED = `
  insert into linked
  select distinct subscription_id, link from staged_link r
  where link is not null and (
    exists (select from staged_assignment a where a.subscription_id = r.subscription_id)
    or exists (select from staged_assignment a where 'household ' || a.household = r.link))`;

/** Campaigns that state randomisation by subscription, but assign the same arm to linked subscriptions. */
const CLUSTERED = `
  update campaign c set clustered = coalesce(links.arms > 1 and links.mixed <= $1::float8 * links.groups, false)
  from campaign of_extract
  left join (
    select campaign_id, count(*) as groups, count(*) filter (where arms > 1) as mixed, count(distinct first_arm) as arms
    from (
      select p.campaign_id, l.link, count(distinct p.arm) as arms, min(p.arm) as first_arm
      from placed p join linked l using (subscription_id)
      group by 1, 2 having count(*) > 1
    ) as linked_group
    group by 1
  ) as links on links.campaign_id = of_extract.id
  where of_extract.id = c.id and c.origin = 'extract' and c.randomisation_unit = 'subscription'`;

/** Label propagation: each round gives a subscription the smallest id among those it shares a link with. */
const PROPAGATE = `
  with changed as (
  update cluster set label = nearest.label
  from (
    select subscription_id, min(label) as label
    from (
      select l.subscription_id, min(c.label) over (partition by l.link) as label
      from linked l join cluster c using (subscription_id)
    ) as of_link
    group by 1
  ) as nearest
  where nearest.subscription_id = cluster.subscription_id and nearest.label < cluster.label
  returning 1)
  select count(*)::int as rows from changed`;

const JOIN = `
  update assignment a set cluster_id = cluster.label::uuid
  from cluster, campaign c
  where cluster.subscription_id = a.subscription_id and c.id = a.campaign_id and c.clustered
    and c.origin = 'extract' and c.randomisation_unit = 'subscription' and a.cluster_id <> cluster.label::uuid`;

/**
 * Fills the temporary table `linked`: assigned subscriptions by account and by the operator's household. Reads all
 * subscriptions, a range of shards at a time.
 */
export async function stageLinks(
  tx: Transaction,
  run: JobRun,
  facts: FactTables,
  available: ReadonlySet<string>,
): Promise<void> {
  await rowsOf(tx, LINKS);
  for (const shards of shardRanges()) {
    if (available.has('subscriptions')) {
      const batches = facts.read(run, 'subscriptions', ['account_id'], shards);
      await copyColumns(tx, 'staged_link', linkColumns('account'), batches, run.signal);
    }
    if (available.has('household_members')) {
      const batches = facts.read(run, 'household_members', [], shards);
      await copyColumns(tx, 'staged_link', linkColumns('household'), batches, run.signal);
    }
    await rowsOf(tx, KEEP_ASSIGNED);
    await rowsOf(tx, 'truncate staged_link');
  }
  await rowsOf(tx, 'analyze linked');
}

function linkColumns(kind: 'account' | 'household'): CopyColumns<ColumnBatch> {
  return {
    subscription_id: (batch) => idsOf(batch, 'subscription_id'),
    link: (batch) => idsOf(batch, `${kind}_id`).map((id) => (id === '' ? null : `${kind} ${id}`)),
  };
}

/**
 * Joins linked subscriptions into one cluster in campaigns detected as clustered: their real randomisation unit is
 * larger, and treating its members as independent understates the variance. Requires the tables `placed` and `linked`.
 */
export async function joinClusters(tx: Transaction): Promise<void> {
  await rowsOf(tx, CLUSTERED, [MIXED_SHARE_MAX]);
  const sql = `create temporary table cluster on commit drop as
    select distinct subscription_id, subscription_id::text as label from placed`;
  await rowsOf(tx, sql);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const [changed] = await rowsOf<{ rows: number }>(tx, PROPAGATE);
    if (changed!.rows === 0) break;
  }
  await rowsOf(tx, JOIN);
}
