/**
 * How good what users get is. `npm run quality -- table …` measures the model of one table, `npm run quality -- operator …`
 * the whole month of operators whose truth is known, `npm run quality -- promotions …` whether promoted models are better on the
 * month after. The last line is JSON.
 */
import * as operator from './quality/operator.mjs';
import * as promotions from './quality/promotions.mjs';
import * as table from './quality/table.mjs';

const usage = `${table.usage}\n${operator.usage}\n${promotions.usage}`;
const [what, ...words] = process.argv.slice(2);

try {
  if (what === '--help' || what === '-h') console.log(usage);
  else if (what === 'table') console.log(JSON.stringify(await table.tableQuality(words)));
  else if (what === 'operator') console.log(JSON.stringify(await operator.operatorQuality(words)));
  else if (what === 'promotions') console.log(JSON.stringify(await promotions.promotionsQuality(words)));
  else throw new Error(usage);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
