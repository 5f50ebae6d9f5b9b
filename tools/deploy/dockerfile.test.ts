import fs from 'node:fs';
import path from 'node:path';
import { SERVICES } from '@holdfast/platform/services';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { chainOf, stagesOf } from './dockerfile-stages.mjs';
import type { Loose } from './kustomize.mjs';

const root = path.resolve(__dirname, '../..');
const text = fs.readFileSync(path.join(root, 'Dockerfile'), 'utf8');

/** Every rule is an error; variables of a FROM cannot be followed by it. */
function faultsOf(source: string): string[] {
  const all = validate(source, {
    deprecatedMaintainer: ValidationSeverity.ERROR,
    directiveCasing: ValidationSeverity.ERROR,
    emptyContinuationLine: ValidationSeverity.ERROR,
    instructionCasing: ValidationSeverity.ERROR,
    instructionCmdMultiple: ValidationSeverity.ERROR,
    instructionEntrypointMultiple: ValidationSeverity.ERROR,
    instructionHealthcheckMultiple: ValidationSeverity.ERROR,
    instructionJSONInSingleQuotes: ValidationSeverity.ERROR,
    instructionWorkdirRelative: ValidationSeverity.ERROR,
  });
  return all.map(
    ({ range, message }) => `${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  );
}

const stages = stagesOf(text);
const stage = (name: string) => stages.find((each) => each.name === name)!;
const chain = (name: string) => chainOf(stages, name);
const linesOf = (name: string) => chain(name).flatMap(({ instructions }) => instructions);

describe('the Dockerfile', () => {
  it('has no fault', () => {
    expect(faultsOf(text)).toEqual([]);
  });

  it.each([
    ['an instruction that does not exist', 'USER 65532:65532', 'USERS 65532:65532', 'Unknown instruction'],
    ['a healthcheck with a wrong flag', '--start-period=60s', '--starting-period=60s', 'Unknown flag'],
    ['a duration without a unit', '--interval=30s', '--interval=30', 'missing unit in duration'],
    ['a relative working folder', 'WORKDIR /holdfast', 'WORKDIR holdfast', 'should be absolute'],
    ['two commands in one image', 'CMD ["services/campaign/dist/main.js"]', 'CMD ["a"]\nCMD ["b"]', 'only be one CMD'],
    ['a stage that does not exist', 'COPY LICENSE ./', 'COPY', 'COPY requires at least two arguments'],
  ])('with %s has one', (_, original, mistaken, fault) => {
    expect(text).toContain(original);
    expect(faultsOf(text.replace(original, mistaken)).join('\n').toLowerCase()).toContain(fault.toLowerCase());
  });

  it('copies from stages that exist, in their order', () => {
    for (const [number, { instructions }] of stages.entries()) {
      const sources = instructions.flatMap((line) => /--from=(\S+)/.exec(line)?.[1] ?? []);
      const before = stages.slice(0, number).map(({ name }) => name);
      expect(sources.filter((source) => !before.includes(source))).toEqual([]);
    }
  });

  it.each(SERVICES)('has a target for %s that starts it, checks it, and is no more than it', (service) => {
    const lines = linesOf(service);
    expect(lines.at(-1)).toBe(`CMD ["services/${service}/dist/main.js"]`);
    expect(lines.filter((line) => line.startsWith('HEALTHCHECK')).at(-1)).toContain(
      'libs/platform/dist/health/main.js',
    );
    expect(lines).toContain(`ENV HOLDFAST_SERVICE=${service}`);
    const copied = lines.filter((line) => line.startsWith('COPY') && line.includes('services/'));
    expect(copied).toEqual([`COPY --from=build /holdfast/services/${service}/ services/${service}/`]);
    for (const folder of ['migrations', 'src'])
      expect(fs.existsSync(path.join(root, 'services', service, folder))).toBe(true);
  });

  it('runs as a user without rights, from an image without shell and package manager', () => {
    for (const name of [...SERVICES, 'operations', 'issuer']) {
      const lines = linesOf(name);
      expect(lines.filter((line) => line.startsWith('USER'))).toEqual(['USER 65532:65532']);
      expect(lines.filter((line) => line.startsWith('RUN'))).toEqual([]); // nothing to run it with
      expect(chain(name)[0]!.from).toBe('${RUNTIME_IMAGE}');
    }
    expect(text).toMatch(/^ARG RUNTIME_IMAGE=gcr\.io\/distroless\//m);
  });

  it('installs from the lock file only, and leaves packages of development behind', () => {
    const installs = stages.flatMap(({ name, instructions }) =>
      instructions.filter((line) => /npm install/.test(line)).map((line) => [name, line] as const),
    );
    expect(installs.map(([name]) => name)).toEqual(['build', 'packages']);
    for (const [, line] of installs) expect(line).toContain('--no-save');
    expect(installs[1]![1]).toContain('--omit=dev');
    expect(linesOf('campaign').join('\n')).not.toContain('--from=build /holdfast/node_modules/');
    expect(linesOf('campaign').join('\n')).toContain('sbom.cdx.json');
  });

  it('has the targets that Compose builds', () => {
    const compose = parse(fs.readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true });
    const targets: string[] = Object.values<Loose>(compose.services).flatMap(({ build }) => build?.target ?? []);
    expect(targets.sort()).toEqual([...SERVICES, 'issuer', 'operations'].sort());
    expect(targets.filter((target) => stage(target) === undefined)).toEqual([]);
  });
});

test('the context of a build has neither homes nor secrets', () => {
  const lines = fs
    .readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines[0]).toBe('*');
  expect(lines).toContain('**/.holdfast*');
  const copied = stages.flatMap(({ instructions }) =>
    instructions
      .filter((line) => line.startsWith('COPY') && !line.includes('--from'))
      .flatMap((line) => line.split(' ').slice(1, -1)),
  );
  const admitted = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect([...new Set(copied.map((name) => name.replace(/\/$/, '')))].sort()).toEqual(admitted.sort());
});
