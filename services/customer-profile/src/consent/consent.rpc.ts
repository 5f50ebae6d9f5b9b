import { Injectable } from '@nestjs/common';
import type { ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { requireScope, type Caller } from '@holdfast/platform/caller';
import type { Rpc } from '@holdfast/platform/grpc';
import { Consents } from './consents.js';
import { ContactDetails } from './contact-details.js';
import { ContactFacts } from './contact-facts.js';
import { Suppressions } from './suppressions.js';
import { Suspensions } from './suspensions.js';
import { forClients, forServices, reachedBy, scoped } from '@holdfast/platform/scoped';

@Injectable()
export class ConsentRpc {
  constructor(
    private readonly consents: Consents,
    private readonly suppressions: Suppressions,
    private readonly suspensions: Suspensions,
    private readonly contactFacts: ContactFacts,
    private readonly contactDetails: ContactDetails,
  ) {}

  readonly handlers: Rpc<ConsentService> = {
    listConsents: scoped('consent:read', async ({ caller }, { customerId }) => ({
      consents: await this.consents.of(caller, customerId),
    })),

    putConsent: scoped('consent:write', ({ caller }, request) => this.consents.put(caller, request)),

    listSuppressions: scoped('consent:read', ({ caller }, request) => this.suppressions.list(caller, request)),

    getContactFacts: reachedBy(
      ['campaign'],
      scoped('consent:read', async ({ caller }, request) => ({ facts: await this.contactFacts.of(caller, request) })),
    ),

    getContactDetails: forClients('pii:read', ({ caller }, request) => this.contactDetails.of(caller, request)),

    suspendNumbers: forServices(['campaign'], async (_call, request) => {
      await this.suspensions.add(request);
      return {};
    }),

    confirmNumbers: scoped('consent:write', async ({ caller }, { customerId }) => ({
      confirmed: await this.suspensions.confirm(caller, customerId),
    })),
    addSuppression: ({ caller }, request) => {
      requireSuppressionWrite(caller);
      return this.suppressions.add(caller, request);
    },
    endSuppression: ({ caller }, { suppressionId }) => {
      requireSuppressionWrite(caller);
      return this.suppressions.end(caller, suppressionId);
    },
  };
}

/** Who may record what customers allow may also keep them from being approached; the reverse would be too much. */
function requireSuppressionWrite(caller: Caller): void {
  if (!caller.scopes.has('consent:write')) requireScope(caller, 'suppression:write');
}
