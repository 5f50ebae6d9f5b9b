/**
 * Checks the settings of the service in the same container, and everything that they name; exits with 1 if a check failed.
 *
 *   node libs/platform/dist/doctor/main.js [--json] [--language zh-CN]
 */
import { fileURLToPath } from 'node:url';
import { runDoctor } from './doctor.js';

const words = process.argv.slice(2);
const language =
  words[words.indexOf('--language') + 1] === 'zh-CN' || process.env['LANG']?.startsWith('zh') ? 'zh-CN' : 'en';
process.exitCode = await runDoctor({
  service: process.env['HOLDFAST_SERVICE'] ?? '',
  environment: process.env,
  root: fileURLToPath(new URL('../../../..', import.meta.url)),
  wantsJson: words.includes('--json'),
  language,
  print: (text) => process.stdout.write(`${text}\n`),
});
