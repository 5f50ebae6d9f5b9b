/**
 * Clients that two generators make of the document, compiled with strict TypeScript. `oazapfts` writes functions and
 * unions of words, `openapi-typescript-codegen` classes and enums.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CONTROLLERS } from '../gateway.module.js';
import { controllerOperations } from '../operation/operation.js';
import { openApiDocument } from './document.js';

const repository = path.join(__dirname, '../../../..');
const programOf = (name: string) => path.join(repository, 'node_modules', name);

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-generators-'));
  fs.symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules')); // for the runtime of oazapfts
  const document = openApiDocument(controllerOperations(CONTROLLERS), '1');
  write('openapi.json', JSON.stringify(document));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  fs.writeFileSync(path.join(folder, name), text);
}

function run(program: string, ...options: string[]): string {
  const { status, stdout } = tryToRun(program, ...options);
  if (status !== 0) throw new Error(stdout);
  return stdout;
}

function tryToRun(program: string, ...options: string[]): { status: number; stdout: string } {
  try {
    const stdout = execFileSync(process.execPath, [programOf(program), ...options], { cwd: folder, encoding: 'utf8' });
    return { status: 0, stdout };
  } catch (thrown) {
    return thrown as { status: number; stdout: string };
  }
}

/** Errors of strict TypeScript over the generated code, a program that uses it, and one that uses a wrong word. */
function errorsOf(programs: { right: string; wrong: string }): string[] {
  for (const [name, program] of Object.entries(programs)) write(`${name}.ts`, program);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2023', module: 'esnext', moduleResolution: 'bundler' },
    ...{ lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'] },
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['right.ts', 'wrong.ts'] }));
  const { stdout } = tryToRun('typescript/bin/tsc', '-p', folder);
  return stdout.split('\n').filter((line) => line.includes('error'));
}

const LEASE = '01936a44-5a10-7f51-8e41-7a6d5b8e1f77';

test('functions of oazapfts compile, and know the closed sets and the problems', () => {
  run('oazapfts/dist/cli.js', 'openapi.json', 'functions.ts');
  const use = (outcome: string) => `
    import * as api from './functions.js';
    export async function report(): Promise<string> {
      const recorded = await api.postDispositions('key', { leaseId: '${LEASE}', outcome: '${outcome}' });
      if (recorded.status === 200) return recorded.data.recorded.map(({ code }) => code ?? 'done').join();
      const renewed = await api.putLeasesByLeaseIdRenew('${LEASE}');
      return renewed.status === 410 ? renewed.data.code : '';
    }`;
  const errors = errorsOf({ right: use('call_back'), wrong: use('busy') });
  expect(errors).toEqual([expect.stringMatching(/^wrong\.ts.*busy/)]);
});

test('classes of openapi-typescript-codegen compile, and know the closed sets', () => {
  run('openapi-typescript-codegen/bin/index.js', '--input', 'openapi.json', '--output', 'classes');
  const use = (state: string) => `
    import { CampaignsService, CampaignState, type Problem } from './classes/index.js';
    export const codeOf = ({ code }: Problem): string => code;
    export const running = () => CampaignsService.getCampaigns(CampaignState.${state});`;
  const errors = errorsOf({ right: use('RUNNING'), wrong: use('ASLEEP') });
  expect(errors).toEqual([expect.stringMatching(/^wrong\.ts.*ASLEEP/)]);
});
