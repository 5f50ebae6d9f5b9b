import { Inject, Injectable } from '@nestjs/common';
import type { GetView360Request, SubscriptionView, View360 } from '@holdfast/contracts/customer_profile/v1/view360';
import { localCalendar } from '@holdfast/platform/calendar';
import { orgUnitFilter, type Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { failure } from '@holdfast/platform/errors';
import type { Call } from '@holdfast/platform/grpc';
import { derivedId, isUuid } from '@holdfast/platform/identity';
import { CONFIG } from '@holdfast/platform/service';
import type { CustomerProfileConfig } from '../config.js';
import { customerUnknown } from '../customer/failures.js';
import type { FactKind, KnownFact } from '../fact/fact.js';
import { inForceAt, knownFactsOf } from '../fact/known-facts.js';
import { maySeePersonal } from '../personal/personal.js';
import { Vault } from '../personal/vault.js';
import { CALLS, ACTIVITY, FEES, SMS } from './fields-use.js';
import { CONTACTS, HANDSET, VAS } from './fields-have.js';
import { BASIC, RELATIONS, TAGS } from './fields-who.js';
import type { GroupSpec } from './field.js';
import { groupMessage, type GroupContext } from './group-message.js';
import { Known, type Gathered } from './known.js';
import { MonthlyFigures, tableOf, type Figures } from './monthly-figures.js';
import { relationsOf } from './relations.js';
import { sourcesAt, type Sources } from './sources.js';

/** In the order in which they are shown. */
const GROUPS: readonly GroupSpec[] = [BASIC, ACTIVITY, FEES, CALLS, SMS, VAS, CONTACTS, HANDSET, RELATIONS, TAGS];
/** A group customer may own thousands; a view shows the first. */
const SUBSCRIPTIONS_MAX = 100;

const OF_SUBJECTS: readonly FactKind[] = [
  ...(['customer', 'account', 'subscription', 'accountMonth'] as const),
  ...(['status', 'plan', 'number', 'handset', 'payment', 'household', 'contact'] as const),
];
const OF_CATALOGUE: readonly FactKind[] = ['handsetModel', 'planOffer', 'product', 'customer'];

const groupUnknown = failure('invalid', 'view.groupUnknown', {
  en: 'A view has the groups {known}.',
  'zh-CN': '视图只包含以下分组：{known}。',
});

interface CustomerRow {
  customer_id: string;
  kind: string;
  org_unit_path: string;
}

interface SubscriptionRow {
  subscription_id: string;
  account_id: string;
  service: string | null;
  status: string | null;
  tables: string[];
}

/** What is known of a customer as of any moment, gathered for a person to read. */
@Injectable()
export class Views360 {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly vault: Vault,
    private readonly figures: MonthlyFigures,
    @Inject(CONFIG) private readonly config: CustomerProfileConfig,
  ) {}

  /** @throws notFound, invalid */
  async of(call: Call, { id, asOf = this.clock.now(), include }: GetView360Request): Promise<View360> {
    const { caller } = call;
    const groups = groupsOf(include);
    const customer = await this.customer(caller, id, asOf);
    const [sources, owned] = await Promise.all([
      sourcesAt(this.database, asOf),
      this.subscriptions(caller, customer.customer_id),
    ]);
    const { gathered, figures } = await this.gather(call, customer, owned, groups, sources, asOf);
    const known = (subscription?: SubscriptionRow): Known =>
      new Known(gathered, customer.customer_id, subscription?.subscription_id ?? '', subscription?.account_id ?? '');
    const shown: GroupContext = {
      ...{ sources, figures, language: caller.language, maySeePersonal: maySeePersonal(caller) },
      currency: sources.currency,
    };
    const isThere = (row: SubscriptionRow): boolean =>
      row.tables.length > 0 || (gathered.facts.get(row.subscription_id) ?? []).length > 0;
    return {
      ...{ customerId: customer.customer_id, kind: customer.kind },
      orgUnitPath: known().text('customer', 'org_unit_path') ?? customer.org_unit_path,
      ...{ asOf, month: sources.month, extractId: sources.extractId },
      groups: groups
        .filter(({ ofCustomer }) => ofCustomer.length > 0)
        .map((group) => groupMessage(group, group.ofCustomer, known(), shown)),
      subscriptions: owned.filter(isThere).map((row) => subscriptionView(row, known(row), groups, shown)),
      relations: groups.includes(RELATIONS)
        ? await relationsOf(this.database, caller, customer.customer_id, asOf, gathered.calendar)
        : [],
    };
  }

  private async customer(caller: Caller, id: string, asOf: Date): Promise<CustomerRow> {
    if (!isUuid(id)) throw customerUnknown();
    const sql = `select customer_id, kind, org_unit_path from customer
      where customer_id = coalesce((select customer_id from subscription where subscription_id = $1), $1)
        and org_unit_path ^@ any($2::text[]) and (withdrawn_at is null or withdrawn_at > $3)`;
    const [found] = await this.database.query<CustomerRow>(sql, [id, orgUnitFilter(caller), asOf], 'view-customer');
    if (found === undefined) throw customerUnknown();
    return found;
  }

  private subscriptions(caller: Caller, customerId: string): Promise<SubscriptionRow[]> {
    const sql = `select subscription_id, account_id, service, status, tables from subscription
      where customer_id = $1 and org_unit_path ^@ any($2::text[])
      order by coalesce(status, 'active') = 'cancelled', subscription_id limit ${SUBSCRIPTIONS_MAX}`;
    return this.database.query<SubscriptionRow>(sql, [customerId, orgUnitFilter(caller)], 'view-subscriptions');
  }

  /** Subscriptions whose number another one holds at the same time, as known then; the other is not revealed. */
  private async contested(subscriptionIds: readonly string[], asOf: Date): Promise<Set<string>> {
    const sql = `select distinct own.subject_id from fact own join fact other
        on other.kind = 'number' and other.lookup = own.lookup and other.subject_id <> own.subject_id
      where own.kind = 'number' and own.subject_id = any($1::uuid[])
        and ${inForceAt('$2', 'own')} and ${inForceAt('$2', 'other')}`;
    const rows = await this.database.query<{ subject_id: string }>(sql, [subscriptionIds, asOf], 'contested-numbers');
    return new Set(rows.map(({ subject_id: id }) => id));
  }

  /** Own rows and the figures of feature-store at once, then the meanings of their codes. */
  private async gather(
    call: Call,
    customer: CustomerRow,
    owned: readonly SubscriptionRow[],
    groups: readonly GroupSpec[],
    sources: Sources,
    asOf: Date,
  ): Promise<{ gathered: Gathered; figures: Figures }> {
    const subscriptionIds = owned.map(({ subscription_id: id }) => id);
    const subjects = [customer.customer_id, ...subscriptionIds, ...owned.map(({ account_id: id }) => id)];
    const wanted = new Set(groups.flatMap(({ figures }) => figures).filter((table) => sources.has(tableOf(table))));
    const [facts, figures] = await Promise.all([
      knownFactsOf(this.database, [...new Set(subjects)], OF_SUBJECTS, asOf),
      this.figures.of(call, subscriptionIds, sources.month, asOf, wanted),
    ]);
    const catalogueId = (kind: FactKind, code: string): string => derivedId(kind, this.config.operator, code);
    const products = subscriptionIds.flatMap((id) => figures.of('product_orders', id));
    const factsOf = (wantedKind: FactKind): KnownFact[] => facts.filter(({ kind }) => kind === wantedKind);
    const codes = [
      ...factsOf('handset').map(({ detail }) => catalogueId('handsetModel', String(detail['tac']))),
      ...factsOf('plan').map(({ detail }) => catalogueId('planOffer', String(detail['plan_id']))),
      ...products.map((order) => catalogueId('product', String(order['product_id']))),
      ...factsOf('customer').flatMap(({ otherId }) => (otherId === undefined ? [] : [otherId])),
    ];
    const [person] = factsOf('customer');
    const [meanings, units, contested] = await Promise.all([
      knownFactsOf(this.database, [...new Set(codes)], OF_CATALOGUE, asOf),
      this.database.query<{ level: string; name: string }>(
        'select level, name from org_unit where $1 ^@ org_unit_path order by org_unit_path',
        [person?.detail['org_unit_path'] ?? customer.org_unit_path],
      ),
      this.contested(subscriptionIds, asOf),
    ]);
    const open = ({ subjectId, kind, sealed }: KnownFact): Record<string, string> =>
      this.vault.openFields(subjectId, kind, sealed!);
    const gathered: Gathered = {
      ...{ asOf, month: sources.month, calendar: localCalendar(sources.timeZone) },
      ...{ facts: bySubject([...facts, ...meanings]), figures, units, contested, catalogueId, open },
    };
    return { gathered, figures };
  }
}

/** @throws invalid for a group that there is not */
function groupsOf(include: readonly string[]): readonly GroupSpec[] {
  const known = GROUPS.map(({ key }) => key);
  if (include.some((key) => !known.includes(key))) throw groupUnknown({ known: known.join(', ') });
  return include.length === 0 ? GROUPS : GROUPS.filter(({ key }) => include.includes(key));
}

function bySubject(facts: readonly KnownFact[]): Map<string, KnownFact[]> {
  const map = new Map<string, KnownFact[]>();
  for (const fact of facts) {
    const there = map.get(fact.subjectId);
    if (there === undefined) map.set(fact.subjectId, [fact]);
    else there.push(fact);
  }
  return map;
}

function subscriptionView(
  row: SubscriptionRow,
  known: Known,
  groups: readonly GroupSpec[],
  shown: GroupContext,
): SubscriptionView {
  const payer = known.payment?.otherId ?? '';
  const isOfTable = row.tables.length > 0;
  return {
    ...{ subscriptionId: row.subscription_id, accountId: row.account_id },
    payerAccountId: payer === row.account_id ? '' : payer,
    userCustomerId: known.now('subscription')?.otherId ?? '',
    service: row.service ?? '',
    status: known.text('status', 'status') ?? (isOfTable ? (row.status ?? '') : ''),
    groups: groups
      .filter(({ ofSubscription }) => ofSubscription.length > 0)
      .map((group) => groupMessage(group, [...group.ofSubscription, ...(group.more?.(known) ?? [])], known, shown)),
  };
}
