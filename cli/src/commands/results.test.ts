import type { CampaignResults } from '@holdfast/client/gen/operations';
import { resultLines } from './results.js';

const arm = { touched: 0, accepted: 0, meanArpu: null, cost: null, offerCost: null, notJudged: 0 };
const found: CampaignResults = {
  campaignId: 'K-PAST',
  origin: 'extract',
  name: 'spring',
  startedOn: '2026-04-01',
  followMonths: 3,
  outcomeMonths: ['2026-05', '2026-06', '2026-07'],
  state: 'final',
  dueMonth: '2026-07',
  arms: [
    { ...arm, arm: 'discount', subscriptions: 200, churned: 10, cost: { amount: '25.00', currency: 'CNY' } },
    { ...arm, arm: 'control', subscriptions: 100, churned: 8 },
  ],
  effect: { estimate: -0.03, low: -0.061, high: 0.001, perThousand: 30, method: 'difference in means' },
  effects: [],
  sampleRatio: { pValue: 0.4, fits: true },
  power: { detectableEffect: 0.0443, powerAtGoal: null },
  notices: [{ code: 'results.rough', message: 'Few left.' }],
  notJudged: 3,
  randomisationUnit: 'household',
  randomised: true,
  computedAt: '2026-10-03T02:00:00.000Z',
  channels: [],
  orgUnit: 'demo/',
};

test('shows churn, effect and notices', () => {
  expect(resultLines(found)).toEqual([
    'spring (K-PAST), started 2026-04-01, outcomes of 2026-05, 2026-06, 2026-07: final',
    'group     subscriptions  churned  share   touched  accepted  mean ARPU  contacts cost',
    'discount  200            10       5.00 %  0        0         –          25.00 CNY',
    'control   100            8        8.00 %  0        0         –          –',
    'not evaluated: 3',
    'offers against the control group: -3.00 points (-6.10 to 0.10), 30.0 more of 1,000 stayed',
    '  difference in means',
    'smallest detectable effect: 4.43 points',
    '! Few left.',
  ]);
});

test('shows no outcomes before they are in', () => {
  const arms = found.arms.map((each) => ({ ...each, churned: null }));
  const lines = resultLines({ ...found, arms, state: 'due', effect: null, power: null, notices: [], notJudged: 0 });
  expect(lines).toEqual([
    'spring (K-PAST), started 2026-04-01, outcomes of 2026-05, 2026-06, 2026-07: due',
    'group     subscriptions  churned  share  touched  accepted  mean ARPU  contacts cost',
    'discount  200            –        –      0        0         –          25.00 CNY',
    'control   100            –        –      0        0         –          –',
  ]);
});

test('shows what accepted offers cost where that is known', () => {
  const arms = found.arms.map((each) => ({
    ...each,
    offerCost: each.arm === 'control' ? null : { amount: '60.00', currency: 'CNY' },
  }));
  expect(resultLines({ ...found, arms }).slice(1, 4)).toEqual([
    'group     subscriptions  churned  share   touched  accepted  mean ARPU  contacts cost  offers cost',
    'discount  200            10       5.00 %  0        0         –          25.00 CNY      60.00 CNY',
    'control   100            8        8.00 %  0        0         –          –              –',
  ]);
});
