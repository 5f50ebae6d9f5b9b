import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { roomsListedIn } from './boundaries/rules.mjs';

describe('check-boundaries', () => {
  const workspace = new TemporaryFolder();
  const write = (file: string, text: string): string => workspace.write(file, text);

  beforeEach(() => {
    workspace.clear();
    write('package.json', JSON.stringify({ workspaces: ['services/*', 'libs/*', 'cli', 'twin'] }));
    for (const [folder, kind] of [
      ['libs/contracts', 'contracts'],
      ['libs/platform', 'platform'],
      ['libs/learning', 'learning'],
      ['libs/testing', 'testing'],
      ['services/orders', 'service'],
      ['services/stock', 'service'],
      ['cli', 'cli'],
      ['twin', 'twin'],
    ] as const) {
      const name = `@holdfast/${path.basename(folder)}`;
      write(`${folder}/package.json`, JSON.stringify({ name, nx: { tags: [`kind:${kind}`] } }));
      write(`${folder}/tsconfig.json`, JSON.stringify({ extends: workspace.at('tsconfig.base.json') }));
      write(`${folder}/src/thing.ts`, 'export {};\n');
    }
    write('tsconfig.base.json', JSON.stringify({ exclude: ['src/**/*.test.ts', 'src/**/*.fixture.ts'] }));
    write('tools/thing.mjs', 'export {};\n');
    write('tools/thing.test.ts', "import '@holdfast/platform/thing';\n");
    write('e2e/story.e2e.test.ts', "import '@holdfast/testing/thing';\nimport '../tools/thing.mjs';\n");
    write('twin/README.md', '# twin\n\nRooms: world → hazard\n');
    write('twin/src/world/world.ts', "import '@holdfast/platform/thing';\n");
    write('twin/src/hazard/hazard.ts', "import '../world/world.js';\n");
    write('services/orders/README.md', '# orders\n\nRooms: `basket/` → `payment/`\n');
    write('services/orders/src/orders.module.ts', "import './basket/basket.js';\nimport './payment/payment.js';\n");
    write('services/orders/src/basket/basket.ts', "import '../thing.js';\n");
    write('services/orders/src/payment/payment.ts', "import '../basket/basket.js';\n");
    const imports = ['@holdfast/testing/thing', '../payment/payment.js', './orders.fixture.js'];
    write('services/orders/src/basket/basket.test.ts', imports.map((each) => `import '${each}';\n`).join(''));
    write('services/orders/src/basket/orders.fixture.ts', "import '@holdfast/testing/thing';\n");
  });

  it('accepts a workspace that keeps to the rules', () => {
    expect(check()).toEqual({ status: 0, complaints: [] });
  });

  it.each([
    ['services/orders/src/thing.ts', "import '@holdfast/stock/thing';", 'imports @holdfast/stock (service)'],
    ['services/orders/src/thing.ts', "import type { T } from '@holdfast/stock/thing';", 'imports @holdfast/stock'],
    ['services/orders/src/thing.ts', "export * from '@holdfast/stock/thing';", 'imports @holdfast/stock'],
    ['services/orders/src/thing.ts', "void import('@holdfast/stock/thing');", 'imports @holdfast/stock'],
    ['services/orders/src/thing.ts', "type T = import('@holdfast/stock/thing').T;", 'imports @holdfast/stock'],
    ['services/orders/src/thing.ts', "import '../../stock/src/thing.js';", 'a relative import leaves @holdfast/orders'],
    ['services/orders/src/thing.ts', "import '@holdfast/cli/thing';", 'imports @holdfast/cli (cli)'],
    ['services/orders/src/thing.ts', "import '@holdfast/testing/thing';", 'only tests import it'],
    ['libs/learning/src/thing.ts', "import '@holdfast/platform/thing';", 'a learning may import no workspace code'],
    ['libs/contracts/src/thing.ts', "import '@holdfast/learning/thing';", 'a contracts may import no workspace code'],
    ['libs/platform/src/thing.ts', "import '@holdfast/learning/thing';", 'a platform may import contracts only'],
    ['libs/testing/src/thing.ts', "import '@holdfast/orders/thing';", 'imports @holdfast/orders (service)'],
    ['libs/learning/src/thing.test.ts', "import '@holdfast/testing/thing';", 'imports @holdfast/testing'],
    ['tools/thing.mjs', "import '@holdfast/testing/thing';", 'imports @holdfast/testing (testing)'],
    ['twin/src/thing.ts', "import(join(root, 'cli/dist/thing.js'));", 'imports @holdfast/cli (cli)'],
    ['tools/thing.mjs', "import '../e2e/story.e2e.test.ts';", 'tools (tools) imports e2e (e2e)'],
    ['twin/src/world/world.ts', "import '../hazard/hazard.js';", 'the room world imports the higher room hazard'],
    ['twin/src/world/world.ts', "import '../../../tools/thing.mjs';", 'a relative import leaves @holdfast/twin'],
    [
      'services/orders/src/thing.ts',
      "import './basket/orders.fixture.js';",
      'only tests and fixtures import a fixture',
    ],
  ])('refuses in %s: %s', (file, source, complaint) => {
    write(file, `${source}\n`);
    expect(check()).toEqual({ status: 1, complaints: [expect.stringContaining(`${file}:1: `)] });
    expect(check().complaints[0]).toContain(complaint);
  });

  it('refuses a lower room that imports a higher one', () => {
    write('services/orders/src/basket/basket.ts', "\nimport '../payment/payment.js';\n");
    expect(check().complaints).toEqual([
      'services/orders/src/basket/basket.ts:2: the room basket imports the higher room payment ' +
        '(order in the README: basket → payment)',
    ]);
  });

  it('refuses a room that imports the composition root', () => {
    write('services/orders/src/payment/payment.ts', "import '../orders.module.js';\n");
    expect(check().complaints).toEqual([expect.stringContaining('imports the composition root')]);
  });

  it('refuses a room that the README does not list', () => {
    write('services/orders/src/delivery/delivery.ts', 'export {};\n');
    expect(check().complaints).toEqual([expect.stringContaining('does not name the room delivery')]);
  });

  it('finds a room that the README of a tool or library does not list', () => {
    write('tools/launch/launch.mjs', 'export {};\n');
    write('libs/platform/src/clock/clock.ts', 'export {};\n');
    expect(check().complaints).toEqual([
      expect.stringContaining('libs/platform/README.md: its line "Rooms: …" does not name the room clock'),
      expect.stringContaining('tools/README.md: its line "Rooms: …" does not name the room launch'),
    ]);
  });

  it.each([
    ['libs/learning/tsconfig.json', { extends: '../../tsconfig.base.json', exclude: ['src/**/*.test.ts'] }],
    ['tsconfig.base.json', { exclude: ['src/**/*.test.ts'] }],
  ])('finds a build with fixtures, by %s', (file, config) => {
    write(file, JSON.stringify(config));
    const { status, complaints } = check();
    expect(status).toBe(1);
    expect(complaints).toContain('libs/learning/tsconfig.json: the build includes *.fixture.ts');
  });

  it('finds an export that no other file uses, whatever kind it is', () => {
    const exports = [
      'export const used = 1, alone = used;',
      'export const { first, other: second } = { first: 1, other: 2 };',
      'export function call() {}',
      'export interface Shape {}',
      'export type { Shape as Renamed };',
      'export enum Kind {}',
      'export type Result = { ok: boolean };',
      'export class Used { result(): Result { return { ok: true }; } }',
    ];
    write('cli/src/exports.ts', exports.join('\n'));
    const uses =
      "import { used, Used, type Shape } from './exports.js';\ntype First = typeof import('./exports.js').first;";
    write('cli/src/thing.ts', uses);
    const unused = ['1 alone', '2 second', '3 call', '5 Renamed', '6 Kind'].map((each) => each.split(' '));
    const complaints = unused.map(
      ([line, name]) => `cli/src/exports.ts:${line}: no other file uses the export ${name}`,
    );
    expect(check()).toEqual({ status: 1, complaints });
    write('cli/src/thing.ts', "import * as all from './exports.js';");
    expect(check().status).toBe(0);
  });

  it('finds `as unknown as` without a reason on the line before', () => {
    const cast = ['const text = 1 as', 'unknown as string;'].join(' ');
    write('cli/src/thing.ts', `// The library declares a number.\n${cast}\n${cast}\n`);
    expect(check()).toEqual({
      status: 1,
      complaints: [expect.stringContaining('cli/src/thing.ts:3: `as unknown as` without a comment')],
    });
  });

  function check(): { status: number | null; complaints: string[] } {
    const program = path.join(__dirname, 'check-boundaries.mjs');
    const { status, stderr } = spawnSync(process.execPath, [program, workspace.path], { encoding: 'utf8' });
    return { status, complaints: stderr.split('\n').filter((line) => line !== '') };
  }
});

describe('the list of rooms in a README', () => {
  it.each([
    ['Rooms: extract → lake → online', ['extract', 'lake', 'online']],
    ['**Rooms:** `extract/` -> `training-set/`.', ['extract', 'training-set']],
    ['Rooms: only', ['only']],
    ['There are no rooms here: none', undefined],
  ])('of %j', (line, rooms) => {
    expect(roomsListedIn(`# feature-store\n\n${line}\n\nMore.`)).toEqual(rooms);
  });
});
