import { ConsentServiceDefinition, type ConsentService } from '@holdfast/contracts/customer_profile/v1/consent';
import { CustomerServiceDefinition, type CustomerService } from '@holdfast/contracts/customer_profile/v1/customer';
import { View360ServiceDefinition, type View360Service } from '@holdfast/contracts/customer_profile/v1/view360';
import { connectTo, GrpcServer } from '@holdfast/platform/grpc';
import type { ServiceIdentity } from '@holdfast/platform/service-identity';
import { SERVICES } from '@holdfast/platform/services';
import { callOf } from '@holdfast/testing/callers';
import { TestAuthority } from '@holdfast/testing/certificates';
import { startService, type RunningService } from '@holdfast/testing/service';
import { TemporaryFolder } from '@holdfast/testing/temporary-folder.fixture';
import { CustomerProfileModule } from '../customer-profile.module.js';
import { PROFILE_KEY, idsOf } from '../customer-profile.fixture.js';

const INTERNAL_KEY = '5f2c8e17a94b03d6c1e87f20b5a3d94e';

describe('names, numbers and keys of customers', () => {
  const folder = new TemporaryFolder();
  const identities: ServiceIdentity[] = [];
  let authority: TestAuthority;
  let profile: RunningService;

  beforeAll(async () => {
    authority = await TestAuthority.create(folder.path);
    for (const service of SERVICES) await authority.issue(service);
    const environment = {
      ...authority.environmentOf('customer-profile'),
      HOLDFAST_INTERNAL_KEY: INTERNAL_KEY,
      HOLDFAST_PROFILE_KEY: PROFILE_KEY,
    };
    profile = await startService(CustomerProfileModule, { service: 'customer-profile', environment });
  }, 60_000);

  afterAll(async () => {
    for (const identity of identities) identity.close();
    await profile?.stop();
  });

  /** Who has every scope, a reason, and no limit of region. */
  const call = callOf({
    scopes: ['profile:read', 'pii:read', 'consent:read', 'consent:write'],
    accessReason: 'complaint 4711',
  });
  const own = callOf({ system: true });
  const id = idsOf('K-1');

  /** What each method answers to a service with its own certificate, or one that also signs tokens as another. */
  async function answersTo(service: string, issuer = service): Promise<Record<string, string>> {
    const identity = authority.identityOf(service, INTERNAL_KEY, { issuer });
    identities.push(identity);
    const callee = { service: 'customer-profile', address: `127.0.0.1:${profile.get(GrpcServer).port}` };
    const customers = connectTo<CustomerService>(CustomerServiceDefinition, callee, identity);
    const consents = connectTo<ConsentService>(ConsentServiceDefinition, callee, identity);
    const views = connectTo<View360Service>(View360ServiceDefinition, callee, identity);
    const { customer, subscription } = id;
    const identifier = { kind: 'key', value: 'K-1', asOf: undefined, table: '' };
    const page = { pageSize: 0, pageToken: '' };
    const requests: Record<string, () => Promise<unknown>> = {
      getCustomer: () => customers.getCustomer(call, { id: customer }),
      resolveCustomer: () => customers.resolveCustomer(call, identifier),
      getSubscriptionKeys: () => customers.getSubscriptionKeys(call, { subscriptionIds: [subscription] }),
      getContactDetails: () => consents.getContactDetails(call, { subscriptionId: subscription, channel: 'call' }),
      getView360: () => views.getView360(call, { id: customer, asOf: undefined, include: [] }),
      listTimeline: () => views.listTimeline(call, { customerId: customer, ...page } as never),
      ownWork: () => customers.getSubscriptionKeys(own, { subscriptionIds: [subscription] }),
    };
    const answers = Object.entries(requests).map(async ([name, request]) => {
      const answer = await request().then(
        () => 'answered',
        ({ kind, key }: { kind: string; key: string }) => (kind === 'notFound' ? 'answered' : `${kind} ${key}`),
      );
      return [name, answer] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  const all = (answer: string, ownWork = answer) => {
    const methods = 'getCustomer resolveCustomer getSubscriptionKeys getContactDetails getView360 listTimeline'.split(
      ' ',
    );
    return { ...Object.fromEntries(methods.map((name) => [name, answer])), ownWork };
  };

  it('are given to the gateway, on behalf of a caller who may see them', async () => {
    expect(await answersTo('gateway')).toEqual(all('answered', 'forbidden caller.scopeMissing'));
  });

  it.each(['campaign', 'household-identification'])(
    'are refused to %s, which calls other methods, whatever scopes its token has',
    async (service) => {
      expect(await answersTo(service)).toEqual(all('forbidden call.otherServices'));
    },
  );

  it.each(['churn-scoring', 'evaluation', 'feature-store', 'preference-recommendation'])(
    'are refused to %s, which does not call customer-profile',
    async (service) => {
      expect(await answersTo(service)).toEqual(all('forbidden caller.serviceRefused'));
    },
  );

  it.each(SERVICES.filter((service) => service !== 'gateway'))(
    'are refused to %s with tokens in the name of the gateway',
    async (service) => {
      expect(await answersTo(service, 'gateway')).toEqual(all('forbidden caller.issuedToAnother'));
    },
  );
});
