import { Injectable } from '@nestjs/common';
import { Parameters } from '@holdfast/platform/parameters';
import type { CampaignParameters } from '../parameters.js';
import type { ContactPolicy } from './gate.js';
import { minuteOf } from './quiet-hours.js';

/** The contact policy of the parameters in force at a time. */
@Injectable()
export class ContactPolicies {
  constructor(private readonly parameters: Parameters<CampaignParameters>) {}

  async inForce(at: Date): Promise<ContactPolicy> {
    const [frequency, minDaysBetween, quietHours, hoursBetweenAttempts, householdMinDays] = await Promise.all([
      this.parameters.get('contact.frequency', at),
      this.parameters.get('contact.minDaysBetween', at),
      this.parameters.get('contact.quietHours', at),
      this.parameters.get('retry.hours', at),
      this.parameters.get('contact.householdMinDays', at),
    ]);
    return {
      maxTouches: frequency.maxTouches,
      windowDays: frequency.days,
      minDaysBetween,
      hoursBetweenAttempts,
      householdMinDays,
      quietHours: { fromMinute: minuteOf(quietHours.from), toMinute: minuteOf(quietHours.to) },
    };
  }
}
