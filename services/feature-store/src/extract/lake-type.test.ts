import { lakeType } from './lake-type.js';

test('money has two decimals, rates six', () => {
  expect([lakeType('money'), lakeType('rate'), lakeType('subscription')]).toEqual([
    'DECIMAL(18,2)',
    'DECIMAL(18,6)',
    'UUID',
  ]);
});
