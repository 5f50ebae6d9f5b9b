import { type LocalCalendar, addMonths } from '@holdfast/platform/calendar';
import type { Detail, FactKind, KnownFact } from '../fact/fact.js';
import { holdsAt } from '../fact/known-facts.js';
import { VALUE_GROUPS, type FigureRow, type Figures, type FigureTable } from './monthly-figures.js';

/** A node of the tree of units. */
interface OrgUnitName {
  level: string;
  name: string;
}

/** Everything that a view is made of, gathered once for a customer. */
export interface Gathered {
  asOf: Date;
  /** Last closed month, `YYYY-MM`; empty for none. */
  month: string;
  calendar: LocalCalendar;
  /** By subject, newest first. */
  facts: ReadonlyMap<string, readonly KnownFact[]>;
  figures: Figures;
  /** Units from the province down to where the customer belongs. */
  units: readonly OrgUnitName[];
  /** Subscriptions whose number another one holds at the same time. */
  contested: ReadonlySet<string>;
  /** Id of what a code of a catalogue stands for. */
  catalogueId: (kind: FactKind, code: string) => string;
  open: (fact: KnownFact) => Record<string, string>;
}

/** Facts of one subscription, or of the customer alone, for its fields. */
export class Known {
  readonly month: string;
  readonly asOf: Date;

  /** @param subscriptionId empty for the customer's own fields. */
  constructor(
    private readonly gathered: Gathered,
    private readonly customerId: string,
    readonly subscriptionId: string,
    private readonly accountId: string,
  ) {
    this.month = gathered.month;
    this.asOf = gathered.asOf;
  }

  get units(): readonly OrgUnitName[] {
    return this.gathered.units;
  }

  /** Facts of a kind about the subject that has such facts, newest first, also those that have ended. */
  all(kind: FactKind): KnownFact[] {
    const facts = this.gathered.facts.get(this.subjectOf(kind)) ?? [];
    return facts.filter((fact) => fact.kind === kind);
  }

  /** The fact in force; undefined where none is. */
  now(kind: FactKind): KnownFact | undefined {
    return this.all(kind).find((fact) => holdsAt(fact, this.asOf));
  }

  detail(kind: FactKind): Detail {
    return this.now(kind)?.detail ?? {};
  }

  text(kind: FactKind, name: string): string | undefined {
    const value = this.detail(kind)[name];
    return value === undefined ? undefined : String(value);
  }

  number(kind: FactKind, name: string): number | undefined {
    const value = this.detail(kind)[name];
    return typeof value === 'number' ? value : undefined;
  }

  /** Whether another subscription holds the number as well. */
  get isNumberContested(): boolean {
    return this.gathered.contested.has(this.subscriptionId);
  }

  /** The operator's system that the subscription's row came from, else the customer's. */
  get sourceSystem(): string | undefined {
    return this.text('subscription', 'source_system') ?? this.text('customer', 'source_system');
  }

  /** The payment in force of who pays first. */
  get payment(): KnownFact | undefined {
    const payments = this.all('payment').filter((fact) => holdsAt(fact, this.asOf));
    const isPrimary = ({ detail }: KnownFact): boolean => detail['is_primary'] === true;
    return payments.find(isPrimary) ?? payments.find(({ detail }) => detail['is_primary'] === undefined);
  }

  /** A personal datum; who may see it is decided where it is shown. */
  secret(kind: FactKind, name: string): string | undefined {
    const fact = this.now(kind);
    return fact?.sealed === undefined ? undefined : this.gathered.open(fact)[name];
  }

  /** Meaning of a code; empty if unknown. */
  meaning(kind: 'handsetModel' | 'planOffer' | 'product', code: string | undefined): Detail {
    if (code === undefined) return {};
    return this.gathered.facts.get(this.gathered.catalogueId(kind, code))?.[0]?.detail ?? {};
  }

  rows(table: FigureTable): readonly FigureRow[] {
    return this.gathered.figures.of(table, this.subscriptionId);
  }

  figuresKnown(table: FigureTable): boolean {
    return this.month !== '' && this.gathered.figures.missing(table) === undefined;
  }

  /** What the account had in the last closed month. */
  accountMonth(name: string): number | undefined {
    const value = this.all('accountMonth').find(({ detail }) => detail['month'] === this.month)?.detail[name];
    return typeof value === 'number' ? value : undefined;
  }

  /** `group` for a group customer, `member` for who belongs to one, `none` for others; undefined where it is not known. */
  get groupRelation(): 'group' | 'member' | 'none' | undefined {
    const customer = this.now('customer');
    if (customer === undefined) return undefined;
    if (customer.detail['kind'] === 'group') return 'group';
    return customer.otherId === undefined ? 'none' : 'member';
  }

  /** The group that the customer is or belongs to. */
  get groupId(): string | undefined {
    return this.groupRelation === 'group' ? this.customerId : this.now('customer')?.otherId;
  }

  get groupName(): string | undefined {
    const group = this.groupFact;
    return group?.sealed === undefined ? undefined : this.gathered.open(group)['name'];
  }

  /** From the group's row, else the member's. */
  get groupType(): string | undefined {
    const said = this.groupFact?.detail['group_type'] ?? this.detail('customer')['group_type'];
    return said === undefined ? undefined : String(said);
  }

  private get groupFact(): KnownFact | undefined {
    return this.gathered.facts.get(this.groupId ?? '')?.find(({ kind }) => kind === 'customer');
  }

  /** A figure of a month; undefined where it is not known. @param lag months before the last one */
  figure(table: 'billing' | 'usage', column: string, lag = 0): number | undefined {
    if (this.month === '') return undefined;
    const month = addMonths(this.month, -lag);
    const value = this.rows(table).find((row) => row['month'] === month)?.[column];
    return typeof value === 'number' ? value : undefined;
  }

  /** A figure of the value group in the last month; undefined where it is not known. */
  valueGroup(column: string): string | number | undefined {
    return this.rows(VALUE_GROUPS)[0]?.[column];
  }

  /** A sum over columns and the last `months`; undefined where one of them is not known. */
  sum(table: 'billing' | 'usage', columns: readonly string[], months: number): number | undefined {
    let total = 0;
    for (let lag = 0; lag < months; lag += 1) {
      for (const column of columns) {
        const value = this.figure(table, column, lag);
        if (value === undefined) return undefined;
        total += value;
      }
    }
    return total;
  }

  /** A figure's values in all months that are known, the last one included. */
  figures(table: 'usage', column: string): number[] {
    return this.rows(table).flatMap(({ [column]: value }) => (typeof value === 'number' ? [value] : []));
  }

  /** Whether a time is in the last closed month. */
  isInMonth(at: Date | undefined): boolean | undefined {
    if (at === undefined || this.month === '') return undefined;
    return this.gathered.calendar.dayTextOf(at).startsWith(this.month);
  }

  /** `YYYY-MM-DD` by the operator's clocks. */
  date(at: Date | undefined): string | undefined {
    return at === undefined ? undefined : this.gathered.calendar.dayTextOf(at);
  }

  private subjectOf(kind: FactKind): string {
    switch (kind) {
      case 'customer':
      case 'link':
      case 'address':
      case 'verified':
        return this.customerId;
      case 'account':
      case 'accountMonth':
        return this.accountId;
      default:
        return this.subscriptionId;
    }
  }
}
