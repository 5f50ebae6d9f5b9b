import { Injectable } from '@nestjs/common';
import { Database } from '@holdfast/platform/database';
import { jobKind, type JobResult, type JobRun, type ParamsOf } from '@holdfast/platform/jobs';
import { z } from 'zod';
import { Catalogue, type TableVersion } from '../lake/catalogue.js';
import { LakeFiles } from '../lake/lake-files.js';
import { ScratchEngines } from '../lake/scratch-engines.js';
import { restoreOnlineValues, writeValuesBefore, type ValuesOf } from '../online/online-values.js';
import { Views } from '../view/views.js';

export const RESTORE_ONLINE_VALUES = jobKind('restore-online-values', { table: z.string(), version: z.string() });

/** Job after a withdrawal: values of the withdrawn version are replaced by those that they had replaced. */
@Injectable()
export class RestoreOnlineValues {
  constructor(
    private readonly database: Database,
    private readonly catalogue: Catalogue,
    private readonly files: LakeFiles,
    private readonly scratch: ScratchEngines,
    private readonly views: Views,
  ) {}

  async run(run: JobRun<ParamsOf<typeof RESTORE_ONLINE_VALUES>>): Promise<JobResult> {
    const { table, version } = run.params;
    const sources = await this.sourcesOf(table);
    await this.scratch.run(run.jobId, run.signal, async (engine) => {
      const file = await writeValuesBefore(engine, sources);
      await this.database.transaction((tx) => restoreOnlineValues(tx, table, file));
    });
    const sql = 'select count(*)::text as rows from online_value where table_name = $1';
    const [counted] = await this.database.query<{ rows: string }>(sql, [table]);
    return { table, version, rows: counted!.rows };
  }

  /** The versions that are not withdrawn, oldest first; of a view the newest, which has all its months. */
  private async sourcesOf(table: string): Promise<ValuesOf[]> {
    const sql = 'select version from table_version where table_name = $1 and withdrawn_at is null order by rank';
    const names = await this.database.query<{ version: string }>(sql, [table]);
    const found = await Promise.all(names.map(({ version }) => this.catalogue.find(table, version)));
    const wanted = found.at(-1)?.origin === 'view' ? found.slice(-1) : found;
    return Promise.all(
      wanted.map(async (version) => {
        const file = this.files.table(table, version.version);
        return { version, file, knowledgeTimeOf: await this.knownOf(version) };
      }),
    );
  }

  /** When the rows of a month were known: of a view at its points in time. */
  private async knownOf(version: TableVersion): Promise<(month: string) => Date> {
    if (version.origin !== 'view') return () => version.loadedAt;
    const { pointsInTime } = await this.views.plan();
    const known = new Map(pointsInTime.map(({ month, knowledgeTime }) => [month, knowledgeTime]));
    return (month) => known.get(month) ?? version.loadedAt;
  }
}
