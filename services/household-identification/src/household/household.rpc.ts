import { Inject, Injectable } from '@nestjs/common';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import type {
  DecideHouseholdRequest,
  Household,
  HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import { checkedMonth } from '@holdfast/platform/calendar';
import { requireAllOrgUnits, systemCaller, orgUnitFilter } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database, rowsOf } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { isUuid, newId } from '@holdfast/platform/identity';
import { idAfter, pageOf } from '@holdfast/platform/paging';
import { CONFIG } from '@holdfast/platform/service';
import { Decisions, type Verdict } from './decisions.js';
import { Households } from './households.js';
import { IdentifyJob, type IdentifySpec } from './identify-job.js';
import { Runs, runMessage } from './runs.js';
import { scoped } from '@holdfast/platform/scoped';

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
export class HouseholdRpc {
  constructor(
    private readonly runs: Runs,
    private readonly households: Households,
    private readonly decisions: Decisions,
    private readonly database: Database,
    private readonly identifyJob: IdentifyJob,
    private readonly clock: Clock,
    @Inject(FactServiceDefinition.fullName) private readonly facts: Rpc<FactService>,
    @Inject(CONFIG) private readonly config: PlatformConfig,
  ) {}

  readonly handlers: Rpc<HouseholdService> = {
    identifyHouseholds: scoped('household:run', async (call, request) => {
      requireAllOrgUnits(call.caller, this.config.operator);
      const spec = await this.specOf(call, request.month);
      return this.database.transaction((tx) => this.identifyJob.submit(tx, spec, call.caller));
    }),

    getHouseholdRun: scoped('household:read', async ({ caller }, request) => {
      requireAllOrgUnits(caller, this.config.operator); // its counts are those of all units
      return runMessage(await this.runs.find(request.runId));
    }),

    getHousehold: scoped('household:read', (call, { householdId }) => this.getSeen(call, householdId)),

    getHouseholdOf: scoped('household:read', async ({ caller }, { id }) =>
      this.found(isUuid(id) && (await this.households.of(id, orgUnitFilter(caller)))),
    ),

    listHouseholds: scoped('household:read', async ({ caller }, request) => {
      const rowsMax = Math.min(request.pageSize || PAGE_ROWS_MAX, PAGE_ROWS_MAX);
      const after = idAfter(request.pageToken);
      const rows = await this.households.page(orgUnitFilter(caller), request.confidenceMin ?? 0, after, rowsMax + 1);
      const { page, nextPageToken } = pageOf(rows, rowsMax, ({ householdId }) => householdId);
      return { households: page, nextPageToken };
    }),
    confirmHousehold: scoped('household:decide', (call, request) => this.decide(call, request, 'confirmed')),
    rejectHousehold: scoped('household:decide', (call, request) => this.decide(call, request, 'rejected')),
    readMembers: scoped('household:read', ({ caller }) => {
      requireAllOrgUnits(caller, this.config.operator);
      return this.households.members();
    }),
    readPairs: scoped('household:read', ({ caller }, { runId }) => {
      requireAllOrgUnits(caller, this.config.operator);
      return this.households.pairs(runId);
    }),
  };

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
    // A reference must not be a sentence about a person.
    if (request.evidence.length > EVIDENCE_CHARS_MAX || !/^[A-Za-z0-9._:/#-]+$/.test(request.evidence))
      throw evidenceInvalid({ max: EVIDENCE_CHARS_MAX });
    const household = await this.getSeen(call, request.householdId);
    if (household.members.length < household.size) throw beyondRegion();
    await this.database.transaction(async (tx) => {
      await this.decisions.add(tx, {
        id: call.requestId ?? newId(), // a repeated request adds no second decision
        verdict,
        members: household.members.map(({ subscriptionId }) => subscriptionId),
        householdId: household.householdId,
        evidence: request.evidence,
        decidedBy: call.caller.onBehalfOf ?? call.caller.client,
        decidedAt: this.clock.now(),
      });
      const sql = `update household set state = $2, confidence = case when $2 = 'confirmed' then 1 else confidence end
        where id = $1 and run_id = (select id from household_run where is_current)`;
      await rowsOf(tx, sql, [household.householdId, verdict]);
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
