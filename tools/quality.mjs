/**
 * How good what users get is. `npm run quality -- table …` measures the model of one table, `npm run quality -- operator …`
 * the whole month of operators whose truth is known. The last line is JSON.
 */
import * as operator from './quality/operator.mjs';
import * as table from './quality/table.mjs';

const usage = `${table.usage}\n${operator.usage}`;
const [what, ...words] = process.argv.slice(2);

try {
  if (what === '--help' || what === '-h') console.log(usage);
  else if (what === 'table') console.log(JSON.stringify(await table.tableQuality(words)));
  else if (what === 'operator') console.log(JSON.stringify(await operator.operatorQuality(words)));
  else throw new Error(usage);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
