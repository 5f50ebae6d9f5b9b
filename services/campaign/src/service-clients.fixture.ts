import { Model, ModelServiceDefinition, type ModelService } from '@holdfast/contracts/churn_scoring/v1/model';
import {
  Reasons,
  Run,
  ScoringServiceDefinition,
  Timing,
  type ScoringService,
} from '@holdfast/contracts/churn_scoring/v1/scoring';
import { AdopterSegment } from '@holdfast/contracts/churn_scoring/v1/worth';
import {
  ConsentServiceDefinition,
  type AddSuppressionRequest,
  type ConsentService,
  type ContactFacts,
  type SuspendNumbersRequest,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { OrgUnitServiceDefinition, type OrgUnitService } from '@holdfast/contracts/customer_profile/v1/org_unit';
import { FactServiceDefinition, type FactService } from '@holdfast/contracts/feature_store/v1/facts';
import {
  ColumnRole,
  Table,
  TableServiceDefinition,
  type TableService,
} from '@holdfast/contracts/feature_store/v1/lake';
import {
  HouseholdRun,
  HouseholdServiceDefinition,
  type HouseholdService,
} from '@holdfast/contracts/household_identification/v1/household';
import {
  Plan,
  PlanFitServiceDefinition,
  type PlanFit,
  type PlanFitService,
} from '@holdfast/contracts/preference_recommendation/v1/plan_fit';
import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { requireSystem } from '@holdfast/platform/caller';
import { bytes, categories, columnBatch, numbers, uuids } from '@holdfast/platform/columns';
import { failure } from '@holdfast/platform/errors';
import type { GrpcServer, Rpc } from '@holdfast/platform/grpc';
import { customerId, derivedId, newId, subscriptionId } from '@holdfast/platform/identity';
import { unimplemented } from '@holdfast/testing/service';

const noRun = failure('notFound', 'test.noRun', { en: 'No run.', 'zh-CN': '没有批次。' });
const needsTable = failure('precondition', 'facts.needsTable', { en: 'Needs it.', 'zh-CN': '缺少。' });
const down = failure('unavailable', 'test.down', { en: 'Down.', 'zh-CN': '停机。' });

export interface Subscriber {
  key: string;
  probability: number;
  /** Money per month; NaN if unknown. */
  value: number;
  orgUnitPath: string;
  reasons?: Reasons;
  /** C by default. */
  quadrant?: string;
  /** Whether it is likelier to leave for arrears. */
  isInvoluntary?: boolean;
  timing?: Timing;
  segment?: AdopterSegment;
}

export const CONTACT_COST = 2.5;
export const MODEL_ID = newId();

interface DaysOfSale {
  from?: string;
  to?: string;
}

export function idOf(key: string): string {
  return subscriptionId('demo', key);
}

/** The services that campaign calls, over real gRPC; tests set the data of their responses. */
export class ServiceClients {
  readonly facts = new Map<string, ContactFacts>();
  readonly suppressions: AddSuppressionRequest[] = [];
  readonly suspensions: SuspendNumbersRequest[] = [];
  readonly runs = new Map<string, { run: Run; rows: readonly Subscriber[] }>();
  /** Members by household; undefined if none are published. */
  households: ReadonlyMap<string, readonly string[]> | undefined;
  /** Changes with every publication. */
  householdRunId = newId();
  /** By subscription. */
  readonly planFits = new Map<string, PlanFit>();
  readonly orgUnitNames = new Map<string, string>();
  /** Origins of tables: `upload` or `view`. */
  readonly tableOrigins = new Map<string, string>();
  /** Days of sale of the extract's offers, by table and id; other tables are not in the extract. */
  readonly offers = new Map<string, Map<string, DaysOfSale>>([['bundle_items', new Map([['loyalty-20', {}]])]]);
  readonly plansOnSale = new Set<string>();
  /** Whether the extract's offers cannot be read. */
  areOffersDown = false;
  /** Number of reads of offers before the tables are empty. */
  offerReadsLeft = Infinity;
  fitFailures = 0;
  /** Whether requests for contact facts fail. */
  isProfileDown = false;
  /** Whether requests about suppressions fail. */
  areSuppressionsDown = false;
  /** Few, so that short lists have several batches. */
  rowsPerBatch = 7;

  serve(server: GrpcServer): void {
    server.serve<ConsentService>(ConsentServiceDefinition, this.consents());
    server.serve<OrgUnitService>(OrgUnitServiceDefinition, this.orgUnitService());
    server.serve<ScoringService>(ScoringServiceDefinition, this.scoring());
    server.serve<ModelService>(ModelServiceDefinition, this.models());
    server.serve<TableService>(TableServiceDefinition, this.tables());
    server.serve<FactService>(FactServiceDefinition, this.factService());
    server.serve<HouseholdService>(HouseholdServiceDefinition, this.householdService());
    server.serve<PlanFitService>(PlanFitServiceDefinition, this.fits());
  }

  /** Publishes households: keys of subscribers by the name of their household. */
  publishHouseholds(households: Readonly<Record<string, readonly string[]>>): void {
    this.households = new Map(Object.entries(households));
    this.householdRunId = newId();
  }

  /** A customer that the gate allows by day, with changes. */
  addPerson(key: string, changed: Partial<ContactFacts> = {}): void {
    this.facts.set(idOf(key), {
      subscriptionId: idOf(key),
      customerId: customerId('demo', key),
      consented: true,
      identified: true,
      consentBasis: 'stated',
      suppressions: [],
      timeZone: 'Asia/Shanghai',
      orgUnitPath: 'demo/沈阳/',
      numberRefused: false,
      numberUnconfirmed: false,
      numbers: [],
      ...changed,
    });
  }

  /** A published run over a table. @returns its id */
  addRun(table: string, publishedAt: string, rows: readonly Subscriber[]): string {
    const run = Run.fromPartial({
      runId: newId(),
      kind: 'status',
      table,
      tableVersion: '0123456789abcdef',
      modelId: MODEL_ID,
      rows: rows.length,
      atRiskProbabilityMin: 0.5,
      publishedAt: new Date(publishedAt),
      efficiencyBasis: 'value-cost',
      contactCost: { minor: 100 * CONTACT_COST, currency: 'CNY' },
    });
    this.runs.set(run.runId, { run, rows });
    return run.runId;
  }

  private consents(): Rpc<ConsentService> {
    return unimplemented<ConsentService>(ConsentServiceDefinition, {
      getContactFacts: async (call, { subscriptionIds }) => {
        requireSystem(call.caller);
        if (this.isProfileDown) throw down();
        const found = subscriptionIds.map((id) => this.facts.get(id));
        return { facts: found.filter((facts) => facts !== undefined) };
      },
      listSuppressions: async (_call, request) => {
        if (this.areSuppressionsDown) throw down();
        const suppressions = this.suppressions
          .filter((each) => each.customerId === request.customerId)
          .map((each) => ({ ...each, suppressionId: newId(), from: new Date() }));
        return { suppressions, nextPageToken: '' };
      },
      addSuppression: async (_call, request) => {
        this.suppressions.push(request);
        return { ...request, suppressionId: newId(), from: new Date() };
      },
      suspendNumbers: async (call, request) => {
        requireSystem(call.caller);
        if (this.areSuppressionsDown) throw down();
        this.suspensions.push(request);
        return {};
      },
    });
  }

  private orgUnitService(): Rpc<OrgUnitService> {
    return {
      listOrgUnits: async () => ({
        orgUnits: [...this.orgUnitNames].map(([orgUnitPath, name]) => ({ orgUnitPath, name, level: '', customers: 0 })),
      }),
    };
  }

  private scoring(): Rpc<ScoringService> {
    return unimplemented<ScoringService>(ScoringServiceDefinition, {
      getRun: async (_call, { runId, table }) => {
        const runs = [...this.runs.values()].map(({ run }) => run);
        const found = runId === '' ? runs.findLast((run) => run.table === table) : this.runs.get(runId)?.run;
        if (found === undefined) throw noRun();
        return found;
      },
      readScores: (_call, request) => batchesOf(this.runs.get(request.runId)!.rows, this.rowsPerBatch),
    });
  }

  private models(): Rpc<ModelService> {
    return unimplemented<ModelService>(ModelServiceDefinition, {
      getModel: async (_call, request) => Model.fromPartial({ modelId: request.modelId, name: 'telco-1' }),
    });
  }

  private householdService(): Rpc<HouseholdService> {
    return unimplemented<HouseholdService>(HouseholdServiceDefinition, {
      getHouseholdRun: async () => {
        if (this.households === undefined) throw noRun();
        const publishedAt = new Date('2026-09-02T00:00:00Z');
        return HouseholdRun.fromPartial({ runId: this.householdRunId, month: '2026-08', publishedAt });
      },
      readMembers: (call) => {
        requireSystem(call.caller);
        return memberBatches(this.households ?? new Map(), this.rowsPerBatch);
      },
    });
  }

  private fits(): Rpc<PlanFitService> {
    return unimplemented<PlanFitService>(PlanFitServiceDefinition, {
      getPlanFits: async (call, { subscriptionIds }) => {
        requireSystem(call.caller);
        if (this.fitFailures > 0) {
          this.fitFailures -= 1;
          throw down();
        }
        const found = subscriptionIds.map((id) => this.planFits.get(id));
        return { fits: found.filter((fit) => fit !== undefined) };
      },
      listPlans: async (_call, { onSale }) => {
        if (!onSale) throw new Error('an offer must be a plan on sale');
        return { plans: [...this.plansOnSale].map((planId) => Plan.fromPartial({ planId })) };
      },
    });
  }

  private factService(): Rpc<FactService> {
    return unimplemented<FactService>(FactServiceDefinition, {
      readFacts: (call, { table }) => {
        requireSystem(call.caller);
        return this.offerBatches(table);
      },
    });
  }

  private async *offerBatches(table: string): AsyncGenerator<ColumnBatch> {
    if (this.areOffersDown) throw down();
    this.offerReadsLeft -= 1;
    const offers = this.offerReadsLeft < 0 ? new Map<string, DaysOfSale>() : this.offers.get(table);
    if (offers === undefined) throw needsTable();
    const key = { products: 'product_id', handset_models: 'tac', bundle_items: 'bundle_id' }[table]!;
    const [from, to] = table === 'bundle_items' ? ['valid_from', 'valid_to'] : ['launched_on', 'unused'];
    const days = (pick: (sold: DaysOfSale) => string | undefined) =>
      numbers(([, sold]: [string, DaysOfSale]) => Date.parse(pick(sold) ?? '') / 86_400_000);
    yield columnBatch([...offers], {
      [key]: categories(([id]) => id),
      [from!]: days((sold) => sold.from),
      ...(to === 'unused' ? {} : { [to!]: days((sold) => sold.to) }),
    });
  }

  private tables(): Rpc<TableService> {
    return unimplemented<TableService>(TableServiceDefinition, {
      getTable: async (_call, request) =>
        Table.fromPartial({
          ...request,
          origin: this.tableOrigins.get(request.table) ?? 'upload',
          months: ['2026-07', '2026-08'],
          currency: 'CNY',
          columns: [
            { name: 'subscriber', role: ColumnRole.COLUMN_ROLE_KEY },
            { name: 'monthly_bill', role: ColumnRole.COLUMN_ROLE_VALUE },
            { name: 'city', role: ColumnRole.COLUMN_ROLE_ORG_UNIT },
            { name: 'monthsOnNet', labelZhCn: '在网月数' },
            { name: 'auto_pay', labelEn: 'automatic payment', labelZhCn: '自动缴费' },
          ],
        }),
    });
  }
}

export function householdIdOf(name: string): string {
  return derivedId('household', 'demo', name);
}

/** Subscribers by falling priority: `p-0` first. */
export function subscribers(count: number, orgUnitPath = 'demo/沈阳/'): Subscriber[] {
  return Array.from({ length: count }, (_, index) => {
    return { key: `p-${index}`, probability: 0.9, value: 1000 - index, orgUnitPath };
  });
}

/** The priority of churn-scoring: the probability only, if the value is unknown. */
export function priorityOf({ probability, value }: Subscriber): number {
  return Number.isNaN(value) ? probability : (probability * value) / CONTACT_COST;
}

/** Batches of scores. */
async function* batchesOf(rows: readonly Subscriber[], rowsPerBatch: number): AsyncGenerator<ColumnBatch> {
  for (let start = 0; start < rows.length; start += rowsPerBatch) {
    yield columnBatch(rows.slice(start, start + rowsPerBatch), {
      subscription_id: uuids((row) => idOf(row.key)),
      probability: numbers((row) => row.probability),
      value: numbers((row) => row.value),
      efficiency: numbers((row) => row.value / CONTACT_COST),
      priority: numbers(priorityOf),
      quadrant: categories((row) => row.quadrant ?? 'C'),
      org_unit_path: categories((row) => row.orgUnitPath),
      involuntary_probability: numbers((row) => (row.isInvoluntary === true ? 0.95 : 0.001)),
      is_involuntary: numbers((row) => Number(row.isInvoluntary === true)),
      levers: categories((row) => (row.isInvoluntary === true ? 'tacitTolerance,instalments,cutOffDate' : '')),
      timing: bytes(({ timing }) => (timing === undefined ? new Uint8Array() : Timing.encode(timing).finish())),
      segment: bytes(({ segment }) =>
        segment === undefined ? new Uint8Array() : AdopterSegment.encode(segment).finish(),
      ),
      reasons: bytes((row) => Reasons.encode(row.reasons ?? Reasons.fromPartial({})).finish()),
    });
  }
}

async function* memberBatches(
  households: ReadonlyMap<string, readonly string[]>,
  rowsPerBatch: number,
): AsyncGenerator<ColumnBatch> {
  const members = [...households].flatMap(([name, keys]) => keys.map((key) => ({ name, key })));
  for (let start = 0; start < members.length; start += rowsPerBatch) {
    yield columnBatch(members.slice(start, start + rowsPerBatch), {
      subscription_id: uuids(({ key }) => idOf(key)),
      household_id: uuids(({ name }) => householdIdOf(name)),
      org_unit_path: categories(() => 'demo/沈阳/'),
      role: categories(() => 'member'),
      confidence: numbers(() => 0.9),
    });
  }
}
