import { Injectable } from '@nestjs/common';
import type {
  AddSuppressionRequest,
  ConfirmNumbersRequest,
  ConfirmNumbersResponse,
  Consent,
  ConsentService,
  EndSuppressionRequest,
  GetContactFactsRequest,
  GetContactFactsResponse,
  ListConsentsRequest,
  ListConsentsResponse,
  ListSuppressionsRequest,
  ListSuppressionsResponse,
  PutConsentRequest,
  SuspendNumbersRequest,
  SuspendNumbersResponse,
  Suppression,
} from '@holdfast/contracts/customer_profile/v1/consent';
import { requireScope, requireSystem, type Caller } from '@holdfast/platform/caller';
import type { Call, Rpc } from '@holdfast/platform/grpc';
import { Consents } from './consents.js';
import { ContactFacts } from './contact-facts.js';
import { Suppressions } from './suppressions.js';
import { Suspensions } from './suspensions.js';

/** RPC service for consents and suppressions; checks scopes. */
@Injectable()
export class ConsentRpc implements Rpc<ConsentService> {
  constructor(
    private readonly consents: Consents,
    private readonly suppressions: Suppressions,
    private readonly suspensions: Suspensions,
    private readonly contactFacts: ContactFacts,
  ) {}

  async listConsents(call: Call, request: ListConsentsRequest): Promise<ListConsentsResponse> {
    requireScope(call.caller, 'consent:read');
    return { consents: await this.consents.of(call.caller, request.customerId) };
  }

  async putConsent(call: Call, request: PutConsentRequest): Promise<Consent> {
    requireScope(call.caller, 'consent:write');
    return this.consents.put(call.caller, request);
  }

  async listSuppressions(call: Call, request: ListSuppressionsRequest): Promise<ListSuppressionsResponse> {
    requireScope(call.caller, 'consent:read');
    return this.suppressions.list(call.caller, request);
  }

  async addSuppression(call: Call, request: AddSuppressionRequest): Promise<Suppression> {
    requireSuppressionWrite(call.caller);
    return this.suppressions.add(call.caller, request);
  }

  async endSuppression(call: Call, request: EndSuppressionRequest): Promise<Suppression> {
    requireSuppressionWrite(call.caller);
    return this.suppressions.end(call.caller, request.suppressionId);
  }

  async getContactFacts(call: Call, request: GetContactFactsRequest): Promise<GetContactFactsResponse> {
    requireScope(call.caller, 'consent:read');
    return { facts: await this.contactFacts.of(call.caller, request) };
  }

  async suspendNumbers(call: Call, request: SuspendNumbersRequest): Promise<SuspendNumbersResponse> {
    requireSystem(call.caller);
    await this.suspensions.add(request);
    return {};
  }

  async confirmNumbers(call: Call, request: ConfirmNumbersRequest): Promise<ConfirmNumbersResponse> {
    requireScope(call.caller, 'consent:write');
    return { confirmed: await this.suspensions.confirm(call.caller, request.customerId) };
  }
}

/** Who may record what customers allow may also keep them from being approached; the reverse would be too much. */
function requireSuppressionWrite(caller: Caller): void {
  if (!caller.scopes.has('consent:write')) requireScope(caller, 'suppression:write');
}
