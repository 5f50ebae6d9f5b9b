import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { parseAllDocuments } from 'yaml';
import { applyJsonPatch } from './json-patch.mjs';
import { renderKustomization } from './kustomize.mjs';
import type { Manifest } from './kustomize.mjs';

const root = path.resolve(__dirname, '../..');
const overlays = ['dev', 'production'].map((name) => path.join(root, 'k8s/overlays', name));

/** The program, where the machine has one that has the fields in use (kubectl 1.21 and newer). */
function kustomizeProgram(): string[] | undefined {
  const programs = [
    ['kustomize', 'build'],
    ['kubectl', 'kustomize'],
  ];
  return programs.find(([program, command]) => {
    const { status, stdout } = spawnSync(program!, ['version', ...(command === 'kustomize' ? ['--client'] : [])], {
      encoding: 'utf8',
    });
    return status === 0 && /(?:^v5|Kustomize Version: v5)/m.test(stdout);
  });
}

const byId = (manifests: Manifest[]) =>
  Object.fromEntries(manifests.map((each) => [`${each['kind']} ${each['metadata'].name}`, each]));

describe('rendering', () => {
  const folder = new TemporaryFolder();
  const write = (name: string, text: string) => folder.write(name, text);
  beforeEach(() => {
    folder.clear();
    write(
      'app.yaml',
      'kind: Deployment\nmetadata: { name: app }\nspec: { template: { spec: { containers: [{ image: "a/b:1" }] } } }\n',
    );
  });

  test.each(overlays)('of %s equals that of kustomize, where there is one', (overlay) => {
    const rendered = byId(renderKustomization(overlay));
    expect(Object.keys(rendered).length).toBeGreaterThan(50);
    const program = kustomizeProgram();
    if (program === undefined) return;
    const { stdout } = spawnSync(program[0]!, [program[1]!, overlay], { encoding: 'utf8', maxBuffer: 1e8 });
    expect(rendered).toEqual(byId(parseAllDocuments(stdout).map((document) => document.toJS())));
  });

  it('changes images, labels, namespaces and what a patch names, also in components', () => {
    write(
      'component/kustomization.yaml',
      'patches: [{ target: { kind: Deployment }, patch: "[{ op: add, path: /spec/replicas, value: 3 }]" }]\n',
    );
    write(
      'kustomization.yaml',
      'namespace: n\nresources: [app.yaml]\ncomponents: [component]\nlabels: [{ pairs: { a: b } }]\nimages: [{ name: a/b, newTag: "2" }]\n',
    );
    expect(renderKustomization(folder.path)).toEqual([
      {
        kind: 'Deployment',
        metadata: { name: 'app', namespace: 'n', labels: { a: 'b' } },
        spec: { replicas: 3, template: { spec: { containers: [{ image: 'a/b:2' }] } } },
      },
    ]);
  });

  it.each([
    ['a field that it does not know', 'resources: [app.yaml]\nnamePrefix: x\n', 'namePrefix'],
    [
      'a patch without a target',
      'resources: [app.yaml]\npatches: [{ target: { kind: Job }, patch: "[]" }]\n',
      'no target',
    ],
    ['a resource twice', 'resources: [app.yaml, app.yaml]\n', 'occurs twice'],
  ])('refuses %s', (_, text, message) => {
    write('kustomization.yaml', text);
    expect(() => renderKustomization(folder.path)).toThrow(message);
  });
});

test('a patch of a place that does not exist is refused', () => {
  const value = { spec: { list: [1, 2] } };
  applyJsonPatch(value, [
    { op: 'add', path: '/spec/list/-', value: 3 },
    { op: 'remove', path: '/spec/list/0' },
  ]);
  expect(value).toEqual({ spec: { list: [2, 3] } });
  expect(() => applyJsonPatch(value, [{ op: 'replace', path: '/spec/none', value: 1 }])).toThrow('no such place');
  expect(() => applyJsonPatch(value, [{ op: 'add', path: '/none/x', value: 1 }])).toThrow('no such place');
});
