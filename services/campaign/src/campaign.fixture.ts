import {
  ContactServiceDefinition,
  CustomerContacted,
  type CheckContactabilityRequest,
  type ContactService,
  type Contactability,
} from '@holdfast/contracts/campaign/v1/contact';
import {
  CampaignMoved,
  CampaignServiceDefinition,
  CampaignStarted,
  type Campaign,
  type CampaignPlan,
  type CampaignService,
} from '@holdfast/contracts/campaign/v1/plan';
import { ScriptServiceDefinition, type ScriptService } from '@holdfast/contracts/campaign/v1/script';
import {
  ListBuilt,
  WorkServiceDefinition,
  type LeaseNextRequest,
  type LeaseNextResponse,
  type WorkItem,
  type WorkService,
} from '@holdfast/contracts/campaign/v1/work';
import { systemCaller } from '@holdfast/platform/caller';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { newId } from '@holdfast/platform/identity';
import { Jobs } from '@holdfast/platform/jobs';
import { eventOf } from '@holdfast/platform/outbox';
import { callOf } from '@holdfast/testing/callers';
import { recordEvents, type RecordedEvent } from '@holdfast/testing/recorder';
import { TestService, eventually } from '@holdfast/testing/service';
import { CampaignModule } from './campaign.module.js';
import { BUILD_LIST } from './jobs.js';
import { approver, planner } from './plan/campaigns.fixture.js';
import { ServiceClients, idOf, subscribers, type Subscriber } from './service-clients.fixture.js';

const HOUR_MS = 3_600_000;
const EVENTS = [ListBuilt, CustomerContacted, CampaignStarted, CampaignMoved].map((message) =>
  eventOf<unknown>('campaign', message),
);

export const agent: Call = callOf({
  scopes: ['lease:write', 'work:read', 'disposition:write', 'contact:check', 'script:read'],
});

/** Published scores of a table, of people that the gate allows by day. */
interface ScoredTable {
  table: string;
  rows: Subscriber[];
  runId: string;
}

/** The campaign service in tests, with the data of the services that it calls. */
export class TestCampaign extends TestService {
  readonly campaigns: Rpc<CampaignService> = this.client(CampaignServiceDefinition);
  readonly work: Rpc<WorkService> = this.client(WorkServiceDefinition);
  readonly scripts: Rpc<ScriptService> = this.client(ScriptServiceDefinition);
  /** Events that campaign published. */
  readonly received: readonly RecordedEvent[];

  /** @param now business time; scores are published an hour before */
  constructor(
    private readonly now: string,
    { hasListener = false } = {},
    readonly services = new ServiceClients(),
  ) {
    const calls = [
      ...(['customer-profile', 'churn-scoring', 'feature-store'] as const),
      ...(['household-identification', 'preference-recommendation'] as const),
    ];
    super(CampaignModule, { service: 'campaign', now, calls, serve: (server) => services.serve(server) });
    this.received = hasListener ? recordEvents(EVENTS) : [];
  }

  /** Publishes scores of a new table; the keys of its people begin with its name. */
  scored(count: number, changed: (row: Subscriber, index: number) => Partial<Subscriber> = () => ({})): ScoredTable {
    const table = `t-${newId()}`;
    const rows = subscribers(count).map((row, index) => ({ ...row, key: `${table}-${index}`, ...changed(row, index) }));
    return this.publishScores(table, rows);
  }

  publishScores(table: string, rows: Subscriber[], minutesLater = 0): ScoredTable {
    const { services } = this;
    const strangers = rows.filter(({ key }) => !services.facts.has(idOf(key)));
    for (const { key, orgUnitPath } of strangers) services.addPerson(key, { orgUnitPath });
    const publishedAt = new Date(Date.parse(this.now) - HOUR_MS + minutesLater * 60_000);
    return { table, rows, runId: services.addRun(table, publishedAt.toISOString(), rows) };
  }

  /** Publishes scores of a new plain table and builds its list. @returns the queue */
  async listed(rows: Subscriber[], table = `t-${newId()}`): Promise<string> {
    await this.buildList(this.publishScores(table, rows, 10).runId);
    return table;
  }

  async buildList(runId: string): Promise<void> {
    const request = { kind: BUILD_LIST, key: runId, params: { runId }, caller: systemCaller('campaign') };
    await this.database.transaction((tx) => this.get(Jobs).submit(tx, request));
    await this.listBuilt(runId);
  }

  async listBuilt(runId: string): Promise<void> {
    await eventually('the list is built', async () => {
      const sql = "select from job where natural_key = $1 and state = 'done'";
      return (await this.database.query(sql, [runId])).length > 0;
    });
  }

  async itemsOf(queue: string): Promise<WorkItem[]> {
    return (await this.work.listWorkItems(agent, { queue, state: '', pageSize: 1_000, pageToken: '' })).items;
  }

  lease(queue: string, changed: Partial<LeaseNextRequest> = {}, call = agent): Promise<LeaseNextResponse> {
    const agentId = `agent-${newId()}`; // another one each time, because the leases of an agent are limited
    return this.work.leaseNext(call, { queue, agent: agentId, channel: 'call', subscriptionId: '', ...changed });
  }

  async contact(leaseId: string, outcome: string): Promise<void> {
    const disposition = { clientRowId: '', leaseId, outcome, at: undefined, note: '' };
    const { recorded } = await this.work.recordDispositions(agent, { dispositions: [disposition] });
    const { failureKey } = recorded[0]!;
    if (failureKey !== '') throw new Error(`The disposition is not recorded: ${failureKey}`);
  }

  /** The gate's answers about people, by default for calls of marketing now. */
  async check(
    keys: readonly string[],
    changed: Partial<CheckContactabilityRequest>,
    call = agent,
  ): Promise<Contactability[]> {
    const request = { subscriptionIds: keys.map(idOf), purpose: 'marketing', channel: 'call', at: undefined };
    const gate = this.client<ContactService>(ContactServiceDefinition);
    return (await gate.checkContactability(call, { ...request, ...changed })).answers;
  }

  /** Plans, submits and approves a campaign; returns it after its enrolment. */
  async launch(plan: CampaignPlan): Promise<Campaign> {
    const { campaignId } = await this.campaigns.createCampaign(planner, { plan });
    await this.campaigns.moveCampaign(planner, { campaignId, move: 'submit' });
    await this.campaigns.decideCampaign(approver, { campaignId, approved: true, comment: '', revision: 0 });
    return this.settled(campaignId);
  }

  /** A campaign after its enrolment has succeeded or failed. */
  async settled(campaignId: string): Promise<Campaign> {
    const { enrolJobId: jobId } = await this.campaigns.getCampaign(planner, { campaignId });
    if ((await this.ended({ jobId })) === undefined) throw new Error('there is no enrolment job');
    return this.campaigns.getCampaign(planner, { campaignId });
  }
}
