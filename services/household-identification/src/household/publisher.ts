import { Inject, Injectable } from '@nestjs/common';
import { HouseholdsIdentified } from '@holdfast/contracts/household_identification/v1/household';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import { derivedId } from '@holdfast/platform/identity';
import type { JobRun } from '@holdfast/platform/jobs';
import { Outbox, eventOf } from '@holdfast/platform/outbox';
import { CONFIG } from '@holdfast/platform/service';
import type { PlatformConfig } from '@holdfast/platform/config';
import type { People } from '../evidence/gather.js';
import { UNKNOWN } from '../evidence/subjects.js';
import type { PairCounts } from '../pair/counts.js';
import { evidenceOf } from './evidence.js';
import type { Candidates, FoundHousehold } from './grouping.js';
import { Runs, type RunRow } from './runs.js';
import { sameHouseholds, type Membership } from './same-households.js';

export const householdsIdentified = eventOf('household-identification', HouseholdsIdentified);

const decidedMeanwhile = failure('unavailable', 'household.decidedMeanwhile', {
  en: 'A household decision was recorded during the run; the run is retried.',
  'zh-CN': '识别期间有人对家庭作出了确认或否认，将重新识别。',
});

const HOUSEHOLDS_PER_INSERT = 1_000;
const EVIDENCE_MAX = 10;

/** What a run found. */
interface Found {
  people: People;
  candidates: Candidates;
  households: readonly FoundHousehold[];
  counts: PairCounts;
}

interface Publication {
  run: Pick<JobRun, 'jobId' | 'caller'>;
  row: RunRow;
  found: Found;
  method: string;
  /** Decisions that it includes. */
  decisions: number;
}

/** Makes a run visible, as a whole. */
@Injectable()
export class HouseholdPublisher {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly runs: Runs,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  publish({ run, row, found, method, decisions }: Publication): Promise<void> {
    return this.database.transaction(async (tx) => {
      // A decision that is made now is either known to this run or made about it.
      await rowsOf(tx, 'lock table household_decision in share mode');
      const [known] = await rowsOf<{ count: string }>(tx, 'select count(*) from household_decision');
      if (Number(known!.count) !== decisions) throw decidedMeanwhile();
      const ids = await this.idsOf(tx, row, found);
      await this.insert(tx, row.id, found, ids);
      const households = found.households.length;
      const figures = { households, members: membersOf(found), pairs: found.counts, by_size: bySize(found), method };
      await this.runs.publish(tx, run, figures);
      const event = { runId: row.id, month: row.month, households };
      await this.outbox.publish(tx, householdsIdentified, { subjectId: row.id }, event);
    });
  }

  /** Ids stay while members stay; a new household's follows from the run and its first member. */
  private async idsOf(tx: Transaction, row: RunRow, { people, households }: Found): Promise<string[]> {
    const { ids } = people.subjects;
    const sql = `select m.household_id as id, array_agg(m.subscription_id::text) as members
      from household_member m join household_run r on r.id = m.run_id and r.is_current
      join household h on h.run_id = m.run_id and h.id = m.household_id and h.state <> 'rejected'
      group by m.household_id`;
    const earlier = await rowsOf<Membership>(tx, sql);
    const members = households.map((household) => household.members.map((member) => ids.textOf(member)));
    return sameHouseholds(members, earlier).map(
      (id, at) =>
        id ?? derivedId('household', this.config.operator, `${row.month} ${row.sequence} ${members[at]![0]!}`),
    );
  }

  private async insert(tx: Transaction, runId: string, found: Found, ids: readonly string[]): Promise<void> {
    for (let from = 0; from < found.households.length; from += HOUSEHOLDS_PER_INSERT) {
      const some = found.households.slice(from, from + HOUSEHOLDS_PER_INSERT);
      const households = some.map((household, at) => householdJson(household, ids[from + at]!, found));
      const members = some.flatMap((household, at) => membersJson(household, ids[from + at]!, found.people));
      const insertHousehold = `insert into household (run_id, id, size, confidence, state, evidence)
        select $1, * from jsonb_to_recordset($2) as
          household(id uuid, size int, confidence float8, state text, evidence jsonb)`;
      await rowsOf(tx, insertHousehold, [runId, JSON.stringify(households)]);
      const insertHouseholdMember = `insert into household_member (run_id, subscription_id, household_id, customer_id,
          role, confidence, org_unit_path)
        select $1, * from jsonb_to_recordset($2) as
          member(subscription_id uuid, household_id uuid, customer_id uuid, role text, confidence float8, org_unit_path text)`;
      await rowsOf(tx, insertHouseholdMember, [runId, JSON.stringify(members)]);
    }
  }
}

function householdJson(household: FoundHousehold, id: string, { candidates, people }: Found) {
  const { members, confidence, state, bonds } = household;
  const evidence = bonds
    .slice(0, EVIDENCE_MAX)
    .map(({ row, probability }) => evidenceOf(candidates.pairs, row, probability, people.subjects.ids));
  return { id, size: members.length, confidence, state, evidence };
}

function membersJson(household: FoundHousehold, id: string, { subjects }: People) {
  const { ids, customer, customerIds, unit, orgUnitPaths } = subjects;
  return household.members.map((member, at) => ({
    subscription_id: ids.textOf(member),
    household_id: id,
    customer_id: customer[member] === UNKNOWN ? null : customerIds[customer[member]!]!,
    role: household.roles[at]!,
    confidence: household.confidences[at]!,
    org_unit_path: orgUnitPaths[unit[member]!]!,
  }));
}

function membersOf({ households }: Found): number {
  return households.reduce((sum, { members }) => sum + members.length, 0);
}

/** 2, 3, 4, 5+. */
function bySize({ households }: Found): Record<string, number> {
  const counts: Record<string, number> = { '2': 0, '3': 0, '4': 0, '5+': 0 };
  for (const { members } of households) counts[members.length >= 5 ? '5+' : String(members.length)]! += 1;
  return counts;
}
