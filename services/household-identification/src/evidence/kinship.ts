import type { ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readNumbers, readUuids } from '@holdfast/platform/columns';
import { packedIds } from './packed.js';
import { UNKNOWN, type Subjects } from './subjects.js';

/** Kinds of links that mean family; not friend or guarantor. */
const FAMILY_KINDS = new Set(['family', 'parent', 'child', 'spouse', 'sibling']);

/** Roles as stated to the operator. */
const ROLES = ['head', 'spouse', 'elder', 'child'] as const;
export type Role = (typeof ROLES)[number];

function roleOf(text: string | undefined): Role | undefined {
  return ROLES.find((role) => role === text);
}

/** Kinship: links between customers and stated roles. */
export class Kinship {
  /** `from to` of customers' codes, the lesser first. */
  private readonly links = new Set<string>();
  /** How many customers each is linked to. */
  private readonly linkedTo = new Map<number, number>();
  private readonly roleOfCustomer = new Map<number, Role>();
  private readonly roleOfSubject = new Map<number, Role>();

  /** @param linkedMax links of a customer with more of them are not evidence */
  constructor(
    private readonly subjects: Subjects,
    private readonly linkedMax: number,
  ) {
    subjects.linkHead.forEach((head, subject) => {
      const user = subjects.user[subject]!;
      if (head !== UNKNOWN && user !== UNKNOWN) this.link(user, head);
    });
  }

  /** Customers whose links are not evidence because they have too many. */
  get tooShared(): number {
    return [...this.linkedTo.values()].filter((count) => count > this.linkedMax).length;
  }

  /** @param lastDay days since 1970-01-01 of the month's last day: what ended before it is no more */
  addLinks(batch: ColumnBatch, lastDay: number): void {
    const [from, to] = [readUuids(batch, 'from_customer_id'), readUuids(batch, 'to_customer_id')];
    const [kinds, roles] = [readCategoryTexts(batch, 'kind'), readCategoryTexts(batch, 'role')];
    const validTo = readNumbers(batch, 'valid_to');
    for (let row = 0; row < batch.rows; row += 1) {
      if (!FAMILY_KINDS.has(kinds[row] ?? '') || validTo[row]! <= lastDay) continue;
      const [left, right] = [this.subjects.customerCodes.get(from[row]!), this.subjects.customerCodes.get(to[row]!)];
      if (left === undefined || right === undefined) continue;
      this.link(left, right);
      const role = roleOf(roles[row]);
      if (role !== undefined) this.roleOfCustomer.set(right, role);
    }
  }

  /** Roles of those in family plans. */
  addMembers(batch: ColumnBatch): void {
    const ids = packedIds(batch, 'subscription_id');
    readCategoryTexts(batch, 'role').forEach((text, row) => {
      const [subject, role] = [this.subjects.ids.find(ids, row), roleOf(text)];
      if (subject >= 0 && role !== undefined) this.roleOfSubject.set(subject, role);
    });
  }

  isLinked(left: number, right: number): boolean {
    const { user } = this.subjects;
    return this.isEvidence(user[left]!, user[right]!) && this.links.has(linkKey(user[left]!, user[right]!));
  }

  /** Pairs of customers' codes. */
  *linkedCustomers(): Generator<[number, number]> {
    for (const key of this.links) {
      const [left, right] = key.split(' ').map(Number) as [number, number];
      if (this.isEvidence(left, right)) yield [left, right];
    }
  }

  toldRoleOf(subject: number): Role | undefined {
    return this.roleOfSubject.get(subject) ?? this.roleOfCustomer.get(this.subjects.user[subject]!);
  }

  private link(left: number, right: number): void {
    if (left === right || this.links.has(linkKey(left, right))) return;
    this.links.add(linkKey(left, right));
    for (const one of [left, right]) this.linkedTo.set(one, (this.linkedTo.get(one) ?? 0) + 1);
  }

  private isEvidence(...customers: readonly number[]): boolean {
    return customers.every((one) => one !== UNKNOWN && (this.linkedTo.get(one) ?? 0) <= this.linkedMax);
  }
}

function linkKey(left: number, right: number): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}
