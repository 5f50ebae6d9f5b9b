import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { FLAGS } from '../services/campaign/src/script/words-of-values.js';

/** Campaign reads scripts of the monthly view, whose features feature-store defines: no service imports the other. */
const views = path.join(__dirname, '../services/feature-store/views');

it('scripts have a statement for every flag of the monthly view', () => {
  const files = readdirSync(views, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const texts = files.map((file) => readFileSync(path.join(views, file), 'utf8')).join('\n');
  const flags = texts.split('- name: ').filter((part) => /^ +type: flag$/m.test(part));
  const names = flags.map((part) => part.slice(0, part.indexOf('\n')));
  expect(names.length).toBeGreaterThan(5);
  expect(Object.keys(FLAGS).sort()).toEqual(names.sort());
});
