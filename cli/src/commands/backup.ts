import type { Command } from 'commander';
import { openTerminal, type Terminal } from '../output/terminal.js';
import type { BackupManifest } from '../backup/manifest.js';
import type { CommandGroup } from './command.js';
import { example, wholeNumber } from './options.js';

const BACKUP = [
  'back up a running system into a new folder: the schemas of all services as of one moment, and the files of the lake',
  'No key is in it: keep lake.key and profile.key elsewhere. NATS has nothing that is not in the schemas. The folder is as ' +
    'confidential as the database.',
  'Settings: HOLDFAST_ADMINISTRATOR_URL (a role that reads all schemas), HOLDFAST_ADMINISTRATOR_PASSWORD_FILE, ' +
    'HOLDFAST_DATABASE_CA_FILE, HOLDFAST_LAKE, HOLDFAST_OPERATOR.',
].join('\n\n');

const RESTORE = [
  'restore a backup into empty servers, while no service runs',
  'It checks every file, the keys, and that schemas, streams and lake are empty, before it changes anything. Until it has ' +
    'ended, no service starts; after an interruption, start it again. Services migrate an older backup when they start.',
  'Settings: those of backup, with a role that may act as the roles of all services; HOLDFAST_LAKE_KEY_FILE, ' +
    'HOLDFAST_PROFILE_KEY_FILE; HOLDFAST_NATS_URL, HOLDFAST_NATS_USER, HOLDFAST_NATS_PASSWORD_FILE, HOLDFAST_NATS_CA_FILE.',
].join('\n\n');

/** backup, restore */
export const backupCommands: CommandGroup = (program) => {
  program
    .command('backup')
    .summary('back up a running system into a new folder')
    .description(BACKUP)
    .argument('<folder>', 'gets a folder named by the time (UTC)')
    .option('--keep <count>', 'whole backups that stay in the folder, this one included; all by default', wholeNumber)
    .addHelpText('after', example('backup /backups --keep 14'))
    .action(async (folder: string, { keep }: { keep?: number }) => {
      const [{ makeBackup }, { backupSettings }, { Progress }] = await Promise.all([
        import('../backup/make-backup.js'),
        import('../backup/settings.js'),
        import('../backup/progress.js'),
      ]);
      const terminal = terminalOf(program);
      const made = await makeBackup({
        settings: backupSettings(process.env),
        into: folder,
        release: program.version() ?? '',
        ...(keep === undefined || keep === 0 ? {} : { keep }),
        signal: untilInterrupted(),
        progress: new Progress((text) => terminal.say(text)),
      });
      show(terminal, made.folder, made.manifest, 'backed up');
    });

  program
    .command('restore')
    .summary('restore a backup into empty servers, while no service runs')
    .description(RESTORE)
    .argument('<folder>', 'folder of a backup, or a folder of backups, of which the newest is taken')
    .option('--check', 'only verify the files of the backup')
    .addHelpText('after', example('restore /backups/20261130T020000Z'))
    .action(async (given: string, { check = false }: { check?: boolean }) => {
      const [{ restore, verifyFiles }, { findBackup, readManifest }, { restoreSettings }, { Progress }] =
        await Promise.all([
          import('../backup/restore.js'),
          import('../backup/manifest.js'),
          import('../backup/settings.js'),
          import('../backup/progress.js'),
        ]);
      const terminal = terminalOf(program);
      const progress = new Progress((text) => terminal.say(text));
      const folder = await findBackup(given);
      if (check) {
        const manifest = await readManifest(folder);
        await verifyFiles(folder, manifest, progress);
        return show(terminal, folder, manifest, 'intact');
      }
      const root = program.opts<{ root?: string }>().root ?? process.cwd();
      const settings = restoreSettings(process.env);
      show(
        terminal,
        folder,
        await restore({ settings, folder, root, signal: untilInterrupted(), progress }),
        'restored',
      );
    });
};

function terminalOf(program: Command): Terminal {
  const { json = false } = program.opts<{ json?: boolean }>();
  return openTerminal(process.stdout, process.stderr, json);
}

/** The work ends between two pieces, and removes what it left unfinished. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return interrupted.signal;
}

const BYTES_PER_MB = 1_000_000;

function show(terminal: Terminal, folder: string, manifest: BackupManifest, done: string): void {
  const { operator, takenAt, release, schemas, files } = manifest;
  const rows = schemas.flatMap(({ tables }) => tables).reduce((sum, table) => sum + table.rows, 0);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const figures = { folder, operator, takenAt, release, rows, files: files.length, bytes };
  if (terminal.wantsJson) return terminal.print(JSON.stringify(figures, null, 2));
  terminal.print(`${done}: ${folder}`);
  const size = (bytes / BYTES_PER_MB).toFixed(1);
  terminal.print(`operator ${operator} as of ${takenAt}: ${rows} rows, ${files.length} files, ${size} MB`);
}
