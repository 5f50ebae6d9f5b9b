import type { CampaignPlan } from '@holdfast/contracts/campaign/v1/plan';
import type { ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { rowsOf, type Transaction } from '@holdfast/platform/database';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { NIL_UUID } from '@holdfast/platform/identity';
import { CONTROL } from '@holdfast/platform/control-group';
import { SUBSCRIPTIONS_PER_REQUEST_MAX } from '../contact/contactability.js';
import { assignArm, sharesOf } from '../plan/randomisation.js';

/** Concurrent requests to customer-profile. */
const REQUESTS_AT_ONCE = 4;
const UNITS_PER_PAGE = 10_000;
/** Advisory lock of enrolments: an arbitrary number, the same in all replicas. */
const ENROL_LOCK = 0x6c6f74;

const PEOPLE = `
  create temporary table person (
    subscription_id uuid primary key, customer_id uuid, household_id uuid, randomisation_unit_id uuid, in_audience boolean,
    org_unit_path text
  ) on commit drop`;

const AUDIENCE = `
  insert into person (subscription_id, household_id, in_audience, org_unit_path)
  select r.subscription_id, m.household_id, true, r.org_unit_path
  from staged_score r left join household_member m using (subscription_id)`;

const OTHERS_OF_HOUSEHOLDS = `
  insert into person (subscription_id, household_id, in_audience, org_unit_path)
  select m.subscription_id, m.household_id, false, m.org_unit_path
  from household_member m
  where m.household_id in (select household_id from person)
    and not exists (select from person p where p.subscription_id = m.subscription_id)`;

/** A subscription without a household belongs to the household of its customer's other subscriptions. */
const UNITS_BY_HOUSEHOLD = `
  update person p set randomisation_unit_id = coalesce(p.household_id, c.household_id, p.customer_id, p.subscription_id)
  from (
    select subscription_id,
      min(household_id::text) over (partition by coalesce(customer_id, subscription_id))::uuid as household_id
    from person
  ) c
  where c.subscription_id = p.subscription_id`;

/**
 * Excludes randomisation units with a member in another campaign's contact period or holdout: a second campaign would
 * bias the measured effect of the first.
 */
const EXCLUDE_ENROLLED = `
  with enrolled as (
    select p.randomisation_unit_id from person p join assignment s on s.subscription_id = p.subscription_id
      join campaign c on c.id = s.campaign_id
      where ${bindsMembers()}
    union
    select p.randomisation_unit_id from person p join assignment s on s.customer_id = p.customer_id
      join campaign c on c.id = s.campaign_id
      where ${bindsMembers()}
  ),
  excluded as (delete from person p using enrolled where enrolled.randomisation_unit_id = p.randomisation_unit_id returning p.in_audience)
  select count(*) filter (where in_audience) as excluded from excluded`;

function bindsMembers(): string {
  return `(c.state in ('enrolling', 'running', 'paused') and c.contact_until > $1)
    or (s.arm = '${CONTROL}' and c.holdout_until > $1)`;
}

/** The stratum of a randomisation unit: quadrant and top org unit of its member with the highest priority. */
const ASSIGN = `
  insert into assignment (subscription_id, campaign_id, customer_id, household_id, randomisation_unit_id, in_audience, arm, stratum,
    propensity, probability, org_unit_path, assigned_at)
  with most_urgent as (
    select distinct on (p.randomisation_unit_id) p.randomisation_unit_id, r.quadrant || '/' || split_part(r.org_unit_path, '/', 2) as stratum
    from person p join staged_score r using (subscription_id)
    order by p.randomisation_unit_id, r.priority desc, r.subscription_id
  )
  select p.subscription_id, $1, p.customer_id, p.household_id, p.randomisation_unit_id, p.in_audience, a.arm, u.stratum, a.share,
    r.probability, p.org_unit_path, $2
  from person p
  join unit_arm using (randomisation_unit_id)
  join most_urgent u using (randomisation_unit_id)
  join unnest($3::text[], $4::float8[]) with ordinality as a (arm, share, ordinal) on a.ordinal = unit_arm.ordinal
  left join staged_score r using (subscription_id)`;

const COUNT_ARMS = `
  insert into assigned_arm (campaign_id, ordinal, arm, subscriptions, units, propensity, mean_probability)
  select $1, a.ordinal, a.arm, count(s.subscription_id), count(distinct s.randomisation_unit_id), a.share,
    avg(s.probability order by s.subscription_id)
  from unnest($2::text[], $3::float8[]) with ordinality as a (arm, share, ordinal)
  left join assignment s on s.campaign_id = $1 and s.arm = a.arm and s.in_audience
  group by a.ordinal, a.arm, a.share`;

interface Audience {
  plan: CampaignPlan;
  consents: Rpc<ConsentService>;
  call: Call;
}

/**
 * Fills the temporary table `person` from `staged_score`: the audience and, when households are randomised, the other
 * members of its households; each with its customer.
 */
export async function stageAudience(tx: Transaction, audience: Audience): Promise<void> {
  const { plan } = audience;
  await rowsOf(tx, PEOPLE);
  await rowsOf(tx, AUDIENCE);
  if (plan.randomisationUnit === 'household') await rowsOf(tx, OTHERS_OF_HOUSEHOLDS);
  for (let after = NIL_UUID; ;) {
    const sql = 'select subscription_id from person where subscription_id > $1 order by subscription_id limit $2';
    const params = [after, REQUESTS_AT_ONCE * SUBSCRIPTIONS_PER_REQUEST_MAX];
    const page = await rowsOf<{ subscription_id: string }>(tx, sql, params);
    if (page.length === 0) break;
    const ids = page.map((row) => row.subscription_id);
    await fillCustomers(tx, ids, audience);
    after = ids.at(-1)!;
  }
  const isByHousehold = plan.randomisationUnit === 'household';
  await rowsOf(tx, isByHousehold ? UNITS_BY_HOUSEHOLD : 'update person set randomisation_unit_id = subscription_id');
  await rowsOf(tx, 'create index on person (randomisation_unit_id)');
  await rowsOf(tx, 'analyze person');
}

async function fillCustomers(tx: Transaction, ids: readonly string[], audience: Audience): Promise<void> {
  const { plan, consents, call } = audience;
  const request = { purpose: 'marketing', channel: plan.channel };
  const parts = Array.from({ length: Math.ceil(ids.length / SUBSCRIPTIONS_PER_REQUEST_MAX) }, (_, part) =>
    ids.slice(part * SUBSCRIPTIONS_PER_REQUEST_MAX, (part + 1) * SUBSCRIPTIONS_PER_REQUEST_MAX),
  );
  const responses = await Promise.all(
    parts.map((subscriptionIds) => consents.getContactFacts(call, { subscriptionIds, ...request })),
  );
  const facts = responses.flatMap((response) => response.facts);
  const sql = `update person p set customer_id = f.customer_id
    from unnest($1::uuid[], $2::uuid[]) as f (subscription_id, customer_id)
    where f.subscription_id = p.subscription_id`;
  await rowsOf(tx, sql, [facts.map((fact) => fact.subscriptionId), facts.map((fact) => fact.customerId)]);
}

/**
 * Serialises enrolments until the commit, so that no customer is enrolled in two campaigns, and excludes customers of
 * other campaigns.
 * @returns the number of excluded subscriptions of the audience
 */
export async function excludeEnrolled(tx: Transaction, at: Date): Promise<number> {
  await rowsOf(tx, 'select pg_advisory_xact_lock($1)', [ENROL_LOCK]);
  const [row] = await rowsOf<{ excluded: string }>(tx, EXCLUDE_ENROLLED, [at]);
  return Number(row!.excluded);
}

/** Assigns every randomisation unit in `person` to an arm. @returns the number of assigned subscriptions of the audience */
export async function assignArms(
  tx: Transaction,
  { campaignId, plan, at }: { campaignId: string; plan: CampaignPlan; at: Date },
): Promise<number> {
  const shares = sharesOf(plan);
  const seed = plan.randomisationSeed || campaignId;
  const sql = 'create temporary table unit_arm (randomisation_unit_id uuid primary key, ordinal int) on commit drop';
  await rowsOf(tx, sql);
  for (let after = NIL_UUID; ;) {
    const units = await rowsOf<{ randomisation_unit_id: string }>(
      tx,
      'select distinct randomisation_unit_id from person where randomisation_unit_id > $1 order by randomisation_unit_id limit $2',
      [after, UNITS_PER_PAGE],
    );
    if (units.length === 0) break;
    const ids = units.map((unit) => unit.randomisation_unit_id);
    const ordinals = ids.map((id) => assignArm(seed, id, shares) + 1);
    await rowsOf(tx, 'insert into unit_arm select * from unnest($1::uuid[], $2::int[])', [ids, ordinals]);
    after = ids.at(-1)!;
  }
  const arms = [shares.map(({ arm }) => arm), shares.map(({ share }) => share)];
  await rowsOf(tx, ASSIGN, [campaignId, at, ...arms]);
  await rowsOf(tx, COUNT_ARMS, [campaignId, ...arms]);
  const selectAssignedArm = 'select sum(subscriptions) as assigned from assigned_arm where campaign_id = $1';
  const [row] = await rowsOf<{ assigned: string }>(tx, selectAssignedArm, [campaignId]);
  return Number(row!.assigned);
}
