/** Seconds that each slow test file took in an earlier run; `JEST_TIMES=write npm test` records them. */
const fs = require('node:fs');
const path = require('node:path');

const repository = path.resolve(__dirname, '..');
const timesFile = path.join(__dirname, 'jest-times.json');
/** Shorter files end a run evenly in any order. */
const recordedSecondsMin = 2;

/** @returns {Record<string, number>} */
function recordedTimes() {
  return JSON.parse(fs.readFileSync(timesFile, 'utf8'));
}

/** Replaces the times of these files, and drops those of files that are gone. @param {[string, number][]} times */
function recordTimes(times) {
  const all = Object.entries({ ...recordedTimes(), ...Object.fromEntries(times) })
    .filter(([file, seconds]) => seconds >= recordedSecondsMin && fs.existsSync(path.join(repository, file)))
    .map(([file, seconds]) => /** @type {const} */ ([file, Math.round(seconds)]))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  fs.writeFileSync(timesFile, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}

/** The name by which a test file is recorded. @param {string} file */
function nameOf(file) {
  return path.relative(repository, file).replaceAll(path.sep, '/');
}

module.exports = { recordedTimes, recordTimes, nameOf };
