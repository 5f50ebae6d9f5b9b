import { setTimeout as sleep } from 'node:timers/promises';
import type { Credentials } from '@holdfast/client/access-token';
import { ApiError } from '@holdfast/client/errors';
import type { Campaign, CampaignResults, HouseholdPair, Import, Job, Table } from '@holdfast/client/gen/operations';
import { hasEnded } from '@holdfast/client/jobs';
import { RestClient, type Language, type RequestOf } from '@holdfast/client/rest-client';
import { uploadExtract } from '@holdfast/client/uploads';
import type {
  ArrearsSummary,
  CampaignSummary,
  HouseholdSummary,
  MonthSummary,
  PlanFitSummary,
  ValueLossSummary,
} from '../output/month-summary.js';
import type { Run } from '../output/summary.js';
import { clientOf, type Connection } from './connection.js';
import { loadedReport } from './held-import.js';
import { ListFiles } from './list-files.js';
import { pick } from './pick.js';
import type { Report, Steps } from './month-watch.js';
import { SystemWork, resultOf } from './system-work.js';

export type OperatorMonthOptions = Connection & {
  /** Another client that approves campaigns, as an author cannot approve its own plan; without one there is no campaign. */
  approver?: Credentials;
  /** An extract: the folder of its manifest. */
  folder: string;
  /**
   * Where the long lists of the report are written, each as `NAME.json`; `list:NAME` stands for them in the summary. Without
   * it they are omitted.
   */
  listFolder?: string;
  /** Publishes a held extract; otherwise it stays held, and the month fails with `HeldImportError`. */
  confirm?: boolean;
  report?: Report;
  /** Called after every step. */
  onStep?: (name: string, seconds: number) => void;
  signal?: AbortSignal;
};

/** How long the service evaluation may take to start a job on an event. */
const START_SECONDS_MAX = 300;
const LOOK_EVERY_MS = 100;
const CAMPAIGN_NAME = 'Stay with us';

/**
 * The month of an operator over REST only: sends the extract, watches the steps that follow from it (features, churn, plans,
 * households), then has a campaign with a control group and the effect of past campaigns.
 */
export async function runOperatorMonth(options: OperatorMonthOptions): Promise<MonthSummary> {
  return new OperatorMonth(options).run();
}

class OperatorMonth {
  private readonly client: RestClient;
  private readonly work: SystemWork;
  private readonly lists: ListFiles | undefined;

  constructor(private readonly options: OperatorMonthOptions) {
    this.client = clientOf(options);
    this.lists = options.listFolder === undefined ? undefined : new ListFiles(options.listFolder);
    this.work = new SystemWork(this.client, options.report ?? (() => undefined), options.signal, options.onStep);
  }

  async run(): Promise<MonthSummary> {
    const { work } = this;
    const imported = await work.step('import', () => this.importExtract());
    const steps = await work.watch(imported.extract.to, null);
    const view = await this.viewOf(steps);
    const learned = await work.learned(steps);
    const { run, model } = learned;
    const planFit = await this.planFitOf(steps);
    const households = await this.householdsOf(steps);
    const campaign =
      run === null || !this.options.approver ? null : await work.step('campaign', () => this.campaign(run));
    const queue = campaign === null ? null : await work.step('list', () => work.queueOf(campaign.campaignId));
    const list = queue === null ? [] : await work.firstOf(queue);
    const script = list.length === 0 ? null : await work.step('script', () => work.scriptOf(queue!, list[0]!));
    const past = await work.step('effect', () => this.pastCampaigns(campaign));
    return {
      ...(await work.summary({ report: imported.report, table: view, ...learned, list, script })),
      extract: imported.extract,
      month: run?.month ?? imported.extract.to,
      causes: Object.fromEntries((run?.atRisk.byCause ?? []).map(({ cause, count }) => [cause, count])),
      arrears: await this.arrearsOf(steps, run),
      valueLoss: await this.valueLossOf(steps),
      withoutClearReason: run?.atRisk.withoutClearReason ?? null,
      planFit,
      households,
      campaign: campaign && { ...campaign, outcomesDue: past.outcomesDue },
      ...past.judged,
      rejects: await this.list('rejects', () => this.rejectsOf(imported.report.importId)),
      reasons: await this.list('reasons', () => (model === null ? nothing() : this.churnersOf(model.modelId))),
    };
  }

  /** Scores of leaving involuntarily are published with those of the month. */
  private async arrearsOf(steps: Steps, run: Run | null): Promise<ArrearsSummary | null> {
    const runId = resultOf(steps, 'scoring', 'involuntaryRunId');
    if (runId === undefined || run === null) return null;
    const { atRisk, modelId } = await this.client.call('GET /api/v1/churn-runs/{runId}', { runId });
    const { validation } = await this.client.call('GET /api/v1/models/{modelId}', { modelId });
    const { count, probabilityMin } = atRisk;
    return {
      atRisk: count,
      probabilityMin,
      notRetained: run.involuntary,
      auc: validation?.auc ?? null,
      capacity: validation?.capacity ?? null,
    };
  }

  private async valueLossOf(steps: Steps): Promise<ValueLossSummary | null> {
    const runId = resultOf(steps, 'scoring', 'valueRunId');
    if (runId === undefined) return null;
    const { atRisk, modelId } = await this.client.call('GET /api/v1/churn-runs/{runId}', { runId });
    const { validation } = await this.client.call('GET /api/v1/models/{modelId}', { modelId });
    return {
      ...{ atRisk: atRisk.count, probabilityMin: atRisk.probabilityMin },
      capacity: validation?.capacity ?? null,
      averagePrecision: validation?.averagePrecision?.mean ?? null,
      lift10: validation?.lift10?.mean ?? null,
      baseline: validation?.baseline ? pick(validation.baseline, 'averagePrecision', 'lift10') : null,
    };
  }

  private async importExtract(): Promise<{ report: Import; extract: MonthSummary['extract'] }> {
    const { client, work, options } = this;
    const { confirm = false, folder } = options;
    work.say('uploading');
    const { result } = await work.finished(await uploadExtract(client, folder));
    const report = await loadedReport(client, result['importId']!, { confirm, finished: work.finished });
    const { extracts } = await client.call('GET /api/v1/extracts');
    const extract = extracts.find(({ importId }) => importId === report.importId)!;
    return { report, extract: pick(extract, 'extractId', 'sequence', 'from', 'to') };
  }

  /** Writes a long list. @returns the text that stands for it; empty without a folder for lists */
  private async list(name: string, rows: () => AsyncGenerator<object>): Promise<string> {
    return this.lists === undefined ? '' : this.lists.write(name, rows());
  }

  /**
   * Waits for a job that a service starts on an event, recognised by its result once it has ended. False if for some
   * minutes none of its kind is queued or running.
   */
  private async ownWorkIsDone(kind: string, isIt: (job: Job) => boolean): Promise<boolean> {
    let giveUpAtMs = Date.now() + START_SECONDS_MAX * 1_000;
    while (Date.now() < giveUpAtMs) {
      for await (const job of this.client.list('GET /api/v1/jobs', 'jobs', { pageSize: 200 })) {
        if (job.kind !== kind) continue;
        if (!hasEnded(job)) {
          await this.work.finished(job);
          giveUpAtMs = Date.now() + START_SECONDS_MAX * 1_000;
        } else if (isIt(job)) {
          await this.work.finished(job);
          return true;
        }
      }
      await sleep(LOOK_EVERY_MS);
    }
    return false;
  }

  private async viewOf(steps: Steps): Promise<Table | null> {
    const [table, version] = [resultOf(steps, 'view', 'table'), resultOf(steps, 'view', 'version')];
    return table === undefined ? null : this.client.call('GET /api/v1/tables/{table}', { table, version });
  }

  private async planFitOf(steps: Steps): Promise<PlanFitSummary | null> {
    const runId = resultOf(steps, 'fits', 'runId');
    if (runId === undefined) return null;
    const run = await this.client.call('GET /api/v1/plan-fit-runs/{runId}', { runId });
    return {
      ...pick(run, 'runId', 'subscriptions', 'advised', 'byPrinciple', 'saving', 'notBillable', 'unbillablePlans'),
      recommendations: await this.list('recommendations', () => this.recommendationsOf({ runId })),
    };
  }

  private async *recommendationsOf(run: { runId: string }): AsyncGenerator<object> {
    for await (const fit of this.client.lines('GET /api/v1/plan-fit-runs/{runId}/fits', run)) {
      const { subscriptionId, planId, presentBill, bill } = fit;
      const recommended = planId === null ? {} : { recommendedBill: bill?.amount };
      yield { subscriptionId, planId, presentBill: presentBill?.amount, ...recommended };
    }
  }

  private async householdsOf(steps: Steps): Promise<HouseholdSummary | null> {
    const runId = resultOf(steps, 'households', 'runId');
    if (runId === undefined) return null;
    const run = await this.client.call('GET /api/v1/household-runs/{runId}', { runId });
    return {
      ...pick(run, 'runId', 'members', 'bySize', 'pairs', 'unavailable'),
      count: run.households,
      households: await this.list('households', () => this.membersByHousehold()),
      rules: (await this.lists?.writeGroups('rules', this.pairsByRule(run.runId))) ?? '',
    };
  }

  /** Members come in the order of their households. */
  private async *membersByHousehold(): AsyncGenerator<{ members: string[] }> {
    let household = { id: '', members: [] as string[] };
    for await (const { householdId, subscriptionId } of this.client.lines(
      'GET /api/v1/household-runs/latest/members',
    )) {
      if (householdId !== household.id) {
        if (household.members.length > 0) yield { members: household.members };
        household = { id: householdId, members: [] };
      }
      household.members.push(subscriptionId);
    }
    if (household.members.length > 0) yield { members: household.members };
  }

  /**
   * Pairs that each of the four rules finds, all four together (`all`), each of the other kinds of evidence, all four or the
   * account or the address (`evidence`), and those that live together by everything that is known (`household`).
   */
  private async *pairsByRule(runId: string): AsyncGenerator<readonly [rule: string, pair: [string, string]]> {
    for await (const pair of this.client.lines('GET /api/v1/household-runs/{runId}/pairs', { runId })) {
      const rules = RULES.filter((_, index) => (pair.rules & (1 << index)) !== 0);
      const evidence = Object.entries(EVIDENCE).flatMap(([name, field]) => (pair[field] === 1 ? [name] : []));
      const isAll = rules.length === RULES.length;
      const names = [
        ...rules,
        ...(isAll ? ['all'] : []),
        ...evidence,
        ...(isAll || pair.sameAccount === 1 || pair.sameAddress === 1 ? ['evidence'] : []),
        ...(pair.isHousehold === 1 ? ['household'] : []),
      ];
      for (const name of names) yield [name, [pair.leftId, pair.rightId]];
    }
  }

  /** A campaign for those most worth calling, approved by another client; the month's, if it exists. */
  private async campaign(run: Run): Promise<CampaignSummary | null> {
    return (await this.work.available('campaign', () => this.enrolCampaign(run))) ?? null;
  }

  private async enrolCampaign(run: Run): Promise<CampaignSummary> {
    const { client, options } = this;
    const approver = new RestClient({ ...options, baseUrl: client.baseUrl, credentials: options.approver! });
    let campaign = await this.campaignOf(run);
    if (campaign === undefined) await this.nameDiscount();
    campaign ??= await client.call('POST /api/v1/campaigns', { body: campaignPlan(run) });
    const { campaignId } = campaign;
    if (campaign.state === 'draft')
      campaign = await client.call('POST /api/v1/campaigns/{campaignId}:submit', { campaignId });
    if (campaign.state === 'submitted') {
      const approval = { campaignId, body: { comment: 'demonstration' } };
      campaign = await approver.call('POST /api/v1/campaigns/{campaignId}:approve', approval);
    }
    await this.work.finished({ jobId: campaign.enrolJobId! });
    const { plan, state, assignedArms } = await client.call('GET /api/v1/campaigns/{campaignId}', { campaignId });
    const arms = assignedArms.map((each) => ({
      ...pick(each, 'arm', 'units', 'propensity', 'meanProbability'),
      subscribers: each.subscriptions,
    }));
    return { campaignId, name: plan.name, state, arms, outcomesDue: null };
  }

  /** Discounts are in no table of an extract: the operator names them. */
  private async nameDiscount(): Promise<void> {
    const parameter = { service: 'campaign', key: 'offer.catalogue' } as const;
    const { value } = await this.client.call('GET /api/v1/parameters/{service}/{key}', parameter);
    const catalogue = value as { kind: string; id: string }[];
    if (catalogue.some(({ kind, id }) => kind === DISCOUNT.kind && id === DISCOUNT.id)) return;
    const body = { value: [...catalogue, DISCOUNT] };
    await this.client.call('PUT /api/v1/parameters/{service}/{key}', { ...parameter, body });
  }

  /** One that is not assigned yet, or was assigned from scores of the same month: every month has its own campaign. */
  private async campaignOf({ month }: Run): Promise<Campaign | undefined> {
    for await (const campaign of this.client.list('GET /api/v1/campaigns', 'campaigns')) {
      if (campaign.plan.name !== CAMPAIGN_NAME || ENDED.has(campaign.state)) continue;
      if (campaign.runId === null || (await this.monthOfRun(campaign.runId)) === month) return campaign;
    }
    return undefined;
  }

  /** Undefined for a run that is purged: a few newer ones are kept. */
  private async monthOfRun(runId: string): Promise<string | null | undefined> {
    try {
      return (await this.client.call('GET /api/v1/churn-runs/{runId}', { runId })).month;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Results need them for the month in which outcomes are due. */
  private async assignmentsAreTaken({ campaignId }: CampaignSummary): Promise<void> {
    const isOfCampaign = ({ result }: Job): boolean => result['campaignId'] === campaignId;
    if (await this.ownWorkIsDone('take-assignments', isOfCampaign)) return;
    this.work.unavailable.push({
      what: 'outcomes due',
      needs: 'The service evaluation has not imported the assignments; its log has the reason.',
    });
  }

  private async pastCampaigns(
    campaign: CampaignSummary | null,
  ): Promise<{ judged: Pick<MonthSummary, 'effect' | 'pastCampaign' | 'notJudged'>; outcomesDue: string | null }> {
    if (campaign?.state === 'running') await this.assignmentsAreTaken(campaign);
    await this.work.orUnavailable('effect', () => this.client.call('POST /api/v1/campaign-results:evaluate'));
    const resultsIn = (language: Language) => this.client.call('GET /api/v1/campaign-results', {}, { language });
    const [{ results }, { results: inChinese }] = await Promise.all([resultsIn('en'), resultsIn('zh-CN')]);
    const noticeOf = (all: CampaignResults[], id: string): string =>
      all.find(({ campaignId }) => campaignId === id)?.notices[0]?.message ?? '';
    const past = results.filter(({ origin }) => origin === 'extract');
    const judged = past.find(({ effect }) => effect !== null);
    const notJudged = past
      .filter(({ effect }) => effect === null)
      .map(({ campaignId, name }) => ({
        campaignId,
        name,
        why: { en: noticeOf(results, campaignId), 'zh-CN': noticeOf(inChinese, campaignId) },
      }));
    return {
      judged: { ...(judged === undefined ? { effect: null, pastCampaign: null } : effectOf(judged)), notJudged },
      outcomesDue: results.find(({ campaignId }) => campaignId === campaign?.campaignId)?.dueMonth ?? null,
    };
  }

  /** Out-of-sample predictions of subscribers that then churned. */
  private async *churnersOf(modelId: string): AsyncGenerator<object> {
    for await (const churner of this.client.lines('GET /api/v1/models/{modelId}/validated-churners', { modelId })) {
      const { subscriptionId, month, reasons: found } = churner;
      const { causes, hasClearReason } = found;
      const probabilities = causes.map(({ probability }) => probability);
      yield { subscriptionId, month, reasons: causes.map(({ cause }) => cause), probabilities, hasClearReason };
    }
  }

  private async *rejectsOf(importId: string): AsyncGenerator<object> {
    const request = { importId, pageSize: 1_000 };
    for await (const reject of this.client.list('GET /api/v1/imports/{importId}/rejects', 'rejects', request))
      yield pick(reject, 'file', 'line', 'rule');
  }
}

async function* nothing(): AsyncGenerator<never> {}

const RULES = ['sameCellDays', 'holidayDays', 'eveningDays', 'topCells'] as const;
const EVIDENCE = { account: 'sameAccount', payer: 'samePayer', address: 'sameAddress' } as const satisfies Record<
  string,
  keyof HouseholdPair
>;
const ENDED: ReadonlySet<Campaign['state']> = new Set(['rejected', 'cancelled', 'closed']);

const DISCOUNT = { kind: 'discount', id: 'loyalty-20' } as const;

/** Two offers and a control group, for those with a high probability and enough value. */
function campaignPlan({ table, month }: Run): RequestOf<'POST /api/v1/campaigns'>['body'] {
  return {
    name: CAMPAIGN_NAME,
    goal: 'retention',
    table,
    quadrants: ['C'],
    arms: [
      {
        arm: 'fitted-plan',
        offerKind: 'fitted_plan',
        offerId: '',
        text: {
          en: 'I can move you to the plan that fits how you use your phone.',
          'zh-CN': '我可以为您办理更适合您使用习惯的套餐。',
        },
        share: 0.4,
      },
      {
        arm: 'discount',
        offerKind: DISCOUNT.kind,
        offerId: DISCOUNT.id,
        text: {
          en: 'As a thank-you you get 20 CNY off your bill for three months.',
          'zh-CN': '感谢您的支持，未来三个月每月减免 20 元。',
        },
        share: 0.4,
      },
    ],
    controlShare: 0.2,
    randomisationUnit: 'household',
    channel: 'call',
    effectGoal: 0.02,
    randomisationSeed: `demonstration ${month}`,
  };
}

/** Effect and arms of a past campaign with an effect. */
function effectOf({
  campaignId,
  name,
  effect,
  outcomeMonths,
  arms,
}: CampaignResults): Pick<MonthSummary, 'effect' | 'pastCampaign'> {
  const judged = arms.flatMap(({ arm, subscriptions, churned }) =>
    churned === null ? [] : [{ arm, subscribers: subscriptions, churned }],
  );
  return {
    effect: { ...effect!, campaignId, months: outcomeMonths },
    pastCampaign: { campaignId, name, arms: judged },
  };
}
