import { labelProblem, looksLike } from './label-values.js';

test.each([
  ['YES', 'yes', true],
  ['Ｙes', 'yes', true],
  ['1.0', '1', true],
  ['true', 'yes', true],
  ['是', '1', true],
  ['Churned - competitor', 'Churned', true],
  ['Churned', 'Churned - competitor', true],
  ['流失-携号转网', '流失', true],
  ['流失（主动）', '流失', true],
  ['not churned', 'churned', false],
  ['未流失', '流失', false],
  ['Churnedless', 'Churned', false],
  ['10', '1', false],
  ['0', '1', false],
  ['no', 'yes', false],
  ['Joined', 'Churned', false],
])('%j looks like %j: %s', (value, positive, expected) => {
  expect(looksLike(value, positive)).toBe(expected);
});

const values = (...texts: string[]) => texts.map((text) => ({ text, rows: 5 }));
const label = (positive: string[], negative?: string[]) => ({ positive, negative });

test('several values that look positive are named, with the keys of the mapping that settle it', () => {
  const all = values('Stayed', 'Churned', 'Churned - price', 'Joined');
  const problem = labelProblem('left', all, label(['Churned']), true);
  expect(problem?.key).toBe('label.severalPositive');
  expect(problem?.message).toContain('label.positive: [Churned, Churned - price]');
  expect(problem?.message).toContain('label.negative');
  expect(problem?.text['zh-CN']).toContain('Churned - price');
  expect(labelProblem('left', all, label(['Churned', 'Churned - price']), true)).toBeUndefined();
  const listed = label(['Churned'], ['Stayed', 'Joined', 'Churned - price']);
  expect(labelProblem('left', all, listed, true)).toBeUndefined();
});

test('a missing positive value is reported with the existing ones, unless they are many', () => {
  expect(labelProblem('left', values('No', 'Yes'), label(['yes']), false)?.message).toMatch(/value yes .*\(No, Yes\)/);
  const names = Array.from({ length: 30 }, (_, at) => `Name ${at}`);
  expect(labelProblem('left', values(...names), label(['yes']), false)?.message).not.toContain('Name');
});

test('a value that may be that of a person is in no message', () => {
  const rare = [...values('No', '张三', '13812345678'), { text: 'Ann', rows: 4 }];
  const problem = labelProblem('left', rare, label(['yes']), false);
  expect(problem?.message).toMatch(/\(No, …\)$/);
  const alike = labelProblem('left', [{ text: 'YES', rows: 1 }, ...values('yes')], label(['yes']), true);
  expect(alike?.message).toContain('look equal to yes: …. ');
});
