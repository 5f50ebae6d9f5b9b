import { noticeOf, type NoticeKey } from './notices.js';

const FIGURES = { month: '2027-01', months: 1, of: 3, pValue: '0.0002', units: 4, subscriptions: 5 };

test.each<NoticeKey>([
  'outcomesDue',
  'partial',
  'notRandomised',
  'noControl',
  'sampleRatio',
  'clustered',
  'unitsUnknown',
  'unevenLoss',
  'rough',
  'tooFew',
  'controlTouched',
])('%s has the same parameters in both languages', (key) => {
  const { textEn, textZhCn } = noticeOf(key, FIGURES);
  const figures = (text: string): string[] => (text.match(/\d[\d.-]*\d|\d/g) ?? []).sort();
  expect(figures(textZhCn)).toEqual(figures(textEn));
  expect(`${textEn}${textZhCn}`).not.toMatch(/[{}]/);
  expect(textZhCn).toMatch(/\p{Script=Han}/u);
});

test('keys have the prefix of results', () => {
  expect(noticeOf('outcomesDue', FIGURES)).toMatchObject({
    key: 'results.outcomesDue',
    textEn: 'No outcomes yet: the last ones are due in 2027-01.',
  });
});
