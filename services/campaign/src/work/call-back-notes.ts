import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '@holdfast/platform/caller';
import type { PlatformConfig } from '@holdfast/platform/config';
import { Database } from '@holdfast/platform/database';
import { Sealing } from '@holdfast/platform/sealing';
import { CONFIG } from '@holdfast/platform/service';

/** Notes of agents about call backs: personal data, so they are encrypted and in no log or event. */
@Injectable()
export class CallBackNotes {
  private readonly sealing: Sealing;

  constructor(
    private readonly database: Database,
    @Inject(CONFIG) config: PlatformConfig,
  ) {
    this.sealing = new Sealing(config.internalKey, 'campaign call back notes');
  }

  seal(note: string, subscriptionId: string): Buffer {
    return this.sealing.seal(Buffer.from(note), subscriptionId);
  }

  /** The note of a subscription's call back; empty if there is none or the caller may not see personal data. */
  async read(caller: Caller, queue: string, subscriptionId: string): Promise<string> {
    if (!caller.scopes.has('pii:read') || (caller.accessReason ?? '').trim() === '') return '';
    const sql = 'select sealed_note from call_back where queue = $1 and subscription_id = $2';
    const [row] = await this.database.query<{ sealed_note: Buffer | null }>(sql, [queue, subscriptionId]);
    const sealed = row?.sealed_note ?? null;
    return sealed === null ? '' : this.sealing.open(sealed, subscriptionId).toString();
  }
}
