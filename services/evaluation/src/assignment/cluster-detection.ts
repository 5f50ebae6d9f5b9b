import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { JobRun } from '@holdfast/platform/jobs';
import { copyRows, type CopyRow } from '@holdfast/platform/copy';
import { idsOf, textsOf } from '@holdfast/platform/facts';
import { shardRanges, type FactTables } from '../fact-tables.js';

/** Share of linked groups that may be mixed (wrong rows, people who moved) before the draw counts as one by one. */
const MIXED_SHARE_MAX = 0.01;
/** Links of links: a household has a few accounts, an account a few households. What is still open then stays apart. */
const ROUNDS_MAX = 20;

const LINKS = `
  create temporary table arrived (subscription_id uuid, link text) on commit drop;
  create temporary table linked (subscription_id uuid, link text) on commit drop`;

/** Of everybody, those are kept who were assigned, or whose household was. */
const KEEP_ASSIGNED = `
  insert into linked
  select distinct subscription_id, link from arrived r
  where link is not null and (
    exists (select from staged_assignment a where a.subscription_id = r.subscription_id)
    or exists (select from staged_assignment a where 'household ' || a.household = r.link))`;

/** Campaigns drawn by subscription, as it is written, whose links tell another story. */
const CLUSTERED = `
  update campaign c set clustered = coalesce(found.arms > 1 and found.mixed <= $1::float8 * found.groups, false)
  from campaign of_extract
  left join (
    select campaign_id, count(*) as groups, count(*) filter (where arms > 1) as mixed, count(distinct first_arm) as arms
    from (
      select p.campaign_id, l.link, count(distinct p.arm) as arms, min(p.arm) as first_arm
      from placed p join linked l using (subscription_id)
      group by 1, 2 having count(*) > 1
    ) as linked_group
    group by 1
  ) as found on found.campaign_id = of_extract.id
  where of_extract.id = c.id and c.origin = 'extract' and c.randomisation_unit = 'subscription'`;

/** The smallest id among all that a subscription is linked with, a link further each time. */
const SPREAD = `
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
 * Notes who is linked with whom: by an account, or by a household that the operator knows. Everybody is looked at, a
 * range of shards at a time; those who were assigned are kept (table `linked`).
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
      await copyRows(tx, 'arrived', 'subscription_id, link', linkRows(batches, 'account'), run.signal);
    }
    if (available.has('household_members')) {
      const batches = facts.read(run, 'household_members', [], shards);
      await copyRows(tx, 'arrived', 'subscription_id, link', linkRows(batches, 'household'), run.signal);
    }
    await rowsOf(tx, KEEP_ASSIGNED);
    await rowsOf(tx, 'truncate arrived');
  }
  await rowsOf(tx, 'analyze linked');
}

async function* linkRows(
  batches: AsyncIterable<ColumnBatch>,
  kind: 'account' | 'household',
): AsyncGenerator<CopyRow[]> {
  for await (const batch of batches) {
    const ids = kind === 'account' ? idsOf(batch, 'account_id') : textsOf(batch, 'household_id', '');
    yield idsOf(batch, 'subscription_id').map((subscription, row) => [
      subscription,
      ids[row] === '' ? null : `${kind} ${ids[row]}`,
    ]);
  }
}

/**
 * Gives those one cluster who are linked, in campaigns that say to have drawn by subscription and yet always gave the
 * same to those who are linked: they drew something larger, and whoever takes its members for independent is too sure
 * of himself. (`placed` and `linked` are there.)
 */
export async function joinLinked(tx: Transaction): Promise<void> {
  await rowsOf(tx, CLUSTERED, [MIXED_SHARE_MAX]);
  await rowsOf(
    tx,
    `create temporary table cluster on commit drop as
     select distinct subscription_id, subscription_id::text as label from placed`,
  );
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const [changed] = await rowsOf<{ rows: number }>(tx, SPREAD);
    if (changed!.rows === 0) break;
  }
  await rowsOf(tx, JOIN);
}
