import type { Import, Job } from '@holdfast/client/gen/operations';
import type { RestClient } from '@holdfast/client/rest-client';

/** An import was read and checked, and waits for a confirmation. */
export class HeldImportError extends Error {
  override readonly name = 'HeldImportError';

  constructor(readonly report: Import) {
    super(heldLines(report).join('\n'));
  }
}

/**
 * The report of a loaded import; a held one is published first, if requested.
 * @param finished waits for a job
 * @throws HeldImportError if it is held back
 */
export async function loadedReport(
  client: RestClient,
  importId: string,
  { confirm, finished }: { confirm: boolean; finished: (job: Job) => Promise<unknown> },
): Promise<Import> {
  const read = (): Promise<Import> => client.call('GET /api/v1/imports/{importId}', { importId });
  let report = await read();
  if (report.state === 'held' && confirm) {
    await finished(await client.call('POST /api/v1/imports/{importId}:confirm', { importId }));
    report = await read();
  }
  if (report.state === 'held') throw new HeldImportError(report);
  return report;
}

/** Why an import is held back, and what to do. */
function heldLines(report: Import): string[] {
  return [
    `Import ${report.importId} is held back: nothing of it is visible until it is confirmed.`,
    ...findingLines(report),
    'Confirm with --confirm, or: ./holdfast imports confirm ' + report.importId,
    'Drop it with: ./holdfast imports discard ' + report.importId,
  ];
}

/** The differences from the previous version, those that hold the import first. */
export function findingLines({ findings, comparison, keyExamples }: Import): string[] {
  const sorted = [...findings].sort((left, right) => Number(right.holds) - Number(left.holds));
  return [
    ...sorted.map(({ holds, message }) => `${holds ? '! ' : '  '}${message}`),
    ...(comparison === null
      ? []
      : [
          `  Compared with version ${comparison.comparedWith}: ${comparison.kept} subscribers in both, ` +
            `${comparison.added} new, ${comparison.gone} gone.`,
        ]),
    ...keyExamples.map(({ before, now }) => `  ${before} -> ${now}`),
  ];
}
