import { jobLine } from '../output/terminal.js';
import type { CommandGroup } from './command.js';
import { example } from './options.js';

/** jobs list, jobs watch, jobs cancel */
export const jobCommands: CommandGroup = (program, context) => {
  const jobs = program.command('jobs').description('long work of all services');

  jobs
    .command('list')
    .description('the newest jobs')
    .addHelpText('after', example('jobs list'))
    .action(async () => {
      const { client, show } = context();
      const { jobs: found } = await client.call('GET /api/v1/jobs', { pageSize: 20 });
      await show(found, () => found.map(jobLine));
    });

  jobs
    .command('watch')
    .description('follow a job until it has ended')
    .argument('<job>', 'id of the job')
    .addHelpText('after', example('jobs watch feature-store.01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (jobId: string) => {
      const { show, finished } = context();
      await show(finished({ jobId }), (job) => [jobLine(job)]);
    });

  jobs
    .command('cancel')
    .description('stop a job at its next safe point')
    .argument('<job>', 'id of the job')
    .addHelpText('after', example('jobs cancel feature-store.01a2295b-4400-78be-b142-068ea5718037'))
    .action(async (jobId: string) => {
      const { client, show } = context();
      await client.call('DELETE /api/v1/jobs/{jobId}', { jobId });
      await show(client.call('GET /api/v1/jobs/{jobId}', { jobId }), (job) => [jobLine(job)]);
    });
};
