import type { Job } from './answers.js';
import { watchJob, type CommandGroup } from './command.js';
import { jobLine } from './terminal.js';

/** jobs list, jobs watch, jobs cancel */
export const jobCommands: CommandGroup = (program, context) => {
  const jobs = program.command('jobs').description('long work of all services');

  jobs
    .command('list')
    .description('the newest jobs')
    .action(async () => {
      const { client, terminal } = context();
      const { jobs: found } = await client.get<{ jobs: Job[] }>('/api/v1/jobs', { query: { pageSize: 20 } });
      terminal.show(found, () => found.map(jobLine));
    });

  jobs
    .command('watch')
    .description('follow a job until it has ended')
    .argument('<job>')
    .action(async (jobId: string) => {
      const { client, terminal } = context();
      const job = await watchJob({ client, terminal }, jobId);
      terminal.show(job, () => [jobLine(job)]);
    });

  jobs
    .command('cancel')
    .description('stop a job at its next safe point')
    .argument('<job>')
    .action(async (jobId: string) => {
      const { client, terminal } = context();
      await client.delete(`/api/v1/jobs/${jobId}`);
      const job = await client.get<Job>(`/api/v1/jobs/${jobId}`);
      terminal.show(job, () => [jobLine(job)]);
    });
};
