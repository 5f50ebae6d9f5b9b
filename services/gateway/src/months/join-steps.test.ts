import { MonthStep, MonthStepState as State, type OwnedStep } from '@holdfast/contracts/platform/v1/months';
import { joinMonths, type JoinedStep } from './join-steps.js';

const owned = (step: string, needs: string[], after: string[] = [], ofTables = true): OwnedStep => ({
  ...{ step, needs, after, ofTables },
});
const OWNED: OwnedStep[] = [
  owned('import', []),
  owned('profiles', ['import']),
  owned('view', ['import'], [], false),
  owned('training', ['import', 'view']),
  owned('scoring', ['import', 'view'], ['training']),
  owned('fits', ['import'], [], false),
  owned('households', ['import', 'view'], [], false),
  owned('lists', ['import', 'scoring']),
  owned('effect', ['import'], [], false),
];
const { MONTH_STEP_STATE_DONE: DONE, MONTH_STEP_STATE_RUNNING: RUNNING } = State;
const { MONTH_STEP_STATE_FAILED: FAILED, MONTH_STEP_STATE_NOT_AVAILABLE: NOT_AVAILABLE } = State;
const WAITING = State.MONTH_STEP_STATE_WAITING;

const step = (name: string, state: State, parts: Partial<MonthStep> = {}): MonthStep =>
  MonthStep.fromPartial({ month: '2026-09', step: name, version: '7', state, ...parts });

function join(...steps: MonthStep[]) {
  const [month] = joinMonths([{ steps, owned: OWNED }], false);
  const of = (name: string, table = ''): JoinedStep =>
    month!.steps.find((one) => one.step === name && one.table === table)!;
  return { month: month!, of };
}

it('a step that has not begun waits for what it needs and for what it comes after', () => {
  const { month, of } = join(step('import', DONE), step('view', RUNNING), step('profiles', DONE));
  expect(month).toMatchObject({ month: '2026-09', state: 'running' });
  expect(month.steps.map((one) => one.step)).toEqual(OWNED.map((one) => one.step));
  expect(of('training')).toMatchObject({ state: WAITING, key: 'month.waits', waitsFor: ['view'] });
  expect(of('training').textEn).toBe('It waits for: view.');
  expect(of('scoring').waitsFor).toEqual(['view', 'training']);
  expect(of('fits')).toMatchObject({ state: WAITING, key: 'month.starts', waitsFor: [] });
});

it('what lacks a result is not available, but a step comes after one that failed', () => {
  const { month, of } = join(
    step('import', DONE),
    step('view', NOT_AVAILABLE),
    ...['profiles', 'fits', 'effect'].map((name) => step(name, DONE)),
  );
  for (const name of ['training', 'scoring', 'households', 'lists'])
    expect(of(name)).toMatchObject({ state: NOT_AVAILABLE, key: 'month.needs' });
  expect(of('lists').textZhCn).toBe('缺少以下步骤的结果：scoring。');
  expect(month.state).toBe('done');
  const failed = join(step('import', DONE), step('view', DONE), step('training', FAILED));
  expect(failed.of('scoring')).toMatchObject({ state: WAITING, waitsFor: [] });
  expect(failed.month.state).toBe('running');
});

it('a month has failed once nothing more comes and a step has failed', () => {
  const all = OWNED.map(({ step: name }) => step(name, name === 'households' ? FAILED : DONE));
  expect(join(...all).month.state).toBe('failed');
  expect(join(...OWNED.map(({ step: name }) => step(name, DONE))).month.state).toBe('done');
});

it('what was done for an earlier extract is to be done again, the rest stays', () => {
  const { month, of } = join(
    step('import', DONE, { version: '10' }),
    ...['profiles', 'view', 'fits', 'households', 'effect'].map((name) => step(name, DONE, { version: '9' })),
    step('lists', DONE, { version: '' }),
    step('training', DONE, { version: '10' }),
  );
  expect(of('households')).toMatchObject({ state: WAITING, waitsFor: ['view'] });
  expect([of('training').state, of('lists').state]).toEqual([DONE, DONE]);
  expect(month.state).toBe('running');
});

it('while an import waits for a person, so does the month', () => {
  const { month, of } = join(step('import', WAITING, { version: '8', key: 'import.held' }), step('view', DONE));
  expect(of('view')).toMatchObject({ state: WAITING, waitsFor: ['import'] });
  expect(month.state).toBe('waiting');
});

it('plain tables have separate steps in the month', () => {
  const table = { table: 'telco', version: 'v2' };
  const { month, of } = join(
    step('import', DONE),
    step('import', DONE, table),
    step('profiles', DONE, { ...table, version: 'v1' }),
    step('training', RUNNING, table),
  );
  expect(month.steps.filter((one) => one.table === 'telco').map((one) => one.step)).toEqual([
    ...['import', 'profiles', 'training', 'scoring', 'lists'],
  ]);
  expect(of('profiles', 'telco').state).toBe(WAITING);
  expect(of('training', 'telco')).toMatchObject({ state: RUNNING, waitsFor: [] });
  expect(of('scoring', 'telco').waitsFor).toEqual(['training']);
});

it('comes newest month first, and runs while an owner does not answer', () => {
  const steps = [step('import', DONE), step('import', DONE, { month: '2026-10' })];
  const months = joinMonths([{ steps, owned: [OWNED[0]!] }], false);
  expect(months.map(({ month, state }) => [month, state])).toEqual([
    ['2026-10', 'done'],
    ['2026-09', 'done'],
  ]);
  expect(joinMonths([{ steps, owned: [OWNED[0]!] }], true)[0]!.state).toBe('running');
});
