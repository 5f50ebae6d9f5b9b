import { JobServiceDefinition, type JobService } from '@holdfast/contracts/platform/v1/jobs';
import { systemCall } from '@holdfast/testing/callers';
import { eventually, startService, type RunningService } from '@holdfast/testing/service';
import { startScraping } from '@holdfast/testing/scrape.fixture';
import { ProbeLake } from './probe-lake.fixture.js';

const scrape = startScraping();

describe('measurements of a service', () => {
  let lake: RunningService;

  beforeAll(async () => {
    lake = await startService(ProbeLake, { service: 'probe-lake' });
  });

  afterAll(() => lake?.stop());

  it('have its backlog, its dead letters, its consumers and its connections', async () => {
    await lake.database.query(
      `insert into dead_letter (id, consumer, event_id, subject, headers, payload, failure, failed_at)
       values (gen_random_uuid(), 'probe', gen_random_uuid(), 'holdfast.probe', '{}', '', '{}', now())`,
    );
    const text = await eventually('the gauges are read', async () => {
      const now = await scrape();
      return now.includes('holdfast_consumer_lag') && now;
    });
    expect(text).toMatch(/^holdfast_outbox_messages 0$/m);
    expect(text).toMatch(/^holdfast_outbox_age 0$/m);
    expect(text).toMatch(/^holdfast_dead_letters_stored\{messaging_consumer_group_name="probe"\} 1$/m);
    expect(text).toMatch(/^holdfast_consumer_lag\{messaging_consumer_group_name="probe-lake_echo"\} 0$/m);
    expect(text).toMatch(/^db_client_connection_max\{.*\} \d+$/m);
    expect(text).toMatch(/^db_client_connection_count\{.*db_client_connection_state="idle"\} [1-9]/m);
  });

  it('have every call, by method and kind of failure', async () => {
    const jobs = lake.client<JobService>(JobServiceDefinition);
    await expect(jobs.getJob(systemCall, { jobId: 'probe-lake.none' })).rejects.toMatchObject({ kind: 'notFound' });
    expect(await scrape()).toMatch(
      /^rpc_server_call_duration_count\{rpc_system_name="grpc",rpc_method="holdfast\.platform\.v1\.JobService\/GetJob",error_type="notFound"\} 1$/m,
    );
  });
});
