import '@holdfast/platform/telemetry';
import { runService } from '@holdfast/platform/service';
import { CampaignModule } from './campaign.module.js';

await runService('campaign', (environment) => CampaignModule.register(environment));
