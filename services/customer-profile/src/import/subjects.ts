import { ColumnKind, type ColumnBatch } from '@holdfast/contracts/platform/v1/columns';
import { readCategoryTexts, readTexts, readUuids } from '@holdfast/platform/columns';
import { holdsNumber, isMobileNumber, numberLookups } from '../personal/contact-number.js';
import { naturalKey, type KeySpace } from '@holdfast/platform/identity';
import { KEY } from '../personal/personal.js';
import type { Vault } from '../personal/vault.js';

const FIRST_MONTH = 'first_month';

/** Who the rows of a table are about: entry i of each list is one subscription. Nothing personal is readable. */
export interface Subjects {
  customerIds: string[];
  accountIds: string[];
  subscriptionIds: string[];
  orgUnitPaths: string[];
  /** `YYYY-MM`; null if unknown. */
  firstMonths: (string | null)[];
  lookups: Buffer[];
  sealedKeys: Buffer[];
  /** Fields that are filled, any number a customer. */
  personal: { customerIds: string[]; names: string[]; digests: Buffer[]; sealed: Buffer[] };
  /** Keyed hashes of telephone numbers, with the personal field, or the key, that holds them. */
  numbers: { customerIds: string[]; sources: ('personal' | 'key')[]; names: string[]; lookups: Buffer[] };
}

/**
 * Reads the batches of `ReadSubjects` and seals what is personal at once.
 * @param source the operator's own unit, for subjects without one, and within what their keys identify.
 */
export async function gatherSubjects(
  batches: AsyncIterable<ColumnBatch>,
  vault: Vault,
  source: { rootPath: string; keySpace: KeySpace },
): Promise<Subjects> {
  const all: Subjects = {
    ...{ customerIds: [], accountIds: [], subscriptionIds: [] },
    ...{ orgUnitPaths: [], firstMonths: [], lookups: [], sealedKeys: [] },
    personal: { customerIds: [], names: [], digests: [], sealed: [] },
    numbers: { customerIds: [], sources: [], names: [], lookups: [] },
  };
  for await (const batch of batches) addBatch(all, batch, vault, source);
  return all;
}

function addBatch(
  all: Subjects,
  batch: ColumnBatch,
  vault: Vault,
  { rootPath, keySpace }: { rootPath: string; keySpace: KeySpace },
): void {
  const customerIds = readUuids(batch, 'customer_id');
  const accountIds = readUuids(batch, 'account_id');
  const subscriptionIds = readUuids(batch, 'subscription_id');
  const orgUnitPaths = readCategoryTexts(batch, 'org_unit_path');
  const firstMonths = readTexts(batch, FIRST_MONTH);
  readTexts(batch, KEY).forEach((key, row) => {
    const customerId = customerIds[row]!;
    all.customerIds.push(customerId);
    all.accountIds.push(accountIds[row]!);
    all.subscriptionIds.push(subscriptionIds[row]!);
    all.orgUnitPaths.push(orgUnitPaths[row] ?? rootPath);
    all.firstMonths.push(firstMonths[row] || null);
    all.lookups.push(vault.lookup(KEY, naturalKey(keySpace, key)));
    all.sealedKeys.push(vault.seal(customerId, KEY, key));
    if (isMobileNumber(key)) addNumbers(all, { customerId, source: 'key', name: '' }, numberLookups(vault, key));
  });
  for (const name of personalColumns(batch)) {
    readTexts(batch, name).forEach((value, row) => {
      if (value === '') return; // unknown; what is known from elsewhere stays
      const customerId = customerIds[row]!;
      all.personal.customerIds.push(customerId);
      all.personal.names.push(name);
      all.personal.digests.push(vault.digest(customerId, name, value));
      all.personal.sealed.push(vault.seal(customerId, name, value));
      if (holdsNumber(name)) addNumbers(all, { customerId, source: 'personal', name }, numberLookups(vault, value));
    });
  }
}

function addNumbers(
  { numbers }: Subjects,
  from: { customerId: string; source: 'personal' | 'key'; name: string },
  lookups: readonly Buffer[],
): void {
  for (const lookup of lookups) {
    numbers.customerIds.push(from.customerId);
    numbers.sources.push(from.source);
    numbers.names.push(from.name);
    numbers.lookups.push(lookup);
  }
}

/** Every text column except key and month is a personal one of the mapping. */
function personalColumns(batch: ColumnBatch): string[] {
  return batch.columns
    .filter(({ kind, name }) => kind === ColumnKind.COLUMN_KIND_TEXT && name !== KEY && name !== FIRST_MONTH)
    .map(({ name }) => name);
}
