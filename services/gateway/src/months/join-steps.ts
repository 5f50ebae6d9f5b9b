import {
  MonthStepState as State,
  type MonthStep,
  type OwnedStep,
  type ReadMonthStepsResponse,
} from '@holdfast/contracts/platform/v1/months';
import { fill } from '@holdfast/platform/errors';

/** The steps of a month in the order in which they are shown; each comes after those that it waits for. */
export const STEPS = [
  'import',
  'profiles',
  'view',
  'training',
  'scoring',
  'fits',
  'households',
  'changes',
  'lists',
  'effect',
] as const;
type StepName = (typeof STEPS)[number];

/** A step with the names of those that it waits for. */
export interface JoinedStep extends MonthStep {
  waitsFor: string[];
}

export type MonthState = 'waiting' | 'running' | 'done' | 'failed';

export interface JoinedMonth {
  month: string;
  state: MonthState;
  steps: JoinedStep[];
}

const WAITS = { key: 'month.waits', en: 'It waits for: {steps}.', 'zh-CN': '正在等待：{steps}。' };
const STARTS = { key: 'month.starts', en: 'It is about to start.', 'zh-CN': '即将开始。' };
const NEEDS = { key: 'month.needs', en: 'It needs a result of: {steps}.', 'zh-CN': '缺少以下步骤的结果：{steps}。' };

/**
 * Joins what the owners of the steps know. A step that its owner has not begun for the newest import waits for the steps
 * before it, or is not available without their result.
 * @param answers of the services that answered @param isPartial whether some did not
 */
export function joinMonths(answers: readonly ReadMonthStepsResponse[], isPartial: boolean): JoinedMonth[] {
  const owned = new Map(answers.flatMap((answer) => answer.owned.map((each) => [each.step, each])));
  const known = answers.flatMap(({ steps }) => steps);
  const months = [...new Set(known.map(({ month }) => month))].sort().reverse();
  return months.map((month) => {
    const ofMonth = known.filter((step) => step.month === month);
    const tables = [...new Set(ofMonth.map(({ table }) => table))].sort();
    const steps = tables.flatMap((table) => joinSubject(month, table, ofMonth, owned));
    return { month, state: isPartial ? 'running' : stateOf(steps), steps };
  });
}

/** The steps of an extract (an empty `table`) or of a plain table. */
function joinSubject(
  month: string,
  table: string,
  ofMonth: readonly MonthStep[],
  owned: ReadonlyMap<string, OwnedStep>,
): JoinedStep[] {
  const given = new Map(ofMonth.filter((step) => step.table === table).map((step) => [step.step, step]));
  const imported = given.get('import');
  const joined = new Map<string, JoinedStep>();
  const applies = (name: string): boolean => owned.has(name) && (table === '' || owned.get(name)!.ofTables);
  for (const name of STEPS.filter(applies)) {
    const step = given.get(name);
    if (name === 'import' && step === undefined) continue;
    const { needs, after } = owned.get(name)!;
    const isCurrent = step !== undefined && !isOlder(step, imported);
    joined.set(
      name,
      isCurrent
        ? { ...step, waitsFor: [] }
        : notBegun({ month, table, step: name }, needs.filter(applies), after, joined),
    );
  }
  return [...joined.values()];
}

/** Whether a step was done for what a later import has replaced. */
function isOlder(step: MonthStep, imported: MonthStep | undefined): boolean {
  if (imported === undefined || step.version === '' || imported.version === '') return false;
  return step.table === '' ? Number(step.version) < Number(imported.version) : step.version !== imported.version;
}

function notBegun(
  subject: { month: string; table: string; step: StepName },
  needs: readonly string[],
  after: readonly string[],
  joined: ReadonlyMap<string, JoinedStep>,
): JoinedStep {
  const stateOfStep = (name: string): State | undefined => joined.get(name)?.state;
  const missing = needs.filter((name) => isLost(stateOfStep(name)));
  const awaited = [
    ...needs.filter((name) => stateOfStep(name) !== State.MONTH_STEP_STATE_DONE),
    ...after.filter((name) => joined.has(name) && !hasEnded(stateOfStep(name))),
  ];
  const isUnavailable = missing.length > 0;
  const { key, en, 'zh-CN': zhCn } = isUnavailable ? NEEDS : awaited.length > 0 ? WAITS : STARTS;
  const steps = (isUnavailable ? missing : awaited).join(', ');
  return {
    ...{ ...subject, version: '', job: undefined, key, textEn: fill(en, { steps }), textZhCn: fill(zhCn, { steps }) },
    state: isUnavailable ? State.MONTH_STEP_STATE_NOT_AVAILABLE : State.MONTH_STEP_STATE_WAITING,
    waitsFor: isUnavailable ? missing : awaited,
  };
}

function isLost(state: State | undefined): boolean {
  return state === State.MONTH_STEP_STATE_FAILED || state === State.MONTH_STEP_STATE_NOT_AVAILABLE;
}

function hasEnded(state: State | undefined): boolean {
  return isLost(state) || state === State.MONTH_STEP_STATE_DONE;
}

/** Waiting: for a person, who confirms or discards what was imported. */
function stateOf(steps: readonly JoinedStep[]): MonthState {
  const open = steps.filter(({ state }) => !hasEnded(state));
  const isHeld = ({ step, key }: JoinedStep): boolean => step === 'import' && key === 'import.held';
  const isIdle = (step: JoinedStep): boolean => isHeld(step) || step.waitsFor.length > 0;
  if (open.length > 0) return open.some(isHeld) && open.every(isIdle) ? 'waiting' : 'running';
  return steps.some(({ state }) => state === State.MONTH_STEP_STATE_FAILED) ? 'failed' : 'done';
}
