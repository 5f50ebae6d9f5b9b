import { Inject, Injectable } from '@nestjs/common';
import type { DescribeFactsResponse } from '@holdfast/contracts/feature_store/v1/facts';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { PlatformConfig } from '@holdfast/platform/config';
import { CONTROL } from '@holdfast/platform/control-group';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { subscriptionId } from '@holdfast/platform/identity';
import type { JobRun } from '@holdfast/platform/jobs';
import { CONFIG } from '@holdfast/platform/service';
import { copyRows, type CopyRow, copyColumns, type CopyColumns } from '@holdfast/platform/copy';
import { flagsOf, idsOf, numbersOf, textsOf } from '@holdfast/platform/facts';
import { FactTables } from '../fact-tables.js';
import { joinClusters, stageLinks } from './cluster-detection.js';
import { groupKeys, noteOnSeveral, notesOnNames, type AssignmentNote, type SpeltGroup } from './group-names.js';

const STAGING = `
  create temporary table staged_campaign (id text, name text, starts_on_day int) on commit drop;
  create temporary table staged_assignment (
    campaign_id text, household text, subscription_id uuid, arm text, group_key text, stratum text, propensity float8,
    at_ms float8, org_unit_path text
  ) on commit drop;
  create temporary table staged_touch (
    touch_id text, campaign_id text, subscription_id uuid, channel text, response text, hit boolean, cost_minor bigint,
    org_unit_path text
  ) on commit drop`;

/** Groups by key, each with its most frequent name. */
const NAME_GROUPS = `
  create temporary table spelt_group on commit drop as
  select campaign_id, group_key,
    case when group_key = '${CONTROL}' then group_key else btrim(mode() within group (order by arm)) end as arm,
    array_agg(distinct arm order by arm) as spellings
  from staged_assignment group by campaign_id, group_key`;

/** A row per assigned subscription; an assigned household has a row per known member. */
const FIND_MEMBERS = `
  create temporary table member on commit drop as
  select a.campaign_id, coalesce(a.subscription_id, l.subscription_id) as subscription_id, g.arm, a.stratum, a.propensity,
    (extract(year from local_at) * 12 + extract(month from local_at) - 1)::int as month, a.org_unit_path,
    coalesce(md5('household ' || a.household)::uuid, a.subscription_id) as cluster_id, a.household
  from staged_assignment a
  join spelt_group g on g.campaign_id = a.campaign_id and g.group_key = a.group_key
  cross join lateral (select to_timestamp(a.at_ms / 1000) at time zone $1 as local_at) as moment
  left join linked l on a.subscription_id is null and l.link = 'household ' || a.household
  where coalesce(a.subscription_id, l.subscription_id) is not null`;

const FIND_SEVERAL = `
  create temporary table in_several on commit drop as
  select campaign_id, subscription_id, string_agg(distinct arm, ' + ' order by arm) as groups
  from member group by campaign_id, subscription_id having min(arm) <> max(arm)`;

/**
 * One row per subscription. A subscription assigned to several groups is excluded: its treatment is unknown, and counting
 * it in one or all of them would contaminate the comparison.
 */
const PLACE = `
  create temporary table placed on commit drop as
  select distinct on (campaign_id, subscription_id) m.*
  from member m
  where not exists (
    select from in_several s where s.campaign_id = m.campaign_id and s.subscription_id = m.subscription_id)
  order by campaign_id, subscription_id, household nulls last, month, stratum, propensity, cluster_id`;

const MERGE_CAMPAIGNS = `
  insert into campaign (id, origin, name, started_on, randomisation_unit, unplaced, org_unit_path)
  select a.campaign_id, 'extract', coalesce(nullif(max(c.name), ''), a.campaign_id),
    coalesce(date '1970-01-01' + max(c.starts_on_day), (to_timestamp(min(a.at_ms) / 1000) at time zone $1)::date),
    case when count(a.household) > 0 then 'household' else 'subscription' end,
    count(*) filter (where a.subscription_id is null
      and not exists (select from linked l where l.link = 'household ' || a.household)),
    $2
  from staged_assignment a left join staged_campaign c on c.id = a.campaign_id
  group by a.campaign_id
  on conflict (id) do update set name = excluded.name, started_on = excluded.started_on,
    randomisation_unit = excluded.randomisation_unit, unplaced = excluded.unplaced
  where campaign.origin = 'extract'`;

const STORE_NOTES = `
  update campaign set in_several_groups = $2, assignment_notes = $3 where id = $1 and origin = 'extract'`;

const MERGE_ASSIGNMENTS = `
  insert into assignment (subscription_id, campaign_id, arm, stratum, propensity, month, cluster_id, org_unit_path)
  select p.subscription_id, p.campaign_id, p.arm, p.stratum, p.propensity, p.month, p.cluster_id, p.org_unit_path
  from placed p join campaign c on c.id = p.campaign_id and c.origin = 'extract'
  on conflict (subscription_id, campaign_id) do update set arm = excluded.arm, stratum = excluded.stratum,
    propensity = excluded.propensity, month = excluded.month, cluster_id = excluded.cluster_id,
    org_unit_path = excluded.org_unit_path
  where (assignment.arm, assignment.stratum, assignment.propensity, assignment.month, assignment.cluster_id,
      assignment.org_unit_path)
    is distinct from (excluded.arm, excluded.stratum, excluded.propensity, excluded.month, excluded.cluster_id,
      excluded.org_unit_path)`;

const DELETE_ABSENT_ASSIGNMENTS = `
  delete from assignment a using campaign c
  where c.id = a.campaign_id and c.origin = 'extract' and not exists (
    select from placed p where p.campaign_id = a.campaign_id and p.subscription_id = a.subscription_id)`;

const REPLACE_TOUCHES = `
  insert into touch (subscription_id, campaign_id, touch_id, channel, response, hit, cost_minor, org_unit_path)
  select subscription_id, campaign_id, touch_id, coalesce(nullif(channel, ''), 'unknown'),
    coalesce(nullif(response, ''), 'none'), hit, cost_minor, staged_touch.org_unit_path
  from staged_touch join campaign c on c.id = campaign_id and c.origin = 'extract'
  on conflict do nothing`;

const CAMPAIGN_COLUMNS: CopyColumns<ColumnBatch> = {
  id: (batch) => textsOf(batch, 'campaign_id', ''),
  name: (batch) => textsOf(batch, 'name', ''),
  starts_on_day: (batch) => numbersOf(batch, 'starts_on'),
};

/** Imports the operator's past campaigns from the extracts, with assignments and touches. */
@Injectable()
export class PastCampaigns {
  constructor(
    private readonly database: Database,
    private readonly facts: FactTables,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  /** In one transaction: concurrent readers see the previous state. */
  async import(run: JobRun, described: DescribeFactsResponse, controlNames: readonly string[]): Promise<void> {
    const available = new Set(described.tables.map(({ table }) => table));
    if (!available.has('assignments')) return;
    await run.progress({ phase: 'reading-campaigns', fraction: 0 });
    await this.database.transaction(async (tx) => {
      await rowsOf(tx, STAGING);
      await this.stage(tx, run, available, groupKeys(controlNames));
      await stageLinks(tx, run, this.facts, available);
      await this.merge(tx, described.timeZone, available.has('touches'));
    });
  }

  private async stage(
    tx: Transaction,
    run: JobRun,
    available: ReadonlySet<string>,
    keyOf: (arm: string) => string,
  ): Promise<void> {
    const toRows = (batch: ColumnBatch): CopyRow[] => this.assignmentRows(batch, keyOf);
    async function* rows(batches: AsyncIterable<ColumnBatch>): AsyncGenerator<CopyRow[]> {
      for await (const batch of batches) yield toRows(batch);
    }
    const columns =
      'campaign_id, household, subscription_id, arm, group_key, stratum, propensity, at_ms, org_unit_path';
    await copyRows(tx, 'staged_assignment', columns, rows(this.facts.read(run, 'assignments')), run.signal);
    const copy = (table: string, name: string, copied: CopyColumns<ColumnBatch>): Promise<number> =>
      copyColumns(tx, table, copied, this.facts.read(run, name), run.signal);
    if (available.has('campaigns')) await copy('staged_campaign', 'campaigns', CAMPAIGN_COLUMNS);
    if (available.has('touches')) await copy('staged_touch', 'touches', this.touchColumns);
    await rowsOf(tx, 'analyze staged_assignment');
  }

  private async merge(tx: Transaction, timeZone: string, areTouchesKnown: boolean): Promise<void> {
    await rowsOf(tx, NAME_GROUPS);
    await rowsOf(tx, FIND_MEMBERS, [timeZone]);
    await rowsOf(tx, FIND_SEVERAL);
    await rowsOf(tx, PLACE);
    await rowsOf(tx, MERGE_CAMPAIGNS, [timeZone, this.province]);
    await this.storeNotes(tx, areTouchesKnown ? [] : [{ key: 'touchesUnknown', params: {} }]);
    await rowsOf(tx, MERGE_ASSIGNMENTS);
    await rowsOf(tx, DELETE_ABSENT_ASSIGNMENTS);
    await joinClusters(tx);
    await rowsOf(tx, "delete from touch t using campaign c where c.id = t.campaign_id and c.origin = 'extract'");
    await rowsOf(tx, REPLACE_TOUCHES);
  }

  /** Stores notices about the groups of each campaign. */
  private async storeNotes(tx: Transaction, ofAll: readonly AssignmentNote[]): Promise<void> {
    type Spelt = { campaign_id: string; groups: SpeltGroup[] };
    const selectSpeltGroup = `select campaign_id,
        json_agg(json_build_object('arm', arm, 'spellings', spellings) order by arm) as groups
      from spelt_group group by campaign_id`;
    const spelt = await rowsOf<Spelt>(tx, selectSpeltGroup);
    const selectInSeveral = `select campaign_id, groups, count(*)::int as subscriptions from in_several
      group by campaign_id, groups order by campaign_id, count(*) desc, groups`;
    const several = await rowsOf<{ campaign_id: string; groups: string; subscriptions: number }>(tx, selectInSeveral);
    for (const { campaign_id: id, groups } of spelt) {
      const excluded = several.filter((each) => each.campaign_id === id);
      const count = excluded.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
      const notes = [...notesOnNames(groups), ...noteOnSeveral(excluded), ...ofAll];
      await rowsOf(tx, STORE_NOTES, [id, count, JSON.stringify(notes)]);
    }
  }

  private get province(): string {
    return `${this.config.operator}/`;
  }

  private get touchColumns(): CopyColumns<ColumnBatch> {
    return {
      touch_id: (batch) => textsOf(batch, 'touch_id', ''),
      campaign_id: (batch) => textsOf(batch, 'campaign_id', ''),
      subscription_id: (batch) => idsOf(batch, 'subscription_id'),
      channel: (batch) => textsOf(batch, 'channel', ''),
      response: (batch) => textsOf(batch, 'response', ''),
      hit: (batch) => flagsOf(batch, 'hit'),
      cost_minor: (batch) => numbersOf(batch, 'cost'),
      org_unit_path: (batch) => textsOf(batch, 'org_unit_path', '').map((path) => path || this.province),
    };
  }

  private assignmentRows(batch: ColumnBatch, keyOf: (arm: string) => string): CopyRow[] {
    const campaigns = textsOf(batch, 'campaign_id', '');
    const kinds = textsOf(batch, 'randomisation_unit', '');
    const units = idsOf(batch, 'subscription_id');
    const keys = textsOf(batch, 'unit_id', '');
    const [arms, strata] = [textsOf(batch, 'arm', ''), textsOf(batch, 'stratum', '')];
    const orgUnitPaths = textsOf(batch, 'org_unit_path', '');
    const [propensities, moments] = [numbersOf(batch, 'propensity'), numbersOf(batch, 'assigned_at')];
    return campaigns.flatMap((campaign, row) => {
      // Required by the contract; rows without them have no information.
      if (arms[row]!.trim() === '' || Number.isNaN(moments[row])) return [];
      const [key, isHousehold] = [keys[row]!, kinds[row] === 'household'];
      const subscription = units[row] || subscriptionId(this.config.operator, key);
      const cells = [
        ...[campaign, isHousehold ? key : null, isHousehold ? null : subscription, arms[row]!, keyOf(arms[row]!)],
        ...[strata[row]!, propensities[row]!, moments[row]!, orgUnitPaths[row] || this.province],
      ];
      return [cells];
    });
  }
}
