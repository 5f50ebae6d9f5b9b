import { KINDS } from './column-kinds.js';

test('money has two decimals, rates six', () => {
  const types = [KINDS.money, KINDS.rate, KINDS.subscription].map(({ lakeType }) => lakeType);
  expect(types).toEqual(['DECIMAL(18,2)', 'DECIMAL(18,6)', 'UUID']);
});
