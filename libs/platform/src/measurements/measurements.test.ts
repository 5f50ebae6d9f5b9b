import { COUNTERS, GAUGES, HISTOGRAMS } from './instruments.js';
import { counter, gauge, histogram } from './measurements.js';
import { startScraping } from '@holdfast/testing/scrape.fixture';

const scrape = startScraping();

describe('measurements', () => {
  it('are read by Prometheus with their unit and attributes', async () => {
    counter('holdfast.jobs.failed').add(2, { 'holdfast.job.kind': 'import' });
    histogram('http.server.request.duration').record(0.03, { 'http.route': '/healthz' });
    gauge('holdfast.outbox.age', () => [{ value: 1.5 }]);
    const text = await scrape();
    expect(text).toContain('holdfast_jobs_failed_total{holdfast_job_kind="import"} 2');
    expect(text).toContain('http_server_request_duration_bucket{http_route="/healthz",le="0.025"} 0');
    expect(text).toContain('http_server_request_duration_bucket{http_route="/healthz",le="0.05"} 1');
    expect(text).toMatch(/^holdfast_outbox_age 1\.5$/m);
  });

  it('that cannot be read are missing, and the others are read', async () => {
    gauge('holdfast.month.age', async () => {
      throw new Error('the database is away');
    });
    gauge('holdfast.outbox.messages', () => [{ value: 7 }]);
    const text = await scrape();
    expect(text).toMatch(/^holdfast_outbox_messages 7$/m);
    expect(text).not.toMatch(/^holdfast_month_age /m);
  });

  it('have names of the semantic conventions or our own prefix, and durations are in seconds', () => {
    const conventional = /^(http|rpc|messaging|db|nodejs|process)\./;
    const all = Object.entries({ ...COUNTERS, ...GAUGES, ...HISTOGRAMS });
    const others = all
      .map(([name]) => name)
      .filter((name) => !conventional.test(name) && !name.startsWith('holdfast.'));
    expect(others).toEqual(['log.lines.dropped']);
    expect(all.filter(([name, { unit }]) => /duration|age$|delay/.test(name) && unit !== 's' && unit !== 'By')).toEqual(
      [],
    );
  });
});
