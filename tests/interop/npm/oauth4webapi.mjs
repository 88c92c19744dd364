// oauth4webapi: each response goes through its strict validation, and nothing is skipped.
import * as oauth from "oauth4webapi";
import { config, run, visit } from "./talk.mjs";

const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(config.issuer);
const client = { client_id: config.client_id, require_auth_time: true };
const authentication = config.secret
  ? oauth.ClientSecretBasic(config.secret)
  : oauth.None();

const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...insecure }),
);

async function authorize(more = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const address = new URL(server.authorization_endpoint);
  const parameters = {
    client_id: config.client_id,
    redirect_uri: config.redirect_uri,
    response_type: "code",
    scope: "openid profile email address phone offline_access",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...more,
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  const arrived = await visit(address);
  return { verifier, nonce, answer: oauth.validateAuthResponse(server, client, arrived, state) };
}

async function redeem({ verifier, nonce, answer }, maxAge) {
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, answer, config.redirect_uri, verifier, insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
  // Over TLS the signature need not be looked at; here it is.
  await oauth.validateApplicationLevelSignature(server, response, insecure);
  return tokens;
}

async function userinfo(tokens) {
  const { sub } = oauth.getValidatedIdTokenClaims(tokens);
  const response = await oauth.userInfoRequest(server, client, tokens.access_token, insecure);
  return oauth.processUserInfoResponse(server, client, sub, response);
}

await run({
  async sign_in() {
    const tokens = await redeem(await authorize());
    const { access_token } = tokens;
    const person = await userinfo(tokens);
    return { claims: oauth.getValidatedIdTokenClaims(tokens), person, access_token };
  },

  async max_age() {
    const tokens = await redeem(await authorize({ max_age: "3600" }), 3600);
    return { claims: oauth.getValidatedIdTokenClaims(tokens) };
  },

  async refresh() {
    const before = await redeem(await authorize());
    const response = await oauth.refreshTokenGrantRequest(
      server, client, authentication, before.refresh_token, insecure,
    );
    const after = await oauth.processRefreshTokenResponse(server, client, response);
    const both = [before, after].map(oauth.getValidatedIdTokenClaims);
    return { before: both[0], after: both[1] ?? null, scope: after.scope };
  },

  async revoke() {
    const tokens = await redeem(await authorize());
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, tokens.refresh_token, insecure),
    );
    const response = await oauth.refreshTokenGrantRequest(
      server, client, authentication, tokens.refresh_token, insecure,
    );
    try {
      await oauth.processRefreshTokenResponse(server, client, response);
    } catch (error) {
      return { error: error.error };
    }
    return {};
  },

  async refused() {
    try {
      await authorize({ prompt: "none" });
    } catch (error) {
      return { error: error.error };
    }
    return {};
  },

  async client_credentials() {
    const response = await oauth.clientCredentialsGrantRequest(
      server, client, authentication, { scope: "" }, insecure,
    );
    const { token_type } = await oauth.processClientCredentialsResponse(server, client, response);
    return { token_type };
  },

  async access_token() {
    const tokens = await redeem(await authorize());
    const request = new Request(config.audience, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    return oauth.validateJwtAccessToken(server, request, config.audience, insecure);
  },
});
