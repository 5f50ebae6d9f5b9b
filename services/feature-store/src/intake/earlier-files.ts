import { Injectable } from '@nestjs/common';
import { Database, rowsOf, type Transaction } from '@holdfast/platform/database';
import { Failure, failure } from '@holdfast/platform/errors';
import { lockVersions } from '../lake/catalogue.js';
import { DataKeys } from '../lake/data-keys.js';
import { keyFor } from '../lake/lake-keys.js';
import { LakeFiles } from '../lake/lake-files.js';
import { notice, type Notice } from '../notices.js';
import { accumulates, named, type EarlierFile } from '../table/join-months.js';
import type { Mapping } from '../table/mapping.js';
import { keySpaceOf } from '../table/read-table.js';

/** Files that a version is joined with: ten years of months. */
const FILES_MAX = 120;

const NEWEST_VERSION =
  'select version from table_version where table_name = $1 and version <> $2 and withdrawn_at is null order by rank desc limit 1';

interface PublishedFile {
  version: string;
  importId: string;
  mapping: Mapping;
  asOf: string;
  months: string[];
}

const otherVersion = failure('unavailable', 'import.otherVersion', {
  en: 'Another version of the table became visible during the import; it starts again.',
  'zh-CN': '导入期间该表有其他版本发布，将重新导入。',
});
const RETRY_SECONDS = 1;

/** What a new file of a table is joined with. */
export interface EarlierFiles {
  /** The newest visible version; empty for none. */
  newest: string;
  /** The newest first. */
  files: EarlierFile[];
  /** Why earlier rows are not part of the version. */
  notices: Notice[];
}

/** The published files of plain tables. */
@Injectable()
export class TableFiles {
  constructor(
    private readonly database: Database,
    private readonly lake: LakeFiles,
    private readonly keys: DataKeys,
  ) {}

  /** The earlier files of a table. @param version that of the new file */
  async before(mapping: Mapping, version: string): Promise<EarlierFiles> {
    const newest = await this.newestVersion(mapping.table, version);
    if (newest === '') return { newest, files: [], notices: [] };
    if (mapping.key === undefined) return { newest, files: [], notices: [notice('months.withoutKey', '')] };
    if (!accumulates(mapping)) return { newest, files: [], notices: [notice('months.withoutDate', '')] };
    const published = await this.published(mapping.table, version);
    const joined = published.slice(0, FILES_MAX);
    const notices = leftOut('months.tooMany', published.slice(FILES_MAX), joined);
    const isSameSpace = ({ mapping: other }: PublishedFile): boolean =>
      keySpaceOf(other, '').of === keySpaceOf(mapping, '').of;
    const ofSpace = joined.filter(isSameSpace);
    notices.push(...leftOut('months.otherKeys', joined, ofSpace));
    const files = new Map<PublishedFile, EarlierFile>();
    for (const file of ofSpace) {
      const dataKey = await this.keyOf(file);
      if (dataKey === undefined) continue;
      const bytes = (): AsyncGenerator<Buffer> => this.lake.readRaw(file.importId, keyFor('raw', dataKey));
      files.set(file, { mapping: file.mapping, asOf: file.asOf, months: file.months, bytes });
    }
    notices.push(...leftOut('months.erased', ofSpace, [...files.keys()]));
    return { newest, files: [...files.values()], notices };
  }

  /**
   * Locks the versions of a table until the end of the transaction.
   * @param newest the visible version next to which the new one was made
   * @throws unavailable if another one is visible now
   */
  async requireNewest(
    tx: Transaction,
    { table, version }: { table: string; version: string },
    newest: string,
  ): Promise<void> {
    await lockVersions(tx, table);
    const [row] = await rowsOf<{ version: string }>(tx, NEWEST_VERSION, [table, version]);
    if ((row?.version ?? '') !== newest) throw otherVersion({}, { retryAfterSeconds: RETRY_SECONDS });
  }

  private async newestVersion(table: string, version: string): Promise<string> {
    const [row] = await this.database.query<{ version: string }>(NEWEST_VERSION, [table, version]);
    return row?.version ?? '';
  }

  /** The visible files that can be joined, the newest first; none that was withdrawn. */
  private published(table: string, version: string): Promise<PublishedFile[]> {
    const sql = `select version.version, import.id as "importId", mapping, as_of as "asOf", file_months as months
      from table_version version join import on import.id = import_id
      where version.table_name = $1 and version.version <> $2 and version.withdrawn_at is null
        and file_months <> '{}' order by rank desc`;
    return this.database.query<PublishedFile>(sql, [table, version]);
  }

  /** Undefined if the file was erased. */
  private async keyOf({ importId }: PublishedFile): Promise<Buffer | undefined> {
    try {
      return await this.keys.of(importId);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.kind === 'gone') return undefined;
      throw thrown;
    }
  }
}

/** The notice about months that no joined file has. */
function leftOut(
  key: 'months.tooMany' | 'months.otherKeys' | 'months.erased',
  all: readonly PublishedFile[],
  joined: readonly PublishedFile[],
): Notice[] {
  const had = new Set(joined.flatMap(({ months }) => months));
  const months = [...new Set(all.flatMap((file) => file.months))].filter((month) => !had.has(month)).sort();
  return months.length === 0 ? [] : [notice(key, '', { months: named(months), max: FILES_MAX })];
}
