import type { CardJson } from './card.js';
import { cardPage } from './card-page.js';
import { cardOperations } from './cards.http.js';

const example = cardOperations[0]!.example.response as CardJson;

test.each([
  ['en', 'Business goal', 'Precision at capacity (60 contacts per month)', '0.7100 (0.6100 – 0.8100)', 'excluded'],
  ['zh-CN', '业务目标', '按联系容量的命中率 (60 名/月)', '0.7100 (0.6100 – 0.8100)', '未被接触的评估数据行'],
] as const)('has every part of CS-28, without a script, in %s', (language, ...words) => {
  const page = cardPage(example, language);
  expect(page).toContain(`<html lang="${language}">`);
  for (const word of words) expect(page).toContain(word);
  const parts = [...page.matchAll(/<h2 id="(\w+)">/g)].map((match) => match[1]);
  expect(parts).toEqual([
    'goal',
    'data',
    'preparation',
    'method',
    'evaluation',
    'deployment',
    'limits',
    'importance',
    'reasons',
  ]);
  expect(page).not.toMatch(/<script|\son\w+=|(?:src|href)="https?:/);
  expect(page).not.toMatch(/undefined|NaN|\[object/);
});

test.each([
  ['en', 'When it was in shadow', 'At risk by this model only', '0.0900 (0.0500 – 0.1300)'],
  ['zh-CN', '影子评分时段', '仅本模型判定高风险', '0.0900 (0.0500 – 0.1300)'],
] as const)('has the figures of the newest run in shadow, in %s', (language, ...words) => {
  const page = cardPage(example, language);
  for (const word of words) expect(page).toContain(word);
  const [shadow] = example.shadows;
  const open = { ...shadow!, runs: [{ ...shadow!.runs[0]!, figures: null, outcome: null }] };
  const before = cardPage({ ...example, shadows: [open] }, language);
  expect(before).toContain(words[0]);
  expect(before).not.toContain(words[1]);
  expect(cardPage({ ...example, shadows: [] }, language)).not.toContain(words[0]);
});

test('shows what people entered as text', () => {
  const [span] = example.deployments;
  const reason = '<img src=x onerror=alert(1)> & "more"';
  const page = cardPage({ ...example, goal: reason, deployments: [{ ...span!, reason }] }, 'en');
  expect(page).not.toContain('<img');
  expect(page.match(/&#60;img src=x onerror=alert\(1\)&#62; &#38; &#34;more&#34;/g)).toHaveLength(2);
});

test('a model of a former release has no data and no figures that are not there', () => {
  const model = { ...example.model!, validation: null, verdict: null };
  const method = { ...example.method!, programVersion: null, settings: null };
  const page = cardPage({ ...example, model, method, data: null, deployments: [] }, 'en');
  expect(page).toContain('not known');
  expect(page).toContain('It has never been champion.');
  expect(page).not.toMatch(/undefined|NaN|null/);
});
