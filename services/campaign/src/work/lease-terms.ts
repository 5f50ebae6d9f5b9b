import { Injectable } from '@nestjs/common';
import type { LeaseNextRequest } from '@holdfast/contracts/campaign/v1/work';
import { Database } from '@holdfast/platform/database';
import { Parameters } from '@holdfast/platform/parameters';
import type { CampaignParameters } from '../parameters.js';
import { OfferCatalogue } from '../plan/offer-catalogue.js';
import { channelOf, requireRunning } from '../plan/running.js';

/** Purpose of contacts from the queue of a plain table. */
const PURPOSE = 'marketing';

/** A lease request with the approved terms of its queue. */
export interface LeaseTerms extends LeaseNextRequest {
  purpose: string;
  leasesMax: number;
  reservedMinutes: number;
  /** Arms whose offers are no longer on sale. */
  withdrawnArms: readonly string[];
}

/** The terms on which work of a queue is leased: those of its campaign's approval, and the limits of the parameters. */
@Injectable()
export class ApprovedTerms {
  constructor(
    private readonly database: Database,
    private readonly parameters: Parameters<CampaignParameters>,
    private readonly offers: OfferCatalogue,
  ) {}

  /**
   * @throws conflict if the queue's campaign is not running or its contact period is over; unprocessable if the channel
   *   is not the approved one
   */
  async of(request: LeaseNextRequest, at: Date): Promise<LeaseTerms> {
    const campaign = await requireRunning((sql, params) => this.database.query(sql, params), request.queue, at);
    const [leasesMax, reservedMinutes] = await Promise.all([
      this.parameters.get('lease.perAgentMax', at),
      this.parameters.get('callBack.reservedMinutes', at),
    ]);
    return {
      ...request,
      leasesMax,
      reservedMinutes,
      channel: channelOf(campaign?.plan, request.channel),
      purpose: campaign?.purpose ?? PURPOSE,
      withdrawnArms: campaign === undefined ? [] : await this.offers.withdrawnArms(campaign.plan),
    };
  }
}
