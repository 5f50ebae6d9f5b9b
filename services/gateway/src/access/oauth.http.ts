import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Answer, Operation, operationsOf, type HandlerInput } from '../operation/operation.js';
import { DevelopmentIssuer, TOKEN_ERRORS, TokenRefused } from './development-issuer.js';

const operation = operationsOf('access');

const TokenResponse = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().describe('Seconds'),
  scope: z.string(),
});

/** RFC 6749, section 5.2. */
const TokenError = z.strictObject({ error: z.enum(TOKEN_ERRORS) });

const issueToken = operation('POST /oauth/token', {
  summary: 'Get an access token (development issuer)',
  description:
    'OAuth2 client credentials, as a form or JSON; the client may authenticate by HTTP Basic instead. ' +
    'Errors are those of RFC 6749.',
  scope: 'open',
  limitClass: 'token',
  takesForm: true,
  body: z.object({
    grant_type: z.string(),
    client_id: z.string().optional(),
    client_secret: z.string().optional(),
    scope: z.string().default(''),
  }),
  response: TokenResponse,
  also: {
    400: {
      description: 'The words of RFC 6749, or a problem document for a body that cannot be read',
      response: TokenError,
    },
    401: { description: 'Unknown client or wrong secret', response: TokenError },
  },
  example: {
    body: { grant_type: 'client_credentials', client_id: 'console', client_secret: '…' },
    response: {
      access_token: 'eyJhbGciOiJFZERTQSJ9.…',
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'churn:read script:read',
    },
  },
});

const readKeySet = operation('GET /.well-known/jwks.json', {
  summary: 'Public keys of the development issuer',
  scope: 'open',
  response: z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
  example: { response: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'mYq…', kid: 'a1b2', alg: 'EdDSA', use: 'sig' }] } },
});

/** The development issuer's face; there only in development mode. */
@Controller()
export class OauthHttp {
  constructor(private readonly issuer: DevelopmentIssuer) {}

  @Operation(issueToken)
  async token({ body, request }: HandlerInput<typeof issueToken>): Promise<Answer> {
    const headers = { 'cache-control': 'no-store' };
    try {
      if (body.grant_type !== 'client_credentials') throw new TokenRefused('unsupported_grant_type');
      const { clientId, secret } = credentialsOf(request.headers.authorization, body);
      const granted = await this.issuer.grant(clientId, secret, body.scope);
      const answer = {
        access_token: granted.accessToken,
        token_type: 'Bearer',
        expires_in: granted.expiresInSeconds,
        scope: granted.scope,
      };
      return new Answer(answer, { headers });
    } catch (thrown) {
      if (!(thrown instanceof TokenRefused)) throw thrown;
      const refused = thrown.error === 'invalid_client';
      return new Answer(
        { error: thrown.error },
        {
          status: refused ? 401 : 400,
          headers: refused ? { ...headers, 'www-authenticate': 'Basic realm="holdfast"' } : headers,
        },
      );
    }
  }

  @Operation(readKeySet)
  async keySet(): Promise<Answer> {
    return new Answer(this.issuer.keySet);
  }
}

/**
 * Client id and secret from HTTP Basic (form-encoded in it: RFC 6749, section 2.3.1) or from the body.
 * @throws TokenRefused
 */
function credentialsOf(
  authorization: string | undefined,
  body: { client_id?: string | undefined; client_secret?: string | undefined },
): { clientId: string; secret: string } {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (basic !== undefined) {
    const [, clientId, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? [];
    if (clientId === undefined || secret === undefined) throw new TokenRefused('invalid_request');
    return { clientId: formDecoded(clientId), secret: formDecoded(secret) };
  }
  if (body.client_id === undefined || body.client_secret === undefined) throw new TokenRefused('invalid_request');
  return { clientId: body.client_id, secret: body.client_secret };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
