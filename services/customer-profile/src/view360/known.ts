import type { Detail, FactKind, KnownFact } from '../fact/fact.js';
import { holdsAt } from '../fact/known-facts.js';
import { monthPlus, type LocalCalendar } from '../local-calendar.js';
import type { FigureRow, Figures, FigureTable } from './monthly-figures.js';

/** A node of the tree of units. */
export interface UnitName {
  level: string;
  name: string;
}

/** Everything that a view is made of, gathered once for a customer. */
export interface Gathered {
  asOf: Date;
  /** Last closed month, `YYYY-MM`; empty for none. */
  month: string;
  extractId: string;
  calendar: LocalCalendar;
  /** By subject, newest first. */
  facts: ReadonlyMap<string, readonly KnownFact[]>;
  figures: Figures;
  /** Units from the province down to where the customer belongs. */
  units: readonly UnitName[];
  /** Id of what a code of a catalogue stands for. */
  catalogueId: (kind: FactKind, code: string) => string;
  open: (fact: KnownFact) => Record<string, string>;
}

/** What is known of one subscription, or of the customer alone, as its fields ask for it. */
export class Known {
  readonly month: string;
  readonly extractId: string;
  readonly asOf: Date;

  /** @param subscriptionId empty for the customer's own fields. */
  constructor(
    private readonly gathered: Gathered,
    private readonly customerId: string,
    readonly subscriptionId: string,
    private readonly accountId: string,
  ) {
    this.month = gathered.month;
    this.extractId = gathered.extractId;
    this.asOf = gathered.asOf;
  }

  get units(): readonly UnitName[] {
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

  /** A personal datum; who may see it is decided where it is shown. */
  secret(kind: FactKind, name: string): string | undefined {
    const fact = this.now(kind);
    return fact?.sealed === undefined ? undefined : this.gathered.open(fact)[name];
  }

  /** What a code stands for; empty where nobody says. */
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

  /** Name of the group that the customer belongs to. */
  get groupName(): string | undefined {
    const groupId = this.now('customer')?.otherId;
    const group = this.gathered.facts.get(groupId ?? '')?.find(({ kind }) => kind === 'customer');
    return group?.sealed === undefined ? undefined : this.gathered.open(group)['name'];
  }

  /** A figure of a month; undefined where it is not known. @param lag months before the last one */
  figure(table: 'billing' | 'usage', column: string, lag = 0): number | undefined {
    if (this.month === '') return undefined;
    const month = monthPlus(this.month, -lag);
    const value = this.rows(table).find((row) => row['month'] === month)?.[column];
    return typeof value === 'number' ? value : undefined;
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

  /** Whether a moment lies in the last closed month. */
  isInMonth(at: Date | undefined): boolean | undefined {
    if (at === undefined || this.month === '') return undefined;
    return this.gathered.calendar.dateOf(at).startsWith(this.month);
  }

  /** `YYYY-MM-DD` by the operator's clocks. */
  date(at: Date | undefined): string | undefined {
    return at === undefined ? undefined : this.gathered.calendar.dateOf(at);
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
