import { Inject, Injectable } from '@nestjs/common';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import type {
  DecideHouseholdRequest,
  GetHouseholdOfRequest,
  GetHouseholdRequest,
  GetHouseholdRunRequest,
  Household,
  HouseholdRun,
  HouseholdService,
  IdentifyHouseholdsRequest,
  ListHouseholdsRequest,
  ListHouseholdsResponse,
  ReadMembersRequest,
  ReadPairsRequest,
} from '@holdfast/contracts/household_identification/v1/household';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import type { Job } from '@holdfast/contracts/platform/v1/jobs';
import { checkedMonth } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, requireScope, systemCaller, orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { pageTokenInvalid } from '@holdfast/platform/paging';
import { CONFIG } from '@holdfast/platform/service';
import { Decisions, type Verdict } from './decisions.js';
import { Households } from './households.js';
import { IDENTIFY_HOUSEHOLDS, identifyKey, type IdentifySpec } from './identify-job.js';
import { Runs, runMessage } from './runs.js';

const PAGE_ROWS_MAX = 200;
const EVIDENCE_CHARS_MAX = 200;

const householdUnknown = failure('notFound', 'household.unknown', {
  en: 'There is no such household.',
  'zh-CN': '没有该家庭。',
});
const noMonth = failure('precondition', 'household.noMonth', {
  en: 'No month is closed yet: import an extract first.',
  'zh-CN': '尚无已关账的月份，请先导入数据。',
});
const monthNotClosed = failure('precondition', 'household.monthNotClosed', {
  en: 'The month {month} is not closed.',
  'zh-CN': '{month} 尚未关账。',
});
const evidenceInvalid = failure('invalid', 'household.evidenceInvalid', {
  en: 'Name how it is known, by a reference of letters, digits and -._:/# only, at most {max} characters.',
  'zh-CN': '请注明依据的编号，只能包含字母、数字和 -._:/#，最多 {max} 个字符。',
});
const beyondRegion = failure('forbidden', 'household.beyondRegion', {
  en: 'Some members are outside your region; the decision needs a caller that may see all members.',
  'zh-CN': '部分成员不在您的管辖范围内，须由可查看全部成员的人员决定。',
});

/** RPC service for households: runs, reads and decisions. */
@Injectable()
export class HouseholdRpc implements Rpc<HouseholdService> {
  constructor(
    private readonly runs: Runs,
    private readonly households: Households,
    private readonly decisions: Decisions,
    private readonly database: Database,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  async identifyHouseholds(call: Call, request: IdentifyHouseholdsRequest): Promise<Job> {
    requireScope(call.caller, 'household:run');
    requireAllOrgUnits(call.caller, this.config.operator);
    const spec = await this.specOf(call, request.month);
    return this.database.transaction((tx) =>
      this.jobs.submit(tx, { kind: IDENTIFY_HOUSEHOLDS, key: identifyKey(spec), params: spec, caller: call.caller }),
    );
  }

  async getHouseholdRun(call: Call, request: GetHouseholdRunRequest): Promise<HouseholdRun> {
    requireScope(call.caller, 'household:read');
    requireAllOrgUnits(call.caller, this.config.operator); // its counts are those of all units
    return runMessage(await this.runs.find(request.runId));
  }

  async getHousehold(call: Call, { householdId }: GetHouseholdRequest): Promise<Household> {
    requireScope(call.caller, 'household:read');
    return this.getSeen(call, householdId);
  }

  async getHouseholdOf(call: Call, { id }: GetHouseholdOfRequest): Promise<Household> {
    requireScope(call.caller, 'household:read');
    return this.found(isUuid(id) && (await this.households.of(id, orgUnitFilter(call.caller))));
  }

  async listHouseholds(call: Call, request: ListHouseholdsRequest): Promise<ListHouseholdsResponse> {
    requireScope(call.caller, 'household:read');
    if (request.pageToken !== '' && !isUuid(request.pageToken)) throw pageTokenInvalid();
    const rowsMax = Math.min(request.pageSize || PAGE_ROWS_MAX, PAGE_ROWS_MAX);
    const after = request.pageToken === '' ? null : request.pageToken;
    const found = await this.households.page(
      orgUnitFilter(call.caller),
      request.confidenceMin ?? 0,
      after,
      rowsMax + 1,
    );
    const households = found.slice(0, rowsMax);
    return { households, nextPageToken: found.length > rowsMax ? households.at(-1)!.householdId : '' };
  }

  confirmHousehold(call: Call, request: DecideHouseholdRequest): Promise<Household> {
    return this.decide(call, request, 'confirmed');
  }

  rejectHousehold(call: Call, request: DecideHouseholdRequest): Promise<Household> {
    return this.decide(call, request, 'rejected');
  }

  async *readMembers(call: Call, _request: ReadMembersRequest): AsyncIterable<ColumnBatch> {
    requireScope(call.caller, 'household:read');
    requireAllOrgUnits(call.caller, this.config.operator);
    yield* this.households.members(await this.runs.find(''));
  }

  async *readPairs(call: Call, { runId }: ReadPairsRequest): AsyncIterable<ColumnBatch> {
    requireScope(call.caller, 'household:read');
    requireAllOrgUnits(call.caller, this.config.operator);
    yield* this.households.pairs(await this.runs.find(runId));
  }

  /** The requested month, else the last closed one with events, else the last closed one; and its extract. */
  private async specOf(call: Call, month: string): Promise<IdentifySpec> {
    if (month !== '') checkedMonth(month);
    const asService = { ...call, caller: systemCaller('household-identification') };
    const { closedMonths, tables, sequence } = await this.facts.describeFacts(asService, {});
    const withEvents = new Set(tables.find(({ table }) => table === 'events')?.months);
    const last = closedMonths.filter((closed) => withEvents.has(closed)).at(-1) ?? closedMonths.at(-1);
    if (last === undefined) throw noMonth();
    if (month !== '' && !closedMonths.includes(month)) throw monthNotClosed({ month });
    return { month: month === '' ? last : month, sequence };
  }

  private async decide(call: Call, request: DecideHouseholdRequest, verdict: Verdict): Promise<Household> {
    requireScope(call.caller, 'household:decide');
    // A reference must not be a sentence about a person.
    if (request.evidence.length > EVIDENCE_CHARS_MAX || !/^[A-Za-z0-9._:/#-]+$/.test(request.evidence)) {
      throw evidenceInvalid({ max: EVIDENCE_CHARS_MAX });
    }
    const household = await this.getSeen(call, request.householdId);
    if (household.members.length < household.size) throw beyondRegion();
    await this.database.transaction(async (tx) => {
      await this.decisions.add(tx, {
        verdict,
        members: household.members.map(({ subscriptionId }) => subscriptionId),
        householdId: household.householdId,
        evidence: request.evidence,
        decidedBy: call.caller.onBehalfOf ?? call.caller.client,
        decidedAt: this.clock.now(),
      });
      await rowsOf(
        tx,
        `update household set state = $2, confidence = case when $2 = 'confirmed' then 1 else confidence end
         where id = $1 and run_id = (select id from household_run where is_current)`,
        [household.householdId, verdict],
      );
    });
    return this.getSeen(call, household.householdId);
  }

  private async getSeen(call: Call, householdId: string): Promise<Household> {
    return this.found(isUuid(householdId) && (await this.households.find(householdId, orgUnitFilter(call.caller))));
  }

  private found(household: Household | false | undefined): Household {
    if (!household) throw householdUnknown();
    return household;
  }
}
