import { jobLine } from '../output/terminal.js';
import type { CommandGroup } from './command.js';

/** jobs list, jobs watch, jobs cancel */
export const jobCommands: CommandGroup = (program, context) => {
  const jobs = program.command('jobs').description('long work of all services');

  jobs
    .command('list')
    .description('the newest jobs')
    .action(async () => {
      const { client, show } = context();
      const { jobs: found } = await client.call('GET /api/v1/jobs', { pageSize: 20 });
      await show(found, () => found.map(jobLine));
    });

  jobs
    .command('watch')
    .description('follow a job until it has ended')
    .argument('<job>')
    .action(async (jobId: string) => {
      const { show, finished } = context();
      await show(finished({ jobId }), (job) => [jobLine(job)]);
    });

  jobs
    .command('cancel')
    .description('stop a job at its next safe point')
    .argument('<job>')
    .action(async (jobId: string) => {
      const { client, show } = context();
      await client.call('DELETE /api/v1/jobs/{jobId}', { jobId });
      await show(client.call('GET /api/v1/jobs/{jobId}', { jobId }), (job) => [jobLine(job)]);
    });
};
